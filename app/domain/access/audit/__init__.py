"""Reads of the audit log and of a child's access log, and operators' work with it."""
