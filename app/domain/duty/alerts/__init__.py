"""One person's inbox of alerts, and what is still to be mailed."""
