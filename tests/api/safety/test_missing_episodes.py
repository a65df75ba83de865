"""A time when a pupil was missing: written down as far as it is known, until they were heard."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from tests.api.record.test_concern_reports_no_disclosure_waits import untold
from tests.jobs.climbing import fresh
from tests.world import Api, School, World

NOON = datetime(2027, 1, 13, 12, 0, tzinfo=UTC)
"""A Wednesday in term."""


def value(content: Any) -> dict[str, Any]:
    """An answer."""
    return {"value": content}


def moment(**by: int) -> str:
    """A moment from noon on."""
    return (NOON + timedelta(**by)).isoformat()


def owed(world: World, child: UUID) -> dict[str, datetime]:
    """What is open about the child, each with its due time."""
    rows = world.sql(
        "select kind, due_at from task where child_id = %s and ended_at is null", child
    )
    return dict(rows)


def lead(world: World, school: School) -> Api:
    """The lead, signed in just now."""
    return fresh(world, school[Role.DSL])


async def written(world: World, school: School, child: UUID, **fields: Any) -> dict[str, Any]:
    """An episode that a lead wrote down."""
    body = {"kind": "missing_episode", "at": moment(minutes=-30)} | fields
    answer = await lead(world, school).post(f"/v1/children/{child}/records", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def more(
    world: World, school: School, child: UUID, before: dict[str, Any], **fields: Any
) -> Any:
    """The same as it is known by now."""
    kept = {name: one for name, one in before["content"].items() if one is not None}
    body = {"kind": "missing_episode", "reason": "We know more."} | kept | fields
    path = f"/v1/children/{child}/records/{before['id']}/amend"
    return await lead(world, school).post(path, body)


class TestAnEpisode:
    async def test_is_asked_about_until_the_pupil_is_back_and_was_offered_a_talk(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        with clock.frozen(NOON):
            body = untold(child, "absconding_in_day")
            concern = (await lead(world, school).post("/v1/concerns", body)).json()["id"]
            first = await written(
                world, school, child, concern_id=concern, missing_from=value("School"),
                last_seen=value("By the gate, in a red coat."),
            )  # fmt: skip
            assert first["occurred_at"].startswith("2027-01-13T11:30")
            assert owed(world, child) == {"find_child": NOON + timedelta(hours=2)}
        with clock.frozen(NOON + timedelta(hours=1)):
            told = await more(
                world, school, child, first, police_told_at=moment(minutes=5),
                police_reference=value("CAD 12"), social_care_told_at=moment(minutes=20),
            )  # fmt: skip
            assert told.status_code == 201, told.text
            assert owed(world, child) == {"find_child": NOON + timedelta(hours=3)}, "it asks again"
        with clock.frozen(NOON + timedelta(hours=4)):
            steps = await lead(world, school).get(f"/v1/concerns/{concern}/next-steps")
            assert "missing" in {one["code"] for one in steps.json()["items"]}
            back = await more(
                world, school, child, told.json(), returned_at=moment(hours=2),
                returned_how=value("Found at her aunt's."),
            )  # fmt: skip
            assert back.status_code == 201, back.text
            assert owed(world, child) == {"return_conversation": NOON + timedelta(hours=74)}
        with clock.frozen(NOON + timedelta(hours=30)):
            heard = await more(
                world, school, child, back.json(), conversation_offered_at=moment(hours=29),
                conversation_by=value("A worker of the council"),
                conversation=value("She will say more on Friday."),
            )  # fmt: skip
            assert heard.status_code == 201, heard.text
            assert owed(world, child) == {}
            page = await lead(world, school).get(
                f"/v1/children/{child}/chronology?kind=safety_record"
            )
            assert "missing" in page.text
            listed = await lead(world, school).get(
                f"/v1/children/{child}/records?kind=missing_episode"
            )
            assert len(listed.json()["items"]) == 4, "nothing is rewritten"

    async def test_rings_while_nobody_writes(self, world: World, school: School) -> None:
        child = await school.child()
        with clock.frozen(NOON):
            await written(world, school, child)
        ((ladder,),) = world.sql(
            "select d.ladder from deadline d join task t on t.id = d.thing_id "
            "where t.child_id = %s and d.ended_at is null", child,
        )  # fmt: skip
        assert ladder == "today"

    @pytest.mark.parametrize(("nation", "asked"), [("england", True), ("wales", False)])
    async def test_is_followed_by_a_conversation_by_the_nation(
        self, world: World, school: School, nation: str, *, asked: bool
    ) -> None:
        world.sql("update organisation set nation = %s where id = %s", nation, school.id)
        child = await school.child()
        with clock.frozen(NOON):
            await written(world, school, child, returned_at=moment(minutes=-5))
        assert ("return_conversation" in owed(world, child)) is asked

    async def test_is_heard_after_they_are_back(self, world: World, school: School) -> None:
        child = await school.child()
        with clock.frozen(NOON):
            body = {"kind": "missing_episode", "conversation_offered_at": moment(minutes=-5)}
            answer = await lead(world, school).post(f"/v1/children/{child}/records", body)
            assert answer.status_code == 422, answer.text
            body = {"kind": "missing_episode", "returned_at": moment(hours=1)}
            answer = await lead(world, school).post(f"/v1/children/{child}/records", body)
            assert answer.json()["code"] == "occurred_in_future", answer.text
            assert answer.json()["errors"][0]["pointer"] == "/returned_at"

    async def test_is_written_by_leads(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/records"
        answer = await school.api(Role.STAFF).post(path, {"kind": "missing_episode"})
        assert answer.status_code == 403
