"""Alerting one person, without any content: beneath every area. The tray is in `duty`."""
