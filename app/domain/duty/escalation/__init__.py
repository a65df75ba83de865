"""Alerts about missed due times, which climb a ladder until somebody acknowledges."""
