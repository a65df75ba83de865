"""Requests for a child's file between schools."""
