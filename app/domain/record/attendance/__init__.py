"""Marks of registration: kept and acted on for pupils who are looked after, else forgotten."""
