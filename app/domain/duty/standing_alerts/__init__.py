"""Alerts about the state of a school, which end once the cause is resolved."""
