"""Marks of registration: kept for pupils on the support list, forgotten for others."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from tests.api.record.test_concerns import a_body
from tests.api.safety.test_reintegrations import a_reintegration, fits, told, value
from tests.bereavement import opened
from tests.check_ins import a_plan
from tests.jobs.climbing import after, fresh, tick
from tests.world import Api, School, World

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""Registration on a school day."""


@pytest.fixture(autouse=True)
def monday() -> Any:
    with clock.frozen(MONDAY):
        yield


def day(**by: int) -> str:
    """A day some time from now."""
    return str(clock.now().date() + timedelta(**by))


def a_mark(child: UUID, mark: str = "absent", **fields: Any) -> dict[str, Any]:
    """A mark of this morning."""
    return {"child_id": str(child), "on": day(), "session": "am", "mark": mark} | fields


async def send(api: Api, *marks: dict[str, Any]) -> httpx.Response:
    """Marks as an office or a program sends them."""
    answer = await api.post("/v1/attendance-marks", {"marks": list(marks)})
    assert answer.status_code == 200, answer.text
    return answer


def office(school: School) -> Api:
    """The API as the school's office, whatever the time."""
    return fresh(school.world, school[Role.SCHOOL_ADMIN])


def tasks(world: World, school: School, kind: str) -> list[Any]:
    """Tasks of a kind: owner, state, due time, facts, child."""
    return world.sql(
        "select owner_id, state, due_at, facts, child_id from task where school_id = %s"
        " and kind = %s order by set_at, id",
        school.id, kind,
    )  # fmt: skip


def kept(world: World, school: School) -> list[Any]:
    """The marks that were kept."""
    return world.sql(
        "select child_id, session, mark, explained from attendance_mark where school_id = %s"
        " order by day, session",
        school.id,
    )


async def a_status(school: School, child: UUID, kind: str, **fields: Any) -> httpx.Response:
    """Something that the lead says is so of a child."""
    lead = fresh(school.world, school[Role.DSL])
    body = {"kind": kind, "valid_from": day(days=-60), "source": "The register of Hillcrest."}
    return await lead.post(f"/v1/children/{child}/statuses", body | fields)


