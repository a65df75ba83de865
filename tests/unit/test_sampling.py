"""What a run leaves out is drawn again for each change, and over all things nothing is left out."""

import pytest

from tests import sampling
from tests.sampling import drawn

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


def test_draws_everything_in_the_nightly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE", True)
    assert drawn(KINDS, "x") == list(KINDS)
    assert drawn([], "x") == []
