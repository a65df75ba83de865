"""Approvals of shares."""
