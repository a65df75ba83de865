"""Versions of a safety plan: written, agreed, used and ended."""
