"""When a pupil joined and left stands in the chronology, as the roll has it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.records import a_concern
from tests.world import Api, School, World


def on_roll(world: World, school: School, child: UUID, since: date, until: date | None) -> UUID:
    """A stay of a pupil."""
    id_ = new_id()
    world.sql(
        "insert into enrolment (school_id, id, child_id, valid_from, valid_to, source, created_at) "
        "values (%s, %s, %s, %s, %s, 'oneroster', %s)",
        school.id, id_, child, since, until, clock.now(),
    )  # fmt: skip
    return id_


async def entries(api: Api, child: UUID, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/children/{child}/chronology{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def days_ago(days: int) -> date:
    return (clock.now() - timedelta(days=days)).date()


class TestEnrolments:
    async def test_stand_among_what_else_is_dated(self, world: World, school: School) -> None:
        child = await school.child()
        stay = on_roll(world, school, child, days_ago(400), days_ago(100))
        on_roll(world, school, child, days_ago(30), None)
        concern = await a_concern(school, child)
        found = await entries(school.lead, child)
        assert [(one["kind"], one["summary"]) for one in found[1:]] == [
            ("enrolment", "Joined the school"),
            ("enrolment", "Left the school"),
            ("enrolment", "Joined the school"),
        ]
        assert found[0]["concern_id"] == concern
        left, joined = found[2], found[3]
        assert (left["about"]["id"], joined["about"]["id"]) == (str(stay), str(stay))
        assert joined["occurred_at"].startswith(days_ago(400).isoformat())
        assert joined["occurred_precision"] == "about"
        assert joined["author"] == {"id": None, "name": "School roll", "role": None}
        assert joined["visibility"]["confidentiality"] == "K2"
        assert len({one["id"] for one in found}) == 4

    async def test_are_paged_with_everything_else(self, world: World, school: School) -> None:
        child = await school.child()
        for days in (50, 40, 30):
            on_roll(world, school, child, days_ago(days), days_ago(days - 5))
        await a_concern(school, child)
        for order in ("newest", "oldest"):
            whole = [one["id"] for one in await entries(school.lead, child, f"?order={order}")]
            assert len(whole) == 7
            seen, after = [], ""
            while True:
                query = f"?order={order}&limit=2{after}"
                page = (await school.lead.get(f"/v1/children/{child}/chronology{query}")).json()
                seen += [one["id"] for one in page["items"]]
                if page["next"] is None:
                    break
                after = f"&cursor={page['next']}"
            assert seen == whole

    async def test_are_chosen_by_kind_and_time(self, world: World, school: School) -> None:
        child = await school.child()
        on_roll(world, school, child, days_ago(400), None)
        await a_concern(school, child)
        only = await entries(school.lead, child, "?kind=enrolment")
        assert [one["kind"] for one in only] == ["enrolment"]
        without = await entries(school.lead, child, "?kind=concern")
        assert [one["kind"] for one in without] == ["concern"]
        assert await entries(school.lead, child, "?significant=true") == []
        since = (clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        lately = await entries(school.lead, child, f"?since={since}")
        assert [one["kind"] for one in lately] == ["concern"]

    async def test_are_seen_by_the_tutor_and_make_no_file(
        self, world: World, school: School
    ) -> None:
        child = await school.child(year_group="7")
        world.sql(
            "update membership set cohort = %s where staff_id = %s",
            '{"year_groups": ["7"]}', school[Role.PASTORAL].id,
        )  # fmt: skip
        on_roll(world, school, child, days_ago(400), days_ago(1))
        found = await entries(school.api(Role.PASTORAL), child)
        assert [one["summary"] for one in found] == ["Left the school", "Joined the school"]
        leavers = await school.lead.get("/v1/transfers/leavers")
        assert str(child) not in leavers.text

    async def test_are_not_marked_as_significant(self, world: World, school: School) -> None:
        child = await school.child()
        on_roll(world, school, child, days_ago(400), None)
        (entry,) = await entries(school.lead, child)
        answer = await school.lead.post(
            f"/v1/children/{child}/chronology/{entry['id']}/mark-significant",
            {"significant": True, "reason": "x"},
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "chronology_entry_not_found")
