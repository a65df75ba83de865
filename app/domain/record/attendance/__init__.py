"""Marks of registration: kept and acted on for pupils on the support list, forgotten for others."""
