"""Possible owners of a resource."""
