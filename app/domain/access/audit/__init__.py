"""Reads of the audit log and of a child's access log, and what operators do with it."""
