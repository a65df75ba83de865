"""T24 and E12: a queued message does not reach the family; a year after, somebody looks quietly."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_dates.commands import look_after
from app.jobs.queue import TASKS
from app.jobs.recipients import tell_answered
from app.jobs.runner import Adapters
from app.jobs.sweeps import LOOK_AROUND_DAYS
from tests.api.records import a_contact
from tests.api.shared import Recipient, a_sent, an_opened
from tests.bereavement import PATH, affected, code_of, opened, tasks_of, the_case
from tests.jobs.climbing import fresh
from tests.jobs.test_recipients import Sink, a_run, adapters, mail, mailed, sink
from tests.world import School, World

__all__ = ["adapters", "sink"]
DIED = date(2026, 11, 26)


class TestT24:
    async def test_t24_a_message_queued_before_is_not_delivered(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        case = await opened(school, share.child)
        await mail(adapters, school, share)
        assert sink.mails == []
        (paused,) = case["paused_links"]
        assert (paused["share_id"], paused["mailed"]) == (share.id, False)
        (stop,) = [one for one in case["duties"] if one["duty"] == "stop_elsewhere"]
        due = datetime.fromisoformat(stop["due_at"])
        assert due - datetime.fromisoformat(case["decided_at"]) <= timedelta(hours=1)
        path = f"{PATH}/{case['id']}/paused-links/{paused['id']}/resume"
        assert code_of(await school.staff.post(path, version=2))[0] == 403
        again = await school.lead.post(path, version=2)
        assert again.status_code == 200, again.text
        assert again.json()["paused_links"] == []
        await mail(adapters, school, share)
        assert len(sink.mails) == 1, "a lead has decided"

    async def test_t24_without_a_death_the_same_message_leaves(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        await mail(adapters, school, share)
        assert len(sink.mails) == 1

    async def test_t24_an_answer_that_waits_is_not_told_either(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        await mail(adapters, school, share)
        sink.got.clear()
        await opened(school, share.child)
        link = share.answer["link_id"]
        await tell_answered(a_run(adapters, school, link_id=link, answer_id=str(UUID(int=7))))
        assert sink.mails == []

    async def test_t24_what_is_open_is_closed_until_a_lead_decides(
        self, world: World, school: School
    ) -> None:
        share = await a_sent(world, school)
        reading = await an_opened(world, school, share)
        assert (await reading.read()).status_code == 200
        case = await opened(school, share.child)
        assert (await reading.read()).status_code in (401, 403, 409, 410)
        stopped = await Recipient(world, share.token).enter(share.code)
        assert stopped.status_code >= 400
        (paused,) = case["paused_links"]
        resumed = await school.lead.post(
            f"{PATH}/{case['id']}/paused-links/{paused['id']}/resume", version=2
        )
        assert resumed.status_code == 200

    async def test_t24_reaches_a_parent_through_a_sibling_no_more(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        sister = await school.child("Ada", "Marsh", date_of_birth=date(2012, 5, 4))
        await a_contact(world, school, sister, email="Kim.Marsh@example.org")
        await opened(school, sister)
        await mail(adapters, school, share)
        assert sink.mails == []

    async def test_t24_a_mistake_undone_sends_what_waited(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        share = await mailed(world, school)
        case = await opened(school, share.child)
        path, why = f"{PATH}/{case['id']}/undo", {"reason": "Another child."}
        await school.lead.post(path, why, version=2)
        done = await school.api(Role.HEADTEACHER).post(path, why, version=3)
        assert done.json()["state"] == "undone"
        await mail(adapters, school, share)
        assert len(sink.mails) == 1


async def look(world: World, school: School) -> int:
    """What the job does in one school."""
    async with world.work(school.id) as work:
        return await look_after(work)


@contextmanager
def on(day: date) -> Iterator[None]:
    """At ten in the morning of a day."""
    with clock.frozen(datetime.combine(day, time(10), UTC)):
        yield


@pytest.fixture
async def year(world: World, school: School) -> tuple[School, dict[str, Any]]:
    """A case of a pupil who died on the 26th of November 2026."""
    with on(DIED):
        child = await school.child("Zebedee", "Quill", date_of_birth=date(2012, 7, 1))
        fresh_people(world, school)
        case = await opened(school, child, died_on=DIED.isoformat())
    return school, case


def fresh_people(world: World, school: School) -> None:
    """Sign everybody in again, as of the moment that the clock shows."""
    for person in school.people.values():
        fresh(world, person)
        person.token = world.token_of(person)


class TestE12:
    async def test_e12_a_year_after(
        self, world: World, year: tuple[School, dict[str, Any]], adapters: Adapters
    ) -> None:
        school, case = year
        tutors = [await school.person(Role.STAFF, f"Tutor {number}") for number in range(6)]
        pupils = [
            await school.child(f"Pupil{number}", "Reed", date_of_birth=date(2012, 1, 1 + number))
            for number in range(6)
        ]
        with on(DIED + timedelta(days=3)):
            fresh_people(world, school)
            people = [
                await affected(
                    school, case["id"], child_id=str(pupil), owner_id=str(tutor.id),
                    reason_codes=["close_friend"],
                )
                for pupil, tutor in zip(pupils, tutors, strict=True)
            ]  # fmt: skip
            for person, change in (
                (people[4], {"moved_to": "Hill Academy"}), (people[5], {"left_alone": True}),
            ):  # fmt: skip
                path = f"{PATH}/{case['id']}/affected/{person['id']}"
                assert (await school.lead.patch(path, change, version=1)).status_code == 200
        anniversary = date(2027, 11, 26)
        with on(anniversary - timedelta(days=15)):
            fresh_people(world, school)
            before = await tasks_of(school, "kind=affected_date")
            await look(world, school)
            assert await tasks_of(school, "kind=affected_date") == before, "not yet"
        with on(anniversary - timedelta(days=10)):
            fresh_people(world, school)
            world.sql("delete from alert where school_id = %s", school.id)
            assert await look(world, school) == 5
            assert await look(world, school) == 0, "once"
            found = await tasks_of(school, "kind=affected_date")
            quiet = {one["child"]["id"]: one["owner"]["id"] for one in found}
            assert set(quiet) == {str(one) for one in pupils[:5]}, "one is left alone"
            for pupil, tutor in zip(pupils[:4], tutors[:4], strict=True):
                assert quiet[str(pupil)] == str(tutor.id)
            assert quiet[str(pupils[4])] == str(school[Role.DEPUTY_DSL].id), "a lead phones"
            (call,) = [one for one in found if one["child"]["id"] == str(pupils[4])]
            whole = (await school.lead.get(f"/v1/tasks/{call['id']}")).json()
            assert whole["facts"] == {"on": "2027-11-26", "call": "other_school"}
            assert all(one["due_at"] > clock.now().isoformat() for one in found)
            mine = await world.as_token(world.token_of(tutors[0])).get("/v1/tasks?mine=true")
        alerts = world.sql(
            "select row_to_json(a)::text from alert a where school_id = %s", school.id
        )
        assert alerts
        for text in [*(row for (row,) in alerts), mine.text]:
            for word in ("Zebedee", "Quill", "died", "death", "anniversary"):
                assert word not in text
        recipients = {row for (row,) in world.sql(
            "select recipient_id from alert where school_id = %s", school.id)}  # fmt: skip
        assert recipients == {*(one.id for one in tutors[:4]), school[Role.DEPUTY_DSL].id}

    async def test_e12_comes_every_year_while_somebody_is_on_roll(
        self, world: World, year: tuple[School, dict[str, Any]]
    ) -> None:
        school, case = year
        pupil = await school.child("Bo", "Reed", date_of_birth=date(2012, 2, 2))
        with on(DIED + timedelta(days=3)):
            fresh_people(world, school)
            await affected(school, case["id"], child_id=str(pupil), reason_codes=["same_class"])
        for years in (2027, 2028):
            with on(date(years, 11, 20)):
                assert await look(world, school) == 1
        world.sql("update child set roll_status = 'left' where id = %s", pupil)
        with on(date(2029, 11, 20)):
            assert await look(world, school) == 0

    async def test_e12_somebody_who_has_left_is_telephoned_after(
        self, world: World, year: tuple[School, dict[str, Any]]
    ) -> None:
        school, case = year
        gone, here = await school.child("Bo", "Reed"), await school.child("Cy", "Reed")
        tutor = await school.person(Role.STAFF)
        with on(DIED + timedelta(days=3)):
            fresh_people(world, school)
            for one in (gone, here):
                await affected(school, case["id"], child_id=str(one), owner_id=str(tutor.id))
        world.sql("update child set roll_status = 'left' where id = %s", gone)
        with on(date(2027, 11, 20)):
            fresh_people(world, school)
            assert await look(world, school) == 2
            owners = {
                one["child"]["id"]: one["owner"]["id"]
                for one in await tasks_of(school, "kind=affected_date")
            }
        assert owners == {str(gone): str(school[Role.DEPUTY_DSL].id), str(here): str(tutor.id)}


class TestDays:
    async def test_the_school_looks_back_again_after_the_inquest(
        self, world: World, year: tuple[School, dict[str, Any]]
    ) -> None:
        school, case = year
        with on(DIED + timedelta(days=1)):
            fresh_people(world, school)
            body = {"kind": "inquest", "falls_on": "2027-03-01"}
            assert (await school.lead.post(f"{PATH}/{case['id']}/dates", body)).status_code == 201
        with on(date(2027, 2, 20)):
            assert await look(world, school) == 0
        with on(date(2027, 3, 2)):
            assert await look(world, school) == 1
            assert await look(world, school) == 0
            fresh_people(world, school)
            found = [
                one for one in (await the_case(school, case["id"]))["duties"]
                if one["kind"] == "bereavement_review"
            ]  # fmt: skip
        assert len(found) == 2
        assert found[1]["due_at"].startswith("2027-04-12")

    async def test_are_looked_after_by_a_job_every_hour(self) -> None:
        assert LOOK_AROUND_DAYS in TASKS
        assert LOOK_AROUND_DAYS.every == "25 * * * *"


class TestOccurrence:
    @pytest.mark.parametrize(
        ("today", "found"),
        [
            (date(2027, 11, 11), None),
            (date(2027, 11, 12), date(2027, 11, 26)),
            (date(2027, 12, 3), date(2027, 11, 26)),
            (date(2027, 12, 4), None),
            (date(2030, 11, 26), date(2030, 11, 26)),
            (date(2026, 11, 20), None),
        ],
    )
    def test_is_found_in_its_window(self, today: date, found: date | None) -> None:
        day = date(2027, 11, 26)
        assert rules.occurrence(day, today, yearly=True, before=14, after=7) == found

    def test_spans_the_turn_of_the_year_and_leap_days(self) -> None:
        assert rules.occurrence(
            date(2027, 1, 5), date(2027, 12, 28), yearly=True, before=14, after=7
        ) == date(2028, 1, 5)
        assert rules.in_year(date(2028, 2, 29), 2029) == date(2029, 2, 28)
        assert rules.months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
