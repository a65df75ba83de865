"""What vocabularies and their terms are called in Welsh, and who still has to read it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("cy")
"""One file beside each module of vocabularies, with a table for each of its lists.

`terms.toml` has what is beside the terms: titles of lists, notes and questions.
"""
BESIDE: Final = "terms"


def _read() -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, str | None]]:
    labels: dict[str, Mapping[str, str]] = {}
    reviews: dict[str, str | None] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        if path.stem == BESIDE:
            continue
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        review = content.pop("review", None)
        for name, terms in content.items():
            labels[name] = MappingProxyType(terms)
            reviews[name] = review
    return MappingProxyType(labels), MappingProxyType(reviews)


def _beside(name: str) -> Mapping[str, str]:
    text = (FOLDER / f"{BESIDE}.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text)[name])


WELSH, REVIEWS = _read()
"""Labels by vocabulary and code; and by vocabulary, who still has to read them."""
TITLES, NOTES, QUESTIONS = map(_beside, ("titles", "notes", "questions"))
"""Titles by vocabulary, notes by their English, questions by the code of what was reported."""


def note_in_welsh(note: str | None) -> str | None:
    """A note in Welsh; a picture or a name is the same in both languages."""
    return note and NOTES.get(note, note)
