"""A referral was declined: whoever has the pupil's plan is asked, at once, to look at it again."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from tests.api.pathways import a_pathway
from tests.api.planning import in_use
from tests.api.planning import step as plan_step
from tests.api.records import a_concern
from tests.api.referring import a_body, a_key, a_sent, an_agency, now, step
from tests.api.sharing.test_shared_referrals import behind_link
from tests.check_ins import a_plan
from tests.world import School, World

KIND = "sh_declined"
READ = {"read_with_pupil": True, "still_right": True}


def asked(world: World, child: UUID | str) -> list[Any]:
    """Whom the look at a child's plan is asked of, and what else is said with it."""
    return world.sql(
        "select owner_id, facts, about_noun, due_rule, set_by, confidentiality from task"
        " where child_id = %s and kind = %s and ended_at is null", child, KIND,
    )  # fmt: skip


async def sent_about(school: School, child: UUID, **fields: Any) -> str:
    """A referral about a child that was sent."""
    agency = await an_agency(school)
    concern = fields.pop("concern_id", None) or await a_concern(school, child)
    body = await a_body(
        school, agency, child_id=str(child), concern_id=concern,
        items=[{"kind": "concern", "id": concern}], **fields,
    )  # fmt: skip
    return await a_sent(school, body)


async def decided(school: School, referral: str, outcome: str) -> None:
    """The school writes down what the agency decided."""
    said = {"outcome": outcome, "at": now(), "returned_by": "Sam Field", "reason": "zqwordsqz"}
    answer = await step(school.lead, referral, "outcome", said)
    assert answer.status_code == 200, answer.text


class TestDeclined:
    @pytest.mark.parametrize("outcome", ["declined", "no_further_action", "threshold_not_met"])
    async def test_asks_the_lead_of_the_plan_the_same_day(
        self, world: World, school: School, outcome: str
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        await in_use(school, child, lead_id=str(deputy.id))
        await decided(school, await sent_about(school, child), outcome)
        [(owner, facts, about, rule, by, level)] = asked(world, child)
        assert (owner, about, rule, level) == (deputy.id, "referral", "sh.declined", "K3")
        assert facts == {"outcome_class": "declined"}
        assert by == school[Role.DSL].id
        told = world.sql(
            "select count(*) from alert where recipient_id = %s and kind = 'task_set'"
            " and thing_id = (select id from task where child_id = %s and kind = %s)",
            deputy.id, child, KIND,
        )  # fmt: skip
        assert told == [(1,)]
        [(soon,)] = world.sql(
            "select due_at <= set_at + interval '1 day' from task where child_id = %s"
            " and kind = %s", child, KIND,
        )  # fmt: skip
        assert soon

    async def test_asks_whoever_has_the_pathway_where_there_is_no_plan(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_pathway(world, school, child)
        await decided(school, await sent_about(school, child, concern_id=concern), "declined")
        [(owner, *_)] = asked(world, child)
        of = world.sql("select owner_id from concern where id = %s", concern)
        assert of == [(owner,)]

    async def test_asks_who_agreed_a_support_plan(self, world: World, school: School) -> None:
        child = await school.child()
        await a_plan(school, child)
        await decided(school, await sent_about(school, child), "declined")
        assert [row[0] for row in asked(world, child)] == [school[Role.DSL].id]

    async def test_asks_nobody_where_nothing_rests_on_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await decided(school, await sent_about(school, child), "declined")
        assert asked(world, child) == []

    @pytest.mark.parametrize("outcome", ["accepted", "assessment_required", "early_help_referral"])
    async def test_asks_nobody_where_help_comes(
        self, world: World, school: School, outcome: str
    ) -> None:
        child = await school.child()
        await in_use(school, child)
        await decided(school, await sent_about(school, child), outcome)
        assert asked(world, child) == []

    async def test_asks_once_and_anew_once_it_was_done(self, world: World, school: School) -> None:
        child = await school.child()
        plan = await in_use(school, child)
        referral = await sent_about(school, child)
        await decided(school, referral, "declined")
        await decided(school, referral, "no_further_action")
        assert len(asked(world, child)) == 1
        read = await plan_step(school.lead, plan, "review", READ)
        assert read.status_code == 200, read.text
        assert asked(world, child) == []
        await decided(school, referral, "threshold_not_met")
        assert len(asked(world, child)) == 1

    async def test_is_done_by_saying_so(self, world: World, school: School) -> None:
        child = await school.child()
        await in_use(school, child)
        await decided(school, await sent_about(school, child), "declined")
        [card] = (await school.lead.get(f"/v1/tasks?kind={KIND}&child_id={child}")).json()["items"]
        assert card["ends_by"] is None
        done = await school.lead.post(f"/v1/tasks/{card['id']}/complete", {}, version=1)
        assert done.status_code == 200, done.text
        assert asked(world, child) == []

    async def test_by_the_agencys_own_system(self, world: World, school: School) -> None:
        child = await school.child()
        await in_use(school, child)
        agency = await an_agency(school)
        concern = await a_concern(school, child)
        body = await a_body(
            school, agency, child_id=str(child), concern_id=concern,
            items=[{"kind": "concern", "id": concern}],
        )  # fmt: skip
        referral = await a_sent(school, body)
        key = await a_key(world, school, agency)
        said = {"outcome": "declined", "by": "Sam Field"}
        answer = await key.post(f"/v1/agency/referrals/{referral}/outcome", said)
        assert answer.status_code == 200, answer.text
        [(owner, _, _, _, by, _)] = asked(world, child)
        assert (owner, by) == (school[Role.DSL].id, None)

    async def test_by_the_agency_behind_its_link(self, world: World, school: School) -> None:
        child = await school.child()
        await in_use(school, child)
        agency = await behind_link(world, school, await sent_about(school, child))
        said = {"outcome": "no_further_action", "by": "Sam Field"}
        answer = await agency.post("outcome", said)
        assert answer.is_success, answer.text
        [(owner, _, _, _, by, _)] = asked(world, child)
        assert (owner, by) == (school[Role.DSL].id, None)

    async def test_is_nothing_for_whom_the_concern_names(
        self, world: World, school: School
    ) -> None:
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        await in_use(school, child, lead_id=str(deputy.id))
        concern = await a_concern(school, child, staff_named=[str(deputy.id)])
        await decided(school, await sent_about(school, child, concern_id=concern), "declined")
        [(owner, *_)] = asked(world, child)
        assert owner != deputy.id
