"""Pure rules of relationships: which have a direction."""

from typing import Final

DIRECTED: Final = frozenset({"alleged_source_of_harm"})
"""Relationship kinds whose meaning differs when read from the other child."""