class TestAChildWithASocialWorker:
    @pytest.mark.parametrize("kind", ["has_social_worker", "child_in_need", "looked_after"])
    async def test_is_telephoned_about_on_the_first_day_without_a_word(
        self, world: World, school: School, kind: str
    ) -> None:
        child, other = await school.child(), await school.child("Robin", "Vale")
        made = await a_status(school, child, kind)
        assert made.status_code == 201, made.text
        await send(office(school), a_mark(child), a_mark(other))
        assert [row[4] for row in tasks(world, school, "absence_call")] == [child]
        assert kept(world, school) == [(child, "am", "absent", False)]

    async def test_is_no_longer_once_the_status_has_ended(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        over = {"valid_to": day(days=-1), "end_reason": "Closed to social care."}
        assert (await a_status(school, child, "has_social_worker", **over)).status_code == 201
        await send(office(school), a_mark(child))
        assert kept(world, school) == []

    async def test_comes_back_without_a_meeting_about_it(
        self, world: World, school: School
    ) -> None:
        """That is for pupils who were in danger, or whose return is agreed."""
        child = await school.child()
        await a_status(school, child, "has_social_worker")
        for back in (3, 2):
            await send(office(school), a_mark(child, on=day(days=-back)))
        await send(office(school), a_mark(child, "present"))
        assert tasks(world, school, "reintegration_check") == []


class TestAPeriod:
    async def test_stands_in_the_chronology_at_its_end_with_its_source(
        self, school: School
    ) -> None:
        child = await school.child()
        said = {"detail": "19/190", "valid_to": day(days=-3)}
        made = await a_status(school, child, "attendance", **said)
        assert made.status_code == 201, made.text
        assert (made.json()["source"], made.json()["detail"]) == (
            "The register of Hillcrest.", "19/190",
        )  # fmt: skip
        lead = fresh(school.world, school[Role.DSL])
        items = (await lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        (entry,) = [one for one in items if one["kind"] == "status"]
        assert entry["summary"] == "attendance, 19/190"
        assert entry["occurred_at"].startswith(day(days=-3))

    async def test_may_lie_within_another(self, school: School) -> None:
        """The term, and the year so far."""
        child = await school.child()
        for detail in ("19/190", "5/60"):
            made = await a_status(school, child, "attendance", detail=detail, valid_to=day())
            assert made.status_code == 201, made.text

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"detail": "191/190", "valid_to": "2026-11-27"}, "/detail"),
            ({"detail": "0/0", "valid_to": "2026-11-27"}, "/detail"),
            ({"detail": "90%", "valid_to": "2026-11-27"}, "/detail"),
            ({"valid_to": "2026-11-27"}, "/detail"), ({"detail": "19/190"}, "/valid_to"),
        ],
    )  # fmt: skip
    async def test_counts_sessions_and_has_an_end(
        self, school: School, wrong: dict[str, Any], pointer: str
    ) -> None:
        refused = await a_status(school, await school.child(), "attendance", **wrong)
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]

    async def test_of_persistent_absence_lasts_until_it_ends(self, school: School) -> None:
        child = await school.child()
        made = await a_status(school, child, "persistent_absence", detail="19/190")
        assert made.status_code == 201, made.text
        lead = fresh(school.world, school[Role.DSL])
        items = (await lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert [one["summary"] for one in items] == ["persistent_absence, 19/190"]


class TestWhatIsKept:
    async def test_forgets_pupils_whom_nobody_looks_after_and_never_says_whom(
        self, world: World, school: School
    ) -> None:
        watched, other = await school.child(), await school.child("Robin", "Vale")
        await told(school, watched)
        before = await send(office(school), a_mark(other))
        after_ = await send(office(school), a_mark(watched))
        assert before.json() == after_.json() == {"taken": 1, "lines": []}
        assert kept(world, school) == [(watched, "am", "absent", False)]
        trail = world.sql(
            "select details, child_id from trail where school_id = %s"
            " and verb = 'attendance.taken' order by seq",
            school.id,
        )
        assert trail == [({"taken": 1}, None)] * 2

    async def test_takes_identifiers_and_tells_unknown_lines(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        made = await school.lead.post(
            f"/v1/children/{child}/identifiers", {"system": "mis_id", "value": "M-1"}
        )
        assert made.status_code == 201, made.text
        by_code = a_mark(child) | {"identifier": {"system": "mis_id", "value": "M-1"}}
        del by_code["child_id"]
        wrong = by_code | {"identifier": {"system": "mis_id", "value": "M-2"}}
        answer = await send(
            office(school), wrong, by_code, a_mark(new_id()),
            a_mark(child, on=day(days=1)),
        )  # fmt: skip
        assert answer.json() == {
            "taken": 1,
            "lines": [
                {"line": 1, "code": "child_unknown"},
                {"line": 3, "code": "child_unknown"},
                {"line": 4, "code": "date_to_come"},
            ],
        }
        assert kept(world, school) == [(child, "am", "absent", False)]

    async def test_is_the_same_sent_again(self, world: World, school: School) -> None:
        child = await school.child()
        await told(school, child)
        for _ in range(3):
            await send(office(school), a_mark(child), a_mark(child))
        assert len(kept(world, school)) == 1
        assert len(tasks(world, school, "absence_call")) == 1

    async def test_is_by_key_with_its_scope_or_by_who_may(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        _, token = await world.a_service_key(school.id, Permission.ATTENDANCE_SEND)
        await send(world.as_token(token), a_mark(child))
        assert len(tasks(world, school, "absence_call")) == 1
        refused = await school.staff.post("/v1/attendance-marks", {"marks": [a_mark(child)]})
        assert refused.status_code == 403
        _, token = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        body = {"marks": [a_mark(child)]}
        refused = await world.as_token(token).post("/v1/attendance-marks", body)
        assert refused.status_code == 403

    async def test_finds_no_pupil_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        answer = await send(office(other_school), a_mark(child))
        assert answer.json()["lines"] == [{"line": 1, "code": "child_unknown"}]
        assert kept(world, school) == kept(world, other_school) == []

    async def test_wants_one_way_of_naming_the_pupil(self, school: School) -> None:
        both = a_mark(new_id(), identifier={"system": "mis_id", "value": "1"})
        neither = {"on": day(), "session": "am", "mark": "absent"}
        for mark in (both, neither):
            answer = await office(school).post("/v1/attendance-marks", {"marks": [mark]})
            assert answer.status_code == 422


class TestAbsence:
    async def test_e10_an_unexplained_absence_is_telephoned_about_within_half_an_hour(
        self, world: World, school: School
    ) -> None:
        """Somebody who gave away belongings yesterday is not there today."""
        child = await school.child("Kit", "Fen", year_group="13")
        block = {"kind": "worry_without_words"}
        raised = await school.staff.post("/v1/concerns", a_body(child, self_harm=block))
        assert raised.status_code == 201, raised.text
        with after(days=1):
            await send(office(school), a_mark(child, at=clock.now().isoformat()))
            ((owner, state, due, facts, about),) = tasks(world, school, "absence_call")
            assert (owner, state, about) == (school[Role.DSL].id, "open", child)
            assert due - clock.now() == timedelta(minutes=30)
            assert facts == {"on": day(), "session": "am"}
        for minutes in (31, 62, 123):
            with after(days=1, minutes=minutes):
                await tick(world, school)
        rows = world.sql(
            "select a.recipient_id from alert a join deadline d on d.id = a.deadline_id"
            " join task t on t.id = d.thing_id"
            " where a.school_id = %s and a.kind = 'overdue' and t.kind = 'absence_call'",
            school.id,
        )
        told_to = {one for (one,) in rows}
        assert told_to >= {
            school[Role.DSL].id, school[Role.DEPUTY_DSL].id, school[Role.HEADTEACHER].id,
        }  # fmt: skip
        assert await fits(world, school)

    @pytest.mark.parametrize("fields", [{"explained": True}, {"mark": "present"}, {"mark": "late"}])
    async def test_calls_nobody_where_there_is_no_need(
        self, world: World, school: School, fields: dict[str, Any]
    ) -> None:
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child, **fields))
        assert tasks(world, school, "absence_call") == []

    async def test_tells_whoever_telephones_that_the_pupil_came(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child))
        await send(office(school), a_mark(child, "late"))
        ((_, state, _, facts, _),) = tasks(world, school, "absence_call")
        assert (state, facts["marked_since"]) == ("open", "late")

    async def test_calls_again_for_the_afternoon_once_the_first_call_was_made(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child))
        await send(office(school), a_mark(child, session="pm"))
        assert len(tasks(world, school, "absence_call")) == 1
        (row,) = (await school.lead.get("/v1/tasks?kind=absence_call")).json()["items"]
        done = await school.lead.post(f"/v1/tasks/{row['id']}/complete", {}, version=1)
        assert done.status_code == 200
        with after(days=1):
            await send(office(school), a_mark(child, session="pm"))
        assert len(tasks(world, school, "absence_call")) == 2

    async def test_another_day_is_another_call_however_many_are_open(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child))
        with after(days=1):
            await send(office(school), a_mark(child), a_mark(child, session="pm"))
            assert await fits(world, school)
        calls = tasks(world, school, "absence_call")
        assert [(state, facts["on"]) for _, state, _, facts, _ in calls] == [
            ("open", day()), ("open", day(days=1)),
        ]  # fmt: skip

    @pytest.mark.parametrize("end", [True, False])
    async def test_absent_again_after_all_is_a_new_call(
        self, world: World, school: School, end: bool
    ) -> None:
        """Marked late by mistake, or gone again: an alert of its own, at once."""
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child))
        if end:
            (row,) = (await school.lead.get("/v1/tasks?kind=absence_call")).json()["items"]
            await school.lead.post(f"/v1/tasks/{row['id']}/complete", {}, version=1)
        await send(office(school), a_mark(child, "late"))
        await send(office(school), a_mark(child))
        calls = tasks(world, school, "absence_call")
        assert [state for _, state, *_ in calls] == ["done" if end else "open", "open"]
        told_of = world.sql(
            "select a.urgent from alert a join task t on t.id = a.thing_id"
            " where a.school_id = %s and a.kind = 'task_set' and t.kind = 'absence_call'",
            school.id,
        )
        assert told_of == [(True,), (True,)]

    async def test_keeps_old_marks_and_sends_nobody_to_look(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child, on=day(days=-9)))
        assert len(kept(world, school)) == 1
        assert tasks(world, school, "absence_call") == []


