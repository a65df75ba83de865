"""Children who are connected: stated once, seen from both."""
