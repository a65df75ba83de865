"""What is owed to a pupil whose file has gone: a person ends it, and a file may come back."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.core import clock
from app.core.words import Role
from app.domain.sharing.prepared_transfers.commands import STEPS
from tests.api.pathways import open_kinds
from tests.api.planning import in_use
from tests.api.record.test_concerns import a_triage
from tests.api.records import a_concern, a_share
from tests.api.safety.test_self_harm import staff, state_of, taken, told, whole
from tests.api.sharing.test_transfer_secrets import a_receipt
from tests.check_ins import a_plan, tasks
from tests.meetings import a_meeting
from tests.racing import Request, halfway
from tests.transfers import approved, elsewhere, moved, opened, prepared, step, work_off
from tests.world import School, World

BACK = {"reason_code": "not_our_child"}
LATER = {"from": "15:00", "to": "15:15"}
"""Hours after a run of the suite begins: a check-in that has begun would stay."""


async def sent_by_hand(world: World, school: School, child: UUID) -> str:
    """A file that was sent to a school elsewhere: the transfer."""
    transfer = str((await prepared(school, elsewhere(child)))["id"])
    await approved(school, transfer)
    await work_off(world, school)
    sent = {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill"}
    await step(school.lead, transfer, "send", sent)
    return transfer


async def on_its_way(world: World, school: School, child: UUID) -> Request:
    """The request that says that such a file has come there."""
    transfer = await sent_by_hand(world, school, child)
    path, version = f"/v1/transfers/{transfer}/receipt", world.version("transfer", transfer)
    receipt = a_receipt(await opened(school.lead, transfer))
    return partial(school.lead.post, path, receipt, version=version)


async def received(world: World, school: School, child: UUID) -> str:
    """A file that a school elsewhere says it has: the transfer."""
    transfer = await sent_by_hand(world, school, child)
    receipt = a_receipt(await opened(school.lead, transfer))
    assert (await step(school.lead, transfer, "receipt", receipt))["state"] == "locked"
    return transfer


async def ended(school: School, world: World, concern: str) -> dict[str, tuple[int, bool]]:
    """Each open task of a concern: how ending it is answered, and whether that was offered."""
    rows = world.sql(
        "select id, kind from task where concern_id = %s and ended_at is null", concern
    )
    found = {}
    for id_, kind in rows:
        read = await school.lead.get(f"/v1/tasks/{id_}")
        answer = await school.lead.post(
            f"/v1/tasks/{id_}/end", {"reason": "Ms Hill of Hill Top has her now."},
            version=read.headers["etag"].strip('"'),
        )  # fmt: skip
        found[kind] = (answer.status_code, "end_task" in read.json()["permissions"])
    return found


class TestWhatIsOwed:
    async def test_cancels_planned_meetings_and_ends_cases(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        meeting = await a_meeting(school, child_ids=[str(child)])
        body = {
            "child_id": str(child), "concern_ids": [await a_concern(school, child)],
            "title": "Home", "plan": "A visit.", "review_at": meeting["starts_at"],
        }  # fmt: skip
        case = (await school.lead.post("/v1/cases", body)).json()
        await moved(world, school, other_school, child)
        kept = (await school.lead.get(f"/v1/cases/{case['id']}")).json()
        assert (kept["state"], kept["permissions"]) == ("ended", [])
        assert kept["end_reason"]
        found = (await school.lead.get(f"/v1/meetings/{meeting['id']}")).json()
        assert found["state"] == "cancelled"
        assert found["cancel_reason"]
        assert (found["permissions"], found["minutes"]) == ([], [])

    async def test_stays_owed_until_a_lead_ends_it_with_a_reason(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = (await told(staff(world, school), child))["id"]
        assert (await ended(school, world, concern))["sh_check"] == (409, False)
        await moved(world, school, other_school, child)
        assert state_of(world, concern) == "closed"
        kinds = open_kinds(world, concern)
        assert {"sh_check", "sh_parents"} <= set(kinds)
        assert await ended(school, world, concern) == {kind: (200, True) for kind in kinds}
        assert await whole(world, school)

    async def test_in_plans_can_be_ended(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        plan = await in_use(school, child)
        await a_plan(school, child, times=[LATER])
        await moved(world, school, other_school, child)
        support = f"/v1/children/{child}/support-plan"
        read = await school.lead.post(f"{support}/review", {}, version=1)
        assert read.json()["code"] == "file_locked"
        over = await school.lead.post(f"{support}/end", {"reason": "She has left."}, version=1)
        assert over.status_code in (200, 204), over.text
        version = (await school.lead.get(f"/v1/safety-plans/{plan}")).headers["etag"].strip('"')
        body = {"reason": "The other school has it."}
        answer = await school.lead.post(f"/v1/safety-plans/{plan}/end", body, version=version)
        assert answer.status_code == 200, answer.text
        left = world.sql(
            "select kind from task where child_id = %s and ended_at is null", child
        ) + world.sql("select state from check_in where child_id = %s and ended_at is null", child)
        assert left == [("plan_to_next_school",)]
        assert await whole(world, school)


class TestAFileThatComesBack:
    async def test_opens_again_what_its_lock_closed(self, world: World, school: School) -> None:
        child = await school.child("Ada", "Marsh")
        unread = (await told(staff(world, school), child, immediacy="immediate_danger"))["id"]
        known, done = await a_concern(school, child), await a_concern(school, child)
        owner = school[Role.DEPUTY_DSL].id
        for one in (known, done):
            await taken(school.lead, one, "triage", a_triage(owner))
        said = {"outcome": "resolved_in_school", "reason": "All is well."}
        await taken(school.lead, done, "close", said)
        transfer = await received(world, school, child)
        assert states(world, unread, known, done) == {
            unread: "closed", known: "closed", done: "closed",
        }  # fmt: skip
        await step(school.lead, transfer, "rejection", BACK)
        assert states(world, unread, known, done) == {
            unread: "raised", known: "triaged", done: "closed",
        }  # fmt: skip
        rules = dict(world.sql("select id::text, due_rule from concern where ended_at is null"
                               " and school_id = %s", school.id))  # fmt: skip
        assert rules[unread] == "sh.lead_ack"
        assert rules[known] == "concern.review"
        assert state_of(world, unread) != "closed"
        assert {"sh_check", "sh_parents"} <= set(open_kinds(world, unread))
        told_of = world.sql(
            "select concern_id::text from alert where kind = 'concern_assigned'"
            " and recipient_id = %s order by created_at desc limit 1", owner,
        )  # fmt: skip
        assert told_of == [(known,)]
        assert await whole(world, school)

    async def test_sent_and_sent_back_twice_opens_each_concern_once(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        transfer = await received(world, school, child)
        await step(school.lead, transfer, "rejection", BACK)
        again = {"destination": elsewhere(child)["destination"]}
        read = await school.lead.get(f"/v1/transfers/{transfer}")
        await school.lead.patch(
            f"/v1/transfers/{transfer}", again, version=read.headers["etag"].strip('"')
        )
        await approved(school, transfer)
        await work_off(world, school)
        sent = {"route": "in_person", "at": clock.now().isoformat(), "to": "Sam Hill"}
        await step(school.lead, transfer, "send", sent)
        await step(school.lead, transfer, "receipt", a_receipt(await opened(school.lead, transfer)))
        await step(school.lead, transfer, "rejection", BACK)
        assert states(world, concern) == {concern: "raised"}
        assert await whole(world, school)

    async def test_with_the_child_asks_a_lead_to_telephone(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await moved(world, school, other_school, child)
        world.sql(
            "insert into enrolment (school_id, id, child_id, valid_from, source, created_at) "
            "values (%s, gen_random_uuid(), %s, %s, 'staff', now())",
            school.id, child, clock.now().date() + timedelta(days=1),
        )  # fmt: skip
        for _ in range(2):
            async with world.work(school.id) as work:
                await STEPS[0](work)
        ((owner, _, _),) = tasks(world, school, "plan_from_school")
        assert owner == school[Role.DSL].id
        (card,) = [
            one
            for one in (await school.lead.get("/v1/tasks")).json()["items"]
            if one["kind"] == "plan_from_school"
        ]
        shown = await school.lead.get(f"/v1/tasks/{card['id']}")
        assert (shown.status_code, shown.json()["about"]["kind"]) == (200, "transfer")


def states(world: World, *concerns: str) -> dict[str, Any]:
    """The state of each concern."""
    return dict(
        world.sql("select id::text, state from concern where id = any(%s::uuid[])", list(concerns))
    )


class TestWhatIsBegunWhileTheFileIsLocked:
    @pytest.mark.parametrize("what", ["action", "review", "meeting", "share"])
    async def test_is_ended_with_the_rest_or_not_begun(
        self, world: World, school: School, what: str
    ) -> None:
        """Nobody could end it any more: its file cannot be written to."""
        child = await school.child("Ada", "Marsh")
        concern, at = await a_concern(school, child), (clock.now() + timedelta(days=2)).isoformat()
        arrives = await on_its_way(world, school, child)
        deputy = school[Role.DEPUTY_DSL]
        officer = {"via": "professional", "kind": "police", "name": "PC Ann Low"}
        path, body = {
            "action": (
                f"/v1/concerns/{concern}/actions",
                {"what": "Phone home.", "owner_id": str(deputy.id), "due_at": at},
            ),
            "review": (
                "/v1/reviews",
                {"child_id": str(child), "what": "Look again.", "due_at": at},
            ),
            "meeting": (
                "/v1/meetings",
                {"kind": "core_group", "starts_at": at, "child_ids": [str(child)], "invited": []},
            ),
            "share": ("/v1/shares", a_share(child, officer, concern)),
        }[what]  # fmt: skip
        begun, locked = await halfway(
            world, partial(school.api(Role.DEPUTY_DSL).post, path, body), arrives,
            "select from staff where id = %s for update", deputy.id,
        )  # fmt: skip
        assert begun.status_code in (201, 409), begun.text
        assert locked.status_code == 200, locked.text
        rows = f"select count(*) from {what} where school_id = %s and ended_at is null"  # noqa: S608
        assert world.sql(rows, school.id) == [(0,)]
        assert await whole(world, school)

    async def test_is_closed_where_two_files_go_that_it_is_about(
        self, world: World, school: School
    ) -> None:
        """Neither sees the other lock: one has to wait, or nobody could close their concern."""
        child, sibling = await school.child("Ada", "Marsh"), await school.child("Bo", "Marsh")
        concern, at = await a_concern(school, child, sibling), clock.now() + timedelta(days=2)
        body = {"child_id": str(child), "what": "Look again.", "due_at": at.isoformat()}
        review = await school.lead.post("/v1/reviews", body)
        one, other = [await on_its_way(world, school, item) for item in (child, sibling)]
        held = "select from review where id = %s for update"
        for answer in await halfway(world, one, other, held, review.json()["id"]):
            assert answer.status_code == 200, answer.text
        assert states(world, concern) == {concern: "closed"}
        assert await whole(world, school)
