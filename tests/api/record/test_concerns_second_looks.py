"""What a second attack found: nobody is left alone with a file, and nothing that is added waits."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.deadlines import keep_clocks
from tests.inboxes import about_id
from tests.world import School, World

LEADS = (Role.DEPUTY_DSL, Role.HEADTEACHER)


async def declare(school: School, role: Role, child: str) -> dict[str, Any]:
    """The lead says that somebody knows the family; what became of it."""
    body = {"child_id": child, "staff_id": str(school[role].id), "reason": "Knows the family."}
    answer = await school.lead.post("/v1/conflicts", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def kinds(school: School, role: Role) -> list[str]:
    """What somebody's unread alerts are about."""
    answer = await school.api(role).get("/v1/alerts?state=open")
    return [one["kind"] for one in answer.json()["items"]]


async def add_to(school: School, concern: str) -> None:
    """The reporter adds something."""
    body = {"kind": "addition", "text": "It happened again.", "reason": "More."}
    added = await school.staff.post(f"/v1/concerns/{concern}/amendments", body)
    assert added.status_code == 201, added.text


class TestALeadWhoLocksOthersOut:
    async def test_is_never_the_only_one_left(self, world: World, school: School) -> None:
        child = str(await school.child())
        for role in LEADS:
            await declare(school, role, child)
        states = world.sql(
            "select staff_id, state from conflict where child_id = %s order by created_at, id",
            child,
        )
        assert states == [
            (school[LEADS[0]].id, "in_force"), (school[LEADS[1]].id, "suggested"),
        ]  # fmt: skip
        assert (await school.api(LEADS[1]).get(f"/v1/children/{child}")).status_code == 200

    async def test_is_seen_by_the_others(self, school: School) -> None:
        await declare(school, Role.DEPUTY_DSL, str(await school.child()))
        assert "conflict_found" in await kinds(school, Role.HEADTEACHER)


class TestARejection:
    async def test_is_not_the_typists(self, world: World, school: School) -> None:
        child = await school.child()
        body = {"kind": "mother", "name": "Ann Roe", "email": school[Role.DEPUTY_DSL].email}
        typed = await school.lead.post(f"/v1/children/{child}/contacts", body)
        assert typed.status_code == 201, typed.text
        (row,) = (await school.lead.get(f"/v1/conflicts?child_id={child}")).json()["items"]
        assert row["state"] == "suggested"
        end, reason = f"/v1/conflicts/{row['id']}/end", {"reason": "A typing error."}
        refused = await school.lead.post(end, reason, version=1)
        assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
        done = await school.api(Role.HEADTEACHER).post(end, reason, version=1)
        assert done.status_code == 200


class TestAnAddition:
    async def test_rings_the_owner(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        given = a_triage(school[Role.DEPUTY_DSL].id)
        assert (await step(school.lead, concern, "triage", given)).status_code == 200
        before = await kinds(school, Role.DEPUTY_DSL)
        await add_to(school, concern)
        after = await kinds(school, Role.DEPUTY_DSL)
        assert after.count("concern_joined") == before.count("concern_joined") + 1
        assert "concern_joined" not in await kinds(school, Role.STAFF)

    @pytest.mark.parametrize("why", ["suspended", "without a role", "in conflict", "away", "none"])
    async def test_to_what_has_no_owner_here_goes_where_a_new_concern_goes(
        self, world: World, school: School, why: str
    ) -> None:
        """Nobody looks at a closed concern by itself."""
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        concern = (await raise_one(school.staff, child))["id"]
        assert (await step(school.lead, concern, "triage", a_triage(deputy.id))).status_code == 200
        world.sql("update concern set state = 'closed', ended_at = now() where id = %s", concern)
        keep_clocks(world, school.id, "concern")
        if why == "in conflict":
            said = {"child_id": str(child), "reason": "My niece."}
            assert (await school.api(Role.DEPUTY_DSL).post("/v1/conflicts", said)).is_success
        elif why == "away":
            today = clock.day_of(clock.now())
            away = {"id": str(new_id()), "away_id": str(deputy.id), "valid_from": str(today),
                    "valid_to": str(today + timedelta(days=9))}  # fmt: skip
            answer = await school.api(Role.HEADTEACHER).post("/v1/cover", away)
            assert answer.is_success, answer.text
        else:
            statement, about = {
                "suspended": ("update staff set suspended_at = now() where id = %s", deputy.id),
                "without a role": (
                    "update membership set valid_to = valid_from where staff_id = %s", deputy.id
                ),
                "none": (
                    "update concern set owner_id = null, due_at = null where id = %s", concern
                ),
            }[why]  # fmt: skip
            world.sql(statement, about)
        await add_to(school, concern)
        told = world.sql(
            "select recipient_id from alert where kind = 'concern_joined' and concern_id = %s",
            concern,
        )
        assert school[Role.DSL].id in {person for (person,) in told}
        assert ((deputy.id,) in told) is (why in ("away", "none"))

    async def test_to_a_sealed_one_that_nobody_reads_rings_who_can_appoint(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        sealed = a_triage(school[Role.DSL].id, confidentiality="K5")
        assert (await step(school.lead, concern, "triage", sealed)).status_code == 200
        world.sql("update concern set state = 'closed', ended_at = now() where id = %s", concern)
        keep_clocks(world, school.id, "concern")
        world.sql("update staff set suspended_at = now() where id = %s", school[Role.DSL].id)
        await add_to(school, concern)
        told = world.sql(
            "select kind, recipient_id, concern_id from alert where school_id = %s"
            " and kind in ('concern_joined', 'nobody_to_own')", school.id,
        )  # fmt: skip
        assert told == [("nobody_to_own", school[Role.HEADTEACHER].id, None)]


class TestASealedConcern:
    async def test_is_found_by_the_head_who_owns_it(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        sealed = a_triage(school[Role.DSL].id, confidentiality="K5")
        assert (await step(school.lead, concern, "triage", sealed)).status_code == 200
        named = {"staff_id": str(school[Role.DSL].id), "reason": "It is about them."}
        answer = await school.staff.post(f"/v1/concerns/{concern}/named-staff", named)
        assert answer.status_code == 201, answer.text
        ((owner,),) = world.sql("select owner_id from concern where id = %s", concern)
        assert owner == school[Role.HEADTEACHER].id
        head = school.api(Role.HEADTEACHER)
        inbox = (await head.get("/v1/alerts")).json()["items"]
        assert [about_id(one) for one in inbox if one["kind"] == "concern_assigned"] == [concern]
        assert (await head.get(f"/v1/concerns/{concern}")).status_code == 404
        why = {"concern_id": concern, "reason": "The lead is named in it and nobody else reads it."}
        glass = await head.post("/v1/access/break-glass", why)
        assert glass.status_code == 201, glass.text
        assert (await head.get(f"/v1/concerns/{concern}")).status_code == 200
