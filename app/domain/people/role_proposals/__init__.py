"""Roles that groups give: at once, or proposed for a person to decide."""
