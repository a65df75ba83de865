"""How names are folded for search and order; pure, shared by every door that adds a child."""

import re
import unicodedata

LETTERS = re.compile(r"[^\W_]+")
JOINERS = re.compile("['\u2019`\u00b4.]")
NOT_DECOMPOSED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})
MAX_TOKEN = 60


def folded(text: str) -> str:
    """Lower case without accents, so that Zoë is found as zoe."""
    lowered = text.casefold().translate(NOT_DECOMPOSED)
    apart = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def name_tokens(*names: str | None) -> frozenset[str]:
    """The words a child is found by: every word of every name, O'Brien as obrien."""
    words: set[str] = set()
    for name in names:
        if name:
            words.update(LETTERS.findall(JOINERS.sub("", folded(name))))
    return frozenset(word[:MAX_TOKEN] for word in words)


def sort_name(family: str, given: str) -> str:
    """What lists of children are ordered by."""
    return f"{folded(family)} {folded(given)}".strip()[:200]
