"""What happens by itself with files that follow: leavers, late addenda, children who come back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Role
from app.domain.sharing.prepared_transfers import commands
from tests.api.records import a_concern
from tests.transfers import approved, moved, opened, step_of, to_school, upn_of, work_off
from tests.world import School, World


async def look(world: World, school: School) -> list[int]:
    """One look of the job in one school."""
    found: list[int] = []
    for one in commands.STEPS:
        async with world.work(school.id) as work:
            found.append(await one(work))
    return found


def leave(world: World, school: School, child: UUID, days: int = 1) -> None:
    """End a child's enrolment some days ago."""
    world.sql(
        "insert into enrolment (school_id, id, child_id, valid_from, valid_to, source, created_at)"
        " values (%s, gen_random_uuid(), %s, %s, %s, 'staff', now())",
        school.id, child, clock.now().date() - timedelta(days=300),
        clock.now().date() - timedelta(days=days),
    )  # fmt: skip


async def transfers_of(school: School, child: UUID) -> list[dict[str, Any]]:
    """The transfers of a child, newest first."""
    answer = await school.lead.get(f"/v1/transfers?child_id={child}")
    return list(answer.json()["items"])


class TestLeavers:
    async def test_with_a_file_have_a_transfer_prepared_that_rings(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        leave(world, school, child)
        assert (await look(world, school))[1] == 1
        (transfer,) = await transfers_of(school, child)
        assert (transfer["state"], transfer["destination_kind"]) == ("prepared", "unknown")
        assert transfer["owner"]["id"] == str(school[Role.DSL].id)
        whole = await opened(school.lead, transfer["id"])
        assert whole["due_rule"] == "cpfile.transfer.in_year"
        alerts = await school.lead.get("/v1/alerts?state=open")
        assert "transfer_due" in {one["kind"] for one in alerts.json()["items"]}

    async def test_are_known_where_a_person_says_so(self, world: World, school: School) -> None:
        typed_in, enrolled = await school.child("Ada", "Marsh"), await school.child("Bo", "Hill")
        world.sql(
            "insert into enrolment (school_id, id, child_id, valid_from, source, created_at)"
            " values (%s, gen_random_uuid(), %s, %s, 'staff', now())",
            school.id, enrolled, clock.now().date() - timedelta(days=300),
        )  # fmt: skip
        for child in (typed_in, enrolled):
            await a_concern(school, child)
            path, version = f"/v1/children/{child}", world.version("child", child)
            left = await school.lead.patch(path, {"roll_status": "left"}, version=version)
            assert left.status_code == 200, left.text
        assert (await look(world, school))[1] == 2
        for child in (typed_in, enrolled):
            (transfer,) = await transfers_of(school, child)
            assert transfer["state"] == "prepared"

    async def test_who_came_back_by_hand_are_left_alone(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh", roll_status="left")
        await a_concern(school, child)
        leave(world, school, child)
        path, version = f"/v1/children/{child}", world.version("child", child)
        back = await school.lead.patch(path, {"roll_status": "on_roll"}, version=version)
        assert back.status_code == 200, back.text
        await look(world, school)
        assert await transfers_of(school, child) == []

    async def test_are_prepared_once(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        leave(world, school, child)
        await look(world, school)
        await look(world, school)
        assert len(await transfers_of(school, child)) == 1

    async def test_without_a_file_are_left_alone(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        leave(world, school, child)
        await look(world, school)
        assert await transfers_of(school, child) == []


class TestLateAddenda:
    async def test_follow_what_was_raised_after_the_file_had_gone(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child, text="The first thing.")
        first, there = await moved(world, school, other_school, child)
        assert (await look(world, school))[2] == 0
        upn_of(world, other_school, there, "A123456789012")
        upn_of(world, school, child, "A123456789012")
        await a_concern(school, child, text="A second thing that came late.")
        assert (await look(world, school))[2] == 1
        addendum, sent = await transfers_of(school, child)
        assert (addendum["addendum_to"], sent["id"]) == (first, first)
        whole = await opened(school.lead, addendum["id"])
        assert (whole["reason_code"], whole["due_rule"]) == ("late_addendum", "cpfile.addendum")
        await approved(school, addendum["id"])
        await work_off(world, school, other_school)
        waiting = await other_school.lead.get("/v1/incoming-transfers?state=waiting")
        (incoming,) = waiting.json()["items"]
        assert (incoming["is_addendum"], incoming["child_id"]) == (True, str(there))
        await step_of(other_school.lead, "incoming-transfers", incoming["id"], "accept", {})
        await work_off(world, school, other_school)
        _, late = (await other_school.lead.get(f"/v1/children/{there}/received-files")).json()[
            "items"
        ]
        told = [one["summary"] for one in late["records"] if one["kind"] == "concern"]
        assert [("second" in text, "first" in text) for text in told] == [(True, False)]
        assert (await opened(school.lead, addendum["id"]))["state"] == "accepted"
        assert (await look(world, school))[2] == 0

    async def test_leave_the_late_concern_open_to_work_on(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await moved(world, school, other_school, child)
        late = await a_concern(school, child)
        answer = await school.lead.post(f"/v1/concerns/{late}/comments", {"text": "Passed on."})
        assert answer.status_code == 201


class TestChildrenWhoComeBack:
    async def test_find_their_file_unlocked(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await moved(world, school, other_school, child)
        assert (await look(world, school))[0] == 0
        world.sql(
            "insert into enrolment (school_id, id, child_id, valid_from, source, created_at) "
            "values (%s, gen_random_uuid(), %s, %s, 'staff', now())",
            school.id, child, clock.now().date() + timedelta(days=1),
        )  # fmt: skip
        assert (await look(world, school))[0] == 1
        gone = await school.lead.get(f"/v1/children/{child}/file-lock")
        assert gone.json()["code"] == "file_not_locked"


class TestEarlierFiles:
    async def test_travel_on_as_they_came(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child, text="Written at the first school.")
        _, second = await moved(world, school, other_school, child)
        await a_concern(other_school, second, text="Written at the second school.")
        third_school = await world.a_school()
        _, third = await moved(world, other_school, third_school, second)
        (file,) = (await third_school.lead.get(f"/v1/children/{third}/received-files")).json()[
            "items"
        ]
        told = {one["summary"].split("\n")[0]: one["origin"] for one in file["records"]
                if one["kind"] == "concern"}  # fmt: skip
        assert told == {
            "Written at the first school.": school.name,
            "Written at the second school.": other_school.name,
        }


class TestRequests:
    async def test_reach_the_other_school_and_end_when_the_file_comes(
        self, world: World, school: School, other_school: School
    ) -> None:
        upn = "A123456789012"
        here, there = await school.child("Ada", "Marsh"), await other_school.child("Ada", "Marsh")
        upn_of(world, school, here, upn)
        upn_of(world, other_school, there, upn)
        made = await other_school.lead.post(
            "/v1/file-requests",
            {"child_id": str(there), "school_id": str(school.id), "note": "She began on Monday."},
        )
        assert made.status_code == 201, made.text
        await work_off(world, school, other_school)
        (asked,) = (await school.lead.get("/v1/file-requests?direction=received")).json()["items"]
        assert (asked["child_id"], asked["school_name"]) == (str(here), other_school.name)
        transfer = await school.lead.post("/v1/transfers", to_school(here, other_school))
        await step_of(
            school.lead, "file-requests", asked["id"], "answer",
            {"transfer_id": transfer.json()["id"]},
        )  # fmt: skip
        await approved(school, transfer.json()["id"])
        await work_off(world, school, other_school)
        (incoming,) = (await other_school.lead.get("/v1/incoming-transfers")).json()["items"]
        await step_of(other_school.lead, "incoming-transfers", incoming["id"], "accept", {})
        await work_off(world, school, other_school)
        ended = await opened(other_school.lead, made.json()["id"], "file-requests")
        assert ended["state"] == "answered"

    async def test_that_are_refused_say_why_to_the_school_that_asked(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await other_school.child("Ada", "Marsh")
        made = await other_school.lead.post(
            "/v1/file-requests", {"child_id": str(child), "school_id": str(school.id)}
        )
        await work_off(world, school, other_school)
        (asked,) = (await school.lead.get("/v1/file-requests")).json()["items"]
        await step_of(
            school.lead, "file-requests", asked["id"], "answer", {"reason": "Never here."}
        )
        await work_off(world, school, other_school)
        ended = await opened(other_school.lead, made.json()["id"], "file-requests")
        assert (ended["state"], ended["answer"]) == ("refused", "Never here.")
