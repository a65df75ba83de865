"""Searches for children: each is one audit log entry, however many letters were typed."""
