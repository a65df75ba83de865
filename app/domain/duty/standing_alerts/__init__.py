"""Alerts about the state of a school, which end once it is put right."""
