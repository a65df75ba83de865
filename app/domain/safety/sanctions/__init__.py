"""Sent out, home or sanctioned soon after telling."""
