"""A person's inbox of alerts, and alerts still to be mailed."""
