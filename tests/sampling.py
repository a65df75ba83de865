"""How much of a long sweep one run does.

`make test` has to be short enough to be run before every push, so it takes a part of what is
generated: which part depends on the source, so that each change draws another one and the same
change always draws the same. `make test-long` sets `CAIRN_TEST_WHOLE=1` and does everything.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

import pytest

from tests.answers import source_digest

Choice = TypeVar("Choice")
Test = TypeVar("Test", bound=Callable[..., Any])
WHOLE = os.environ.get("CAIRN_TEST_WHOLE") == "1"


def sampled(names: Iterable[str], one_in: int) -> list[str]:
    """About one in so many of some names, drawn by the source of this change, in their order."""
    every = list(names)
    return every if WHOLE else [name for name in every if _drawn(name) % one_in == 0] or every[:1]


def in_turn_of(name: str, one_in: int) -> bool:
    """Whether a change draws this name, in the nightly as on any other run."""
    return _drawn(name) % one_in == 0


def drawn(choices: Iterable[Choice], of: str, count: int = 1) -> list[Choice]:
    """So many of the choices for one thing, in their order, and for each thing other ones."""
    every = list(choices)
    if WHOLE or len(every) <= count:
        return every
    first = _drawn(of) % len(every)
    places = {(first + step * max(1, len(every) // count)) % len(every) for step in range(count)}
    return [choice for place, choice in enumerate(every) if place in places]


def in_one(languages: Iterable[str], things: Iterable[str]) -> list[tuple[str, str]]:
    """Each of some things in one language on this run, and in all of them in the nightly."""
    every = list(languages)
    return [(thing, language) for thing in things for language in drawn(every, thing)]


def in_turn(one_in: int) -> Callable[[Test], Test]:
    """A test that one change in so many runs, drawn by its name; the nightly always runs it.

    For what starts programs, where others prove nearly the same on every run.
    """

    def marked(test: Test) -> Test:
        turn = WHOLE or _drawn(f"{test.__module__}.{test.__qualname__}") % one_in == 0
        return test if turn else pytest.mark.long(test)

    return marked


def taking_turns(*names: str) -> dict[str, Callable[[Test], Test]]:
    """A mark for each of a few tests of which one change runs one; the nightly runs all.

    For long ways that lead through the same: each of them is walked again every few changes.
    """
    now = drawn(names, " ".join(names))
    return {name: _as_it_is if name in now else pytest.mark.long for name in names}


def _as_it_is(test: Test) -> Test:
    return test


def examples(whole: int, one_in: int = 4, at_least: int = 5) -> int:
    """How many examples a property test draws."""
    return whole if WHOLE else min(whole, max(at_least, whole // one_in))


@cache
def _drawn(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{source_digest()} {name}".encode()).digest()[:4])
