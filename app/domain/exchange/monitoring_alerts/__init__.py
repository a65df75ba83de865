"""Alerts from web filters and device monitoring: taken in, matched, and shown to a person."""
