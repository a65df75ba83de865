"""Approvals of transfers."""
