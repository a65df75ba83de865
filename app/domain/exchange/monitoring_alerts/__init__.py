"""Alerts from web filters and device monitoring: taken in, matched, and put before a person."""
