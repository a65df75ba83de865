"""Statuses of a child for a period, such as a child protection plan."""
