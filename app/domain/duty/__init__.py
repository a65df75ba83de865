"""Somebody always looks: due times, alerts, the ladder, owners."""
