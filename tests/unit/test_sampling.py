"""What a run leaves out is drawn again for each change, and over all things nothing is left out."""

from collections.abc import Callable

import pytest

from tests import sampling
from tests.sampling import drawn, in_one, in_turn, taking_turns

THINGS = [f"operation {number}" for number in range(300)]
KINDS = ("a", "b", "c", "d", "e")


@pytest.fixture(autouse=True)
def _a_short_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE", False)


def test_draws_so_many_for_each_and_all_over_many() -> None:
    found = [drawn(KINDS, thing, 2) for thing in THINGS]
    assert {len(one) for one in found} == {2}
    assert {kind for one in found for kind in one} == set(KINDS)


@pytest.mark.parametrize("count", range(1, 12))
def test_draws_no_more_than_there_are(count: int) -> None:
    assert len(drawn(KINDS, "x", count)) == min(count, len(KINDS))


def test_draws_the_same_for_the_same_source() -> None:
    assert drawn(KINDS, "x") == drawn(KINDS, "x")


def named(name: str) -> Callable[[], None]:
    """A test of that name."""

    def test() -> None: ...

    test.__qualname__ = name
    return test


def long_ones() -> set[str]:
    """What this run leaves to the nightly, of a test in turn for each thing."""
    marked = [in_turn(3)(named(thing)) for thing in THINGS]
    return {test.__qualname__ for test in marked if hasattr(test, "pytestmark")}


def test_leaves_two_tests_in_three_to_the_nightly_which_runs_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = long_ones()
    assert set() < left < {*THINGS}
    assert long_ones() == left
    monkeypatch.setattr(sampling, "WHOLE", True)
    assert long_ones() == set()


def walked() -> list[str]:
    """Which of some tests that take turns this run does not leave to the nightly."""
    turns = taking_turns(*KINDS)
    return [name for name, mark in turns.items() if not hasattr(mark(named(name)), "pytestmark")]


def test_takes_one_of_those_that_take_turns_and_all_in_the_nightly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(walked()) == 1
    monkeypatch.setattr(sampling, "WHOLE", True)
    assert walked() == list(KINDS)


def test_shows_each_thing_in_one_language_and_in_every_one_in_the_nightly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = in_one(("en", "cy"), THINGS)
    assert [thing for thing, _ in short] == THINGS
    assert {language for _, language in short} == {"en", "cy"}
    monkeypatch.setattr(sampling, "WHOLE", True)
    assert in_one(("en", "cy"), "ab") == [("a", "en"), ("a", "cy"), ("b", "en"), ("b", "cy")]


def test_draws_everything_in_the_nightly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE", True)
    assert drawn(KINDS, "x") == list(KINDS)
    assert drawn([], "x") == []
