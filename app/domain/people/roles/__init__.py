"""Roles that a school defines from the permissions there are."""
