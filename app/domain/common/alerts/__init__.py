"""Alerting one person, without any content: beneath every area. The inbox is `duty/alerts`."""
