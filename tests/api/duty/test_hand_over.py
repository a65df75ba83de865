"""Handing over a leaver's whole load in one step."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core import clock
from app.core.words import Role
from app.domain.common.owners import queries
from app.domain.duty.hand_over import commands
from tests.owners import OF_LEADS, Plot, a_plot, orphans_of
from tests.world import Api, Person, School, World

REASON = "Leaves at Christmas."


async def ask(api: Api, staff: UUID, to: UUID | None = None, **fields: Any) -> httpx.Response:
    """Hand over what a person owns."""
    body = {"reason": REASON, **fields} | ({"to": str(to)} if to else {})
    return await api.post(f"/v1/staff/{staff}/hand-over", body)


def owned(plot: Plot, person: Person) -> set[str]:
    """The nouns of which a person owns what was planted."""
    return {noun for noun in plot.ids if plot.owner_of(noun) == person.id}


class TestHandOverWork:
    async def test_moves_the_whole_load(self, world: World, school: School) -> None:
        leaver, new = await school.person(Role.DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, *OF_LEADS)
        answer = await ask(school.lead, leaver.id, new.id)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["moved"], found["problems"]) == (True, [])
        assert found["counts"] == dict.fromkeys(OF_LEADS, 1)
        assert {(one["kind"], one["id"]) for one in found["items"]} == {
            (noun, str(id_)) for noun, id_ in plot.ids.items()
        }
        assert owned(plot, new) == set(OF_LEADS)
        assert await orphans_of(world, school) == []

    async def test_records_each_thing_and_the_whole(self, world: World, school: School) -> None:
        leaver, new = await school.person(Role.DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, *OF_LEADS)
        await ask(school.lead, leaver.id, new.id)
        for noun, id_ in plot.ids.items():
            reason, details = world.sql(
                "select reason, details from trail where noun_id = %s", id_
            )[0]
            assert (reason, details["because"]) == (REASON, "handed_over"), noun
        whole = world.sql(
            "select verb, details->>'open_concerns' from trail where noun_id = %s", leaver.id
        )
        assert ("work.handed_over", "1") in whole
        steps = world.sql(
            "select verb, reason from concern_event where concern_id = %s", plot.ids["concern"]
        )
        assert steps == [("assigned", REASON)]

    async def test_tells_the_receiver_of_much_in_one_alert(
        self, world: World, school: School
    ) -> None:
        leaver, new = await school.person(Role.DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver)
        for _ in range(12):
            plot.plant("concern", leaver.id)
        await ask(school.lead, leaver.id, new.id)
        alerts = world.sql("select kind, counts from alert where recipient_id = %s", new.id)
        assert alerts == [("work_handed_over", {"open_concerns": 12})]

    async def test_says_what_would_come_of_it(self, world: World, school: School) -> None:
        leaver = await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, *OF_LEADS)
        answer = await ask(school.lead, leaver.id, school[Role.DSL].id, dry_run=True)
        found = answer.json()
        assert (found["moved"], len(found["items"])) == (False, len(OF_LEADS))
        assert owned(plot, leaver) == set(OF_LEADS)

    async def test_moves_nothing_where_something_stands_in_the_way(
        self, world: World, school: School
    ) -> None:
        leaver, deputy = await school.person(Role.DSL), school[Role.DEPUTY_DSL]
        plot = await a_plot(world, school, leaver, "concern", "break_glass")
        found = (await ask(school.lead, leaver.id, deputy.id)).json()
        assert not found["moved"]
        assert [(one["kind"], one["reason_code"]) for one in found["problems"]] == [
            ("break_glass", "may_not")
        ]
        assert owned(plot, leaver) == {"concern", "break_glass"}
        found = (await ask(school.lead, leaver.id, deputy.id, partial=True)).json()
        assert found["moved"]
        assert (owned(plot, leaver), owned(plot, deputy)) == ({"break_glass"}, {"concern"})

    async def test_can_go_to_several(self, world: World, school: School) -> None:
        leaver, deputy = await school.person(Role.DSL), school[Role.DEPUTY_DSL]
        plot = await a_plot(world, school, leaver, "concern", "share", "drill")
        named = {"concern": str(deputy.id), "share": str(school[Role.DSL].id)}
        found = (await ask(school.lead, leaver.id, to_by_kind=named, partial=True)).json()
        assert [(one["kind"], one["reason_code"], one["to"]) for one in found["problems"]] == [
            ("drill", "no_receiver", None)
        ]
        assert owned(plot, deputy) == {"concern"}
        assert owned(plot, school[Role.DSL]) == {"share"}

    async def test_refuses_receivers_in_conflict_or_gone(
        self, world: World, school: School
    ) -> None:
        leaver, new = await school.person(Role.DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, *OF_LEADS)
        body = {"staff_id": str(new.id), "child_id": str(plot.child), "reason": "Neighbours."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        found = (await ask(school.lead, leaver.id, new.id)).json()
        reasons = {one["kind"]: one["reason_code"] for one in found["problems"]}
        about_child = set(OF_LEADS) - {"role_proposal", "drill", "webhook"}
        assert reasons == dict.fromkeys(about_child, "conflict")
        world.sql("update staff set suspended_at = now() where id = %s", new.id)
        found = (await ask(school.lead, leaver.id, new.id)).json()
        assert {one["reason_code"] for one in found["problems"]} == {"gone"}

    async def test_hides_what_the_actor_is_locked_out_from(
        self, world: World, school: School
    ) -> None:
        leaver, head = await school.person(Role.DSL), school[Role.HEADTEACHER]
        plot = await a_plot(world, school, leaver, "concern", "review", "drill")
        body = {"staff_id": str(head.id), "child_id": str(plot.child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        deputy = school[Role.DEPUTY_DSL].id
        answer = await ask(school.api(Role.HEADTEACHER), leaver.id, deputy)
        assert [one["kind"] for one in answer.json()["items"]] == ["drill"]
        assert str(plot.ids["concern"]) not in answer.text
        assert owned(plot, leaver) == {"concern", "review"}, "who can go on with it"

    async def test_lets_what_is_hidden_go_by_the_rules_when_its_owner_is_gone(
        self, world: World, school: School
    ) -> None:
        leaver, head = await school.person(Role.DSL), school[Role.HEADTEACHER]
        plot = await a_plot(world, school, leaver, "concern", "review", "drill")
        body = {"staff_id": str(head.id), "child_id": str(plot.child), "reason": "Family."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        world.sql("update staff set suspended_at = now() where id = %s", leaver.id)
        await ask(school.api(Role.HEADTEACHER), leaver.id, school[Role.DEPUTY_DSL].id)
        lead = school[Role.DSL]
        assert owned(plot, lead) == {"concern", "review"}, "by the rules, and not by choice"

    async def test_neither_names_nor_moves_what_a_role_does_not_read(
        self, world: World, school: School
    ) -> None:
        """A role of the school's own that hands over and reads no class."""
        await school.role("movers", "work:hand_over", "school:read")
        mover = await school.holder("movers")
        leaver = await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, *OF_LEADS)
        api = Api(world, mover.token)
        for dry_run in (True, False):
            answer = await ask(api, leaver.id, school[Role.DSL].id, dry_run=dry_run)
            assert answer.status_code == 200, answer.text
            assert (answer.json()["items"], answer.json()["problems"]) == ([], [])
        assert owned(plot, leaver) == set(OF_LEADS)

    async def test_answers_what_was_moved_and_not_what_was_meant(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody assigns the concern after it was looked at and before it is locked."""
        leaver, other = await school.person(Role.DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, "concern", "drill")
        looked = queries.owned_by

        async def look_late(*given: Any) -> Any:
            things = await looked(*given)
            world.sql(
                "update concern set owner_id = %s where id = %s", other.id, plot.ids["concern"]
            )
            return things

        monkeypatch.setattr(commands, "owned_by", look_late)
        found = (await ask(school.lead, leaver.id, school[Role.DSL].id)).json()
        assert [one["kind"] for one in found["items"]] == ["drill"]
        assert found["counts"] == {"drill": 1}
        assert plot.owner_of("concern") == other.id

    async def test_hides_what_is_sealed(self, world: World, school: School) -> None:
        leaver = await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, "concern", "action", "share")
        concern = plot.ids["concern"]
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        item = f'[{{"kind": "concern", "id": "{concern}"}}]'
        world.sql("update share set items = %s where id = %s", item, plot.ids["share"])
        answer = await ask(school.api(Role.HEADTEACHER), leaver.id, school[Role.DSL].id)
        assert (answer.json()["items"], answer.json()["counts"]) == ([], {})
        assert owned(plot, leaver) == {"concern", "action", "share"}, "who reads it and is here"

    async def test_leaves_the_adult_register_to_its_readers(
        self, world: World, school: School
    ) -> None:
        leaver, other = await school.person(Role.HEADTEACHER), school[Role.HEADTEACHER]
        plot = await a_plot(world, school, leaver, "adult_concern", "drill")
        answer = await ask(school.lead, leaver.id, school[Role.DSL].id, dry_run=True)
        assert [one["kind"] for one in answer.json()["items"]] == ["drill"]
        api = school.api(Role.HEADTEACHER)
        found = (await ask(api, leaver.id, school[Role.DEPUTY_DSL].id, dry_run=True)).json()
        assert ("adult_concern", "may_not") in {
            (one["kind"], one["reason_code"]) for one in found["problems"]
        }
        assert (await ask(api, leaver.id, other.id)).json()["moved"]
        assert plot.owner_of("adult_concern") == other.id
        in_trail = "select count(*) from trail where noun_id = %s"
        assert world.sql(in_trail, plot.ids["adult_concern"]) == [(0,)]

    async def test_needs_somebody_who_is_not_the_leaver(self, school: School) -> None:
        leaver = school[Role.DEPUTY_DSL].id
        own = await ask(school.lead, leaver, leaver)
        assert own.json()["errors"][0]["pointer"] == "/to"
        assert (await ask(school.lead, leaver)).status_code == 422

    async def test_is_for_leads_and_heads_with_a_recent_proof(
        self, world: World, school: School, other_school: School
    ) -> None:
        leaver, to = school[Role.DEPUTY_DSL].id, school[Role.DSL].id
        for role in (Role.STAFF, Role.PASTORAL, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN):
            assert (await ask(school.api(role), leaver, to)).status_code == 403, role
        assert (await ask(other_school.lead, leaver, to)).status_code == 404
        world.sql(
            "update auth_session set auth_time = auth_time - interval '1 hour' where id = %s",
            school[Role.DSL].session_id,
        )
        assert (await ask(school.lead, leaver, to)).json()["code"] == "step_up_needed"

    async def test_moves_once_when_two_ask_at_once(self, world: World, school: School) -> None:
        leaver = await school.person(Role.DSL)
        first, second = await school.person(Role.DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver, "concern", "action", "share")
        await asyncio.gather(
            ask(school.lead, leaver.id, first.id),
            ask(school.api(Role.HEADTEACHER), leaver.id, second.id),
        )
        assert len({plot.owner_of(noun) for noun in plot.ids}) == 1, "all to one of the two"
        for noun in plot.ids:
            told = world.sql("select count(*) from trail where noun_id = %s", plot.ids[noun])
            assert told == [(1,)], noun

    async def test_moves_many_things_in_one_breath(self, world: World, school: School) -> None:
        leaver = await school.person(Role.DSL)
        plot = await a_plot(world, school, leaver)
        for _ in range(60):
            plot.plant("concern", leaver.id)
        before = clock.now()
        found = (await ask(school.lead, leaver.id, school[Role.DSL].id)).json()
        assert found["counts"] == {"concern": 60}
        assert (clock.now() - before).total_seconds() < 5
