"""Alerts as tools send them."""
