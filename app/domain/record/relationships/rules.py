"""Pure rules of relationships: which have a direction, and their class."""

from collections.abc import Mapping
from typing import Final

DIRECTED: Final = frozenset({"alleged_source_of_harm"})
"""Relationship kinds that say something else when read from the other child."""
RELATIONSHIP_CLASS: Final[Mapping[str, str]] = {"alleged_source_of_harm": "K3"}
"""Relationship kinds that only readers of a class see."""
