"""One person's tray of alerts, and what is still to be mailed."""
