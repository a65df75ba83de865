"""Sanctions and exclusions soon after a disclosure."""
