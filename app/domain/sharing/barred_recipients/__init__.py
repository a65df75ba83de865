"""Barred people who would receive something other than a share."""
