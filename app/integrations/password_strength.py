"""Refuses new passwords that are tried first, can be guessed, or are made of the person's names."""

import gzip
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

LISTS = Path(__file__).with_name("common_passwords")
FEWEST, MOST = 12, 256
LOOKED_AT = 64
"""The cost of looking for patterns grows faster than the length: more is not looked at."""
LEAST_SCORE = 3
"""Of 4: at least 10^8 guesses (zxcvbn's scale)."""
SHORTEST_NAME = 4
UNDISGUISED = str.maketrans("@4301!$57", "aaeoiisst")
WORDS = re.compile(r"[^\W\d_]+")
EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
END = re.compile(r"[\W\d_]+$")
SPACES = re.compile(r"\s+")


def weakness_of(password: str, about: Sequence[str] = ()) -> str | None:
    """Why a password is unsuitable, as a code; None where it is suitable.

    `about` holds what the password must not be made of: the person's name, email address and
    schools. Codes: `too_short`, `too_long`, `common`, `personal`, `guessable`.
    """
    if len(password) < FEWEST:
        return "too_short"
    if len(password) > MOST:
        return "too_long"
    if forms_of(password) & common_words():
        return "common"
    names = names_in(about)
    if is_personal(password, names):
        return "personal"
    from zxcvbn import zxcvbn  # its word lists take 11 MiB, and few processes set a password

    joined = SPACES.sub("", password)[:LOOKED_AT]
    result = zxcvbn(joined, user_inputs=sorted(names))
    return "guessable" if result["score"] < LEAST_SCORE else None


def forms_of(password: str) -> set[str]:
    """A password without its disguise: in small letters, without digits and signs at the ends,

    with letters for the digits and signs that resemble them, without spaces.
    """
    small = password.casefold()
    joined = SPACES.sub("", small)
    forms = {small, joined}
    for form in (small, joined):
        bare = EDGES.sub("", form)
        forms |= {bare, bare.translate(UNDISGUISED), END.sub("", form).translate(UNDISGUISED)}
        forms.add(re.sub(r"[\W\d_]+", "", form.translate(UNDISGUISED)))
    return {form for form in forms if len(form) >= SHORTEST_NAME}


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """What is tried first, without disguise; read once."""
    words: set[str] = set()
    for path in sorted(LISTS.glob("*.txt.gz")):
        words.update(gzip.decompress(path.read_bytes()).decode("utf-8").split("\n"))
    return frozenset(words - {""})


def names_in(about: Sequence[str]) -> set[str]:
    """Names and their parts, in small letters."""
    words: set[str] = set()
    for text in about:
        small = text.casefold()
        words.add(small)
        words.update(WORDS.findall(small))
    return {name[:LOOKED_AT] for name in words if len(name) >= SHORTEST_NAME}


def is_personal(password: str, names: set[str]) -> bool:
    """Whether names make up most of the letters of a password."""
    left = password.casefold().translate(UNDISGUISED)
    letters = len("".join(WORDS.findall(left)))
    for name in sorted(names, key=len, reverse=True):
        left = left.replace(name.translate(UNDISGUISED), " ")
    rest = len("".join(WORDS.findall(left)))
    return letters > 0 and rest < letters / 2