class TestBesides:
    async def test_a_check_in_of_the_day_learns_of_the_absence(
        self, world: World, school: School
    ) -> None:
        plan = await a_plan(school)
        child = UUID(plan["child_id"])
        await send(office(school), a_mark(child, explained=True))
        rows = world.sql(
            "select missed_at is not null from check_in where school_id = %s order by opens_at",
            school.id,
        )
        assert [missed for (missed,) in rows[:2]] == [True, False]
        assert len(tasks(world, school, "check_in_missed")) == 1

    async def test_t24_nobody_is_telephoned_about_a_child_who_died(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        await opened(school, child)
        await send(office(school), a_mark(child))
        assert tasks(world, school, "absence_call") == []
        assert kept(world, school) == []


class TestReturns:
    async def test_e6_back_before_expected_is_seen_the_same_morning(
        self, world: World, school: School
    ) -> None:
        """Hospital on day one, back on day six without a word and late."""
        child = await school.child()
        await told(school, child)
        await a_reintegration(school, child, expected_return=value(day(days=10)))
        with after(days=7):
            at = clock.now() + timedelta(minutes=20)
            with after(days=7, minutes=20):
                late = a_mark(child, "late", at=at.isoformat())
                await send(office(school), late)
                await send(office(school), late, a_mark(child, session="pm", mark="present"))
        ((owner, state, due, facts, about),) = tasks(world, school, "reintegration_check")
        assert (owner, state, about) == (school[Role.DSL].id, "open", child)
        assert due - at == timedelta(minutes=60)
        assert (facts["mark"], facts["has_plan"]) == ("late", False)
        urgent = world.sql(
            "select urgent from alert where school_id = %s and kind = 'task_set'"
            " and thing_id in (select id from task where kind = 'reintegration_check')",
            school.id,
        )
        assert urgent == [(True,)]

    async def test_is_seen_on_each_day_until_the_return_is_written_down(
        self, world: World, school: School
    ) -> None:
        """Back on day two, away again on day three, back once more on day four."""
        child = await school.child()
        await told(school, child)
        await a_reintegration(school, child, expected_return=value(day(days=10)))
        for days, mark in ((1, "present"), (2, "absent"), (3, "present")):
            with after(days=days):
                await send(office(school), a_mark(child, mark, explained=True))
                await send(office(school), a_mark(child, mark, session="pm", explained=True))
        checks = tasks(world, school, "reintegration_check")
        assert [facts["on"] for *_, facts, _ in checks] == [day(days=1), day(days=3)]

    async def test_e6_back_without_any_return_being_known(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await told(school, child)
        for days in (1, 2, 3):
            with after(days=days):
                await send(office(school), a_mark(child, explained=True))
        with after(days=4):
            await send(office(school), a_mark(child, "present"))
        assert len(tasks(world, school, "reintegration_check")) == 1

    async def test_one_day_away_is_no_return(self, world: World, school: School) -> None:
        child = await school.child()
        await told(school, child)
        await send(office(school), a_mark(child, explained=True))
        with after(days=1):
            await send(office(school), a_mark(child, "present"))
        assert tasks(world, school, "reintegration_check") == []

    async def test_coming_on_the_day_that_was_agreed_is_expected(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_reintegration(school, child, expected_return=value(day(days=1)))
        with after(days=1):
            await send(office(school), a_mark(child, "present"))
        assert tasks(world, school, "reintegration_check") == []
        assert len(kept(world, school)) == 1
