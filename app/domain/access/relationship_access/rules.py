"""Which kinds of relationship only readers of a class see."""

from collections.abc import Mapping
from typing import Final

RELATIONSHIP_CLASS: Final[Mapping[str, str]] = {"alleged_source_of_harm": "K3"}
"""The class that a kind needs; any other kind needs none."""
