"""What the terms are called in Welsh, and who still has to read it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("cy")
"""One file beside each module of vocabularies, with a table for each of its lists."""


def _read() -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, str | None]]:
    labels: dict[str, Mapping[str, str]] = {}
    reviews: dict[str, str | None] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        review = found.pop("review", None)
        for name, terms in found.items():
            labels[name] = MappingProxyType(terms)
            reviews[name] = review
    return MappingProxyType(labels), MappingProxyType(reviews)


WELSH, REVIEWS = _read()
"""Labels by vocabulary and code; and by vocabulary, who still has to read them."""
