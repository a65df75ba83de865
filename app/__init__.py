"""Cairn: an open safeguarding record for schools."""
