"""Hard days of a bereavement case: set with the confirmation and by people, moved, ended."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.bereavement import PATH, code_of, opened
from tests.world import School

RESULTS = {"kind": "results", "days_before": 3}


@pytest.fixture
async def path(school: School) -> str:
    """Where the days of an open case are."""
    case = await opened(school, await school.child(date_of_birth=date(2012, 7, 1)))
    return f"{PATH}/{case['id']}/dates"


def soon(days: int = 90) -> str:
    """A day some time from now."""
    return str(clock.now().date() + timedelta(days=days))


async def added(school: School, path: str) -> dict[str, Any]:
    """A day that the lead has set."""
    answer = await school.lead.post(path, RESULTS | {"falls_on": soon()})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


class TestDates:
    async def test_are_set_with_the_confirmation(self, school: School, path: str) -> None:
        found = (await school.lead.get(path)).json()["items"]
        kinds = {(one["kind"], one["yearly"]) for one in found}
        assert kinds == {
            ("birthday", True), ("death", True), ("months_3", False), ("months_6", False),
        }  # fmt: skip
        assert {(one["days_before"], one["days_after"]) for one in found} == {(14, 7)}

    async def test_are_set_moved_and_ended_by_people(self, school: School, path: str) -> None:
        made = await added(school, path)
        address = f"{path}/{made['id']}"
        moved = await school.lead.patch(address, {"falls_on": soon(97)}, version=1)
        assert (moved.json()["falls_on"], moved.json()["days_before"]) == (soon(97), 3)
        stale = await school.lead.patch(address, {"falls_on": soon(98)}, version=1)
        assert code_of(stale) == (412, "version_stale")
        ended = await school.lead.post(f"{address}/end", version=2)
        assert ended.json()["ended_at"] is not None
        again = await school.lead.post(f"{address}/end", version=3)
        assert code_of(again) == (409, "state_conflict")

    async def test_are_for_the_team_of_the_case(
        self, school: School, other_school: School, path: str
    ) -> None:
        for api in (school.staff, school.api(Role.PASTORAL), other_school.lead):
            assert (await api.get(path)).status_code in (403, 404)
            body = RESULTS | {"falls_on": soon()}
            assert (await api.post(path, body)).status_code in (403, 404)

    async def test_are_reached_by_their_own_case_alone(self, school: School, path: str) -> None:
        made = await added(school, path)
        other = await opened(school, await school.child("Bo", "Reed"))
        stranger = f"{PATH}/{other['id']}/dates/{made['id']}"
        moved = await school.lead.patch(stranger, {"falls_on": soon(97)}, version=1)
        assert moved.status_code == 404
