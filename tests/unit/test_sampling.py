"""What a run leaves out is drawn again for each change, and over all things nothing is left out."""

from collections.abc import Callable

import pytest

from tests import sampling
from tests.sampling import drawn, in_turn

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


def test_draws_everything_in_the_nightly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE", True)
    assert drawn(KINDS, "x") == list(KINDS)
    assert drawn([], "x") == []
