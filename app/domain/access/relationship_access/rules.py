"""Kinds of relationship that only readers of a class see."""

from collections.abc import Mapping
from typing import Final

RELATIONSHIP_CLASS: Final[Mapping[str, str]] = {"alleged_source_of_harm": "K3"}
"""Class that each kind needs; kinds not listed need none."""
