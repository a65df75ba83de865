"""Shares on their way to a recipient."""
