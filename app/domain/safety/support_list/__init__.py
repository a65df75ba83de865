"""Pupils with support for now: each with a stated reason and an end date, never computed."""
