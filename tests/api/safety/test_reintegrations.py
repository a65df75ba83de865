"""Reintegrations, and sanctions after a disclosure."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.words import Permission, Role
from tests.api.record.test_concerns import a_body
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import MONDAY, after, fresh, tick
from tests.world import School, World


@pytest.fixture(autouse=True)
def monday() -> Any:
    with clock.frozen(MONDAY):
        yield


def day(**by: int) -> str:
    """A day some time from now."""
    return str(clock.now().date() + timedelta(**by))


def value(content: Any) -> dict[str, Any]:
    """An answer."""
    return {"value": content}


async def a_reintegration(school: School, child: UUID, **fields: Any) -> dict[str, Any]:
    """A reintegration that the lead set."""
    answer = await school.lead.post(f"/v1/children/{child}/reintegrations", fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def tasks(world: World, school: School, *kinds: str) -> list[tuple[Any, ...]]:
    """Tasks of kinds: kind, state, rule and due time, soonest first."""
    return world.sql(
        "select kind, state, due_rule, due_at from task where school_id = %s"
        " and kind = any(%s) order by due_at, id",
        school.id, list(kinds),
    )  # fmt: skip


async def fits(world: World, school: School) -> bool:
    """Whether everything open of the school has its owner and clock."""
    async with world.work(school.id) as work:
        return not await find_inconsistent(await work.driver(), school.id)


async def told(school: School, child: UUID) -> dict[str, Any]:
    """A concern that tells of self-harm."""
    block = {"kind": "self_harm"}
    answer = await school.staff.post("/v1/concerns", a_body(child, self_harm=block))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


class TestCreateReintegration:
    async def test_takes_a_half_empty_one(self, world: World, school: School) -> None:
        child = await school.child()
        made = await a_reintegration(school, child)
        assert made["expected_on"] is None
        assert made["content"]["hospital"] is None
        next_steps = [
            "update_reintegration",
            "record_reintegration_meeting",
            "record_reintegration_day_90",
        ]
        assert made["permissions"] == next_steps
        page = await school.api(Role.HEADTEACHER).get(f"/v1/children/{child}/reintegrations")
        assert [one["permissions"] for one in page.json()["items"]] == [[]]
        (meeting,) = tasks(world, school, "reintegration_meeting")
        assert meeting[:3] == ("reintegration_meeting", "open", "task.do")
        assert await fits(world, school)

    async def test_owes_the_meeting_on_the_day_and_a_look_after_ninety(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_reintegration(
            school, child, expected_return=value(day(days=3)), hospital={"none": "declined"},
            agreed_story=value("She was unwell."), staff_told=value(["Tutor"]),
            timetable=[{"starts_on": day(days=3), "ends_on": day(days=10), "what": "Mornings"}],
        )  # fmt: skip
        assert made["content"]["hospital"] == {"value": None, "none": "declined"}
        meeting, look = tasks(world, school, "reintegration_meeting", "reintegration_day_90")
        assert (meeting[2], str(meeting[3].date())) == ("sh.reintegration_meeting", day(days=3))
        assert (look[2], str(look[3].date())) == ("sh.reintegration_day_90", day(days=93))

    async def test_wants_the_end_of_each_part_of_a_timetable(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/reintegrations"
        body = {"timetable": [{"starts_on": day(), "what": "Mornings"}]}
        assert (await school.lead.post(path, body)).status_code == 422
        body["timetable"][0]["ends_on"] = day(days=-1)
        assert (await school.lead.post(path, body)).status_code == 422

    async def test_puts_the_child_on_the_support_list_until_day_90(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_reintegration(school, child, returned_on=day())
        rows = world.sql(
            "select reason_code, source_id, until from support_list_entry where school_id = %s and"
            " child_id = %s and ended_at is null",
            school.id, child,
        )  # fmt: skip
        ((reason, source, until),) = rows
        assert (reason, str(source), str(until.date())) == (
            "reintegration",
            made["id"],
            day(days=90),
        )

    async def test_is_in_the_chronology(self, school: School) -> None:
        child = await school.child()
        await a_reintegration(school, child, expected_return=value(day(days=2)))
        found = (await school.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert any("Return to school, expected" in str(one["summary"]) for one in found)


class TestUpdateReintegration:
    async def test_moves_what_is_owed_and_keeps_the_earlier_record(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        made = await a_reintegration(school, child, expected_return=value(day(days=3)),
                              hospital=value("Fenwick ward"))  # fmt: skip
        path = f"/v1/children/{child}/reintegrations/{made['id']}"
        patch = {"expected_return": value(day(days=7))}
        assert (await school.lead.patch(path, patch)).status_code == 428
        assert (await school.lead.patch(path, patch, version=4)).status_code == 412
        changed = await school.lead.patch(path, patch, version=1)
        assert changed.status_code == 200, changed.text
        assert changed.json()["expected_on"] == day(days=7)
        assert changed.json()["content"]["hospital"]["value"] == "Fenwick ward"
        meeting, look = tasks(world, school, "reintegration_meeting", "reintegration_day_90")
        assert [str(one[3].date()) for one in (meeting, look)] == [day(days=7), day(days=97)]
        kept = world.sql(
            "select count(*) from safety_record where school_id = %s and kind = 'reintegration'",
            school.id,
        )
        assert kept == [(2,)]
        assert await fits(world, school)


class TestSeenThrough:
    async def test_meeting_and_day_90_end_what_was_owed(self, world: World, school: School) -> None:
        child = await school.child()
        made = await a_reintegration(school, child, returned_on=day())
        path = f"/v1/children/{child}/reintegrations/{made['id']}"
        held = {"at": clock.now().isoformat(), "who": ["Mum", "Ms Roe"], "agreed": "Mornings."}
        met = await school.lead.post(f"{path}/meeting", held, version=1)
        assert (met.status_code, met.json()["met"]["agreed"]) == (200, "Mornings.")
        ((_, state, *_),) = tasks(world, school, "reintegration_meeting")
        assert state == "done"
        found = {"found": "Well, and on her own again."}
        done = await school.lead.post(f"{path}/day-90", found, version=2)
        assert done.status_code == 200, done.text
        assert done.json()["ended_at"] is not None
        ((_, state, *_),) = tasks(world, school, "reintegration_day_90")
        assert state == "done"
        on = world.sql(
            "select count(*) from support_list_entry where school_id = %s and ended_at is null",
            school.id,
        )
        assert on == [(0,)]
        again = await school.lead.post(f"{path}/day-90", found, version=3)
        assert (again.status_code, again.json()["code"]) == (409, "reintegration_ended")

    async def test_time_alone_ends_nothing(self, world: World, school: School) -> None:
        child = await school.child()
        await a_reintegration(school, child, returned_on=day())
        with after(days=120):
            await tick(world, school)
        assert {state for _, state, *_ in tasks(world, school, "reintegration_day_90")} == {"open"}

    async def test_of_a_concern_is_for_who_reads_the_concern(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = (await told(school, child))["id"]
        made = await a_reintegration(school, child, concern_id=concern)
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        base = f"/v1/children/{child}/reintegrations"
        deputy, path = school.api(Role.DEPUTY_DSL), f"{base}/{made['id']}"
        assert (await deputy.get(base)).json()["items"] == []
        assert (await deputy.get(path)).status_code == 404
        assert (await deputy.patch(path, {"returned_on": day()}, version=1)).status_code == 404
        assert len((await school.lead.get(base)).json()["items"]) == 1

    async def test_is_for_leads_and_hidden_from_others(self, school: School) -> None:
        child = await school.child()
        made = await a_reintegration(school, child)
        path = f"/v1/children/{child}/reintegrations/{made['id']}"
        assert (await school.staff.get(path)).status_code == 403
        assert (await school.api(Role.HEADTEACHER).get(path)).status_code == 200
        other = await school.child("Robin", "Vale", date_of_birth=date(2013, 1, 2))
        wrong = f"/v1/children/{other}/reintegrations/{made['id']}"
        assert (await school.lead.get(wrong)).status_code == 404


class TestSanctions:
    async def send(self, school: School, child: UUID, **fields: Any) -> httpx.Response:
        """A sanction that the office sent."""
        body = {"kind": "sent_home", "on": day(), "reason": "Zyxglorp shouted"} | fields
        return await school.api(Role.SCHOOL_ADMIN).post(f"/v1/children/{child}/sanctions", body)

    async def test_a_lead_looks_at_one_that_follows_a_disclosure(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        assert (await self.send(school, child)).json() == {"received": True}
        assert (await self.send(school, child)).json() == {"received": True}
        assert len(tasks(world, school, "sh_sanction")) == 1
        ((sanction,),) = world.sql("select id from sanction where school_id = %s", school.id)
        path = f"/v1/children/{child}/sanctions/{sanction}"
        assert (await school.lead.get(path)).json()["school_reason"] == "Zyxglorp shouted"
        body = {"look": "withdrawn", "reason": "It was how he told us."}
        looked = await school.lead.post(f"{path}/review", body, version=1)
        assert looked.status_code == 200, looked.text
        ((_, state, *_),) = tasks(world, school, "sh_sanction")
        assert state == "done"
        again = await school.lead.post(f"{path}/review", body, version=2)
        assert (again.status_code, again.json()["code"]) == (409, "sanction_looked_at")

    async def test_a_second_one_on_a_day_keeps_its_own_reason(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        for reason in ("Zyxglorp shouted", "Left the room", "Left the room"):
            assert (await self.send(school, child, reason=reason)).status_code == 202
        kept = world.sql(
            "select r.school_reason from sanction r join task t on t.about_id = r.id"
            " where r.school_id = %s and t.ended_at is null order by 1",
            school.id,
        )
        assert kept == [("Left the room",), ("Zyxglorp shouted",)]

    async def test_forgets_one_that_follows_nothing(self, world: World, school: School) -> None:
        child = await school.child()
        assert (await self.send(school, child)).json() == {"received": True}
        kept = world.sql("select count(*) from sanction where school_id = %s", school.id)
        assert kept == [(0,)]
        trail = world.sql("select details::text from trail where school_id = %s", school.id)
        assert not any("Zyxglorp" in text for (text,) in trail)

    @pytest.mark.parametrize(("days", "looks"), [(7, 1), (8, 0)])
    async def test_counts_five_school_days(
        self, world: World, school: School, days: int, looks: int
    ) -> None:
        child = await school.child()
        await told(school, child)
        with after(days=days):
            body = {"kind": "detention", "on": day(), "reason": "Late"}
            office = fresh(world, school[Role.SCHOOL_ADMIN])
            answer = await office.post(f"/v1/children/{child}/sanctions", body)
            assert answer.status_code == 202
        assert len(tasks(world, school, "sh_sanction")) == looks

    async def test_is_sent_by_a_key_with_the_scope(self, world: World, school: School) -> None:
        child = await school.child()
        await told(school, child)
        _, token = await world.a_service_key(school.id, Permission.ATTENDANCE_SEND)
        body = {"kind": "suspension", "on": day(), "reason": "Fight"}
        answer = await world.as_token(token).post(f"/v1/children/{child}/sanctions", body)
        assert answer.status_code == 202
        assert len(tasks(world, school, "sh_sanction")) == 1
