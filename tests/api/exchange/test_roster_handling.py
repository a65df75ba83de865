"""`Prefer: handling=` on roster imports (RFC 7240): strict leaves out what departs."""

from typing import Any

import pytest

from tests.api.exchange.test_roster_changes import send
from tests.rosters import ZIP, Roster, package, pupils
from tests.unit.formats.roster_packages import user
from tests.world import School

ODD = user(sourcedId="odd", username="odd", enabledUser="TRUE")


@pytest.fixture
def roster(school: School) -> Roster:
    return Roster(school)


async def bring(roster: Roster, prefer: str | None, **query: str) -> tuple[Any, Any]:
    """What the upload answered, and what came of the import."""
    headers = ZIP if prefer is None else ZIP | {"Prefer": prefer}
    content = package(*pupils(2), ODD)
    answer = await roster.api.request(
        "POST", "/v1/roster/imports", content=content, headers=headers, params=query
    )
    assert answer.status_code == 202, answer.text
    await roster.run(answer.json()["id"])
    return answer, await roster.get(answer.json()["id"])


@pytest.mark.parametrize(
    ("prefer", "handling", "applied", "new"),
    [
        (None, "lenient", None, 3),
        ("handling=lenient", "lenient", "handling=lenient", 3),
        ("handling=strict", "strict", "handling=strict", 2),
        ('wait=5, Handling="STRICT"; x=1', "strict", "handling=strict", 2),
        ("handling=strict, handling=lenient", "strict", "handling=strict", 2),
        ("handling=stricter", "lenient", None, 3),
        ("respond-async", "lenient", None, 3),
    ],
)
async def test_reads_as_it_is_preferred(
    roster: Roster, prefer: str | None, handling: str, applied: str | None, new: int
) -> None:
    answer, done = await bring(roster, prefer)

    assert answer.headers.get("preference-applied") == applied
    assert (answer.json()["handling"], done["handling"]) == (handling, handling)
    assert done["state"] == "applied"
    assert done["counts"]["children"]["new"] == new
    assert done["counts"]["left_out"] == 3 - new


async def test_a_plan_is_applied_as_it_was_read(roster: Roster) -> None:
    _, held = await bring(roster, "handling=strict", plan_only="true")
    assert held["state"] == "held"
    assert (await send(roster, "approve", held["id"])).status_code == 202
    await roster.run(held["id"])
    done = await roster.get(held["id"])
    assert (done["state"], done["counts"]["children"]["new"]) == ("applied", 2)


async def test_the_same_file_read_otherwise_is_another(roster: Roster) -> None:
    await bring(roster, "handling=strict")
    _, done = await bring(roster, "handling=lenient")
    assert done["counts"]["children"]["new"] == 1
