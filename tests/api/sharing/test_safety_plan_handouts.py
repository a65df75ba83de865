"""Copies of a safety plan and its card go home by the rule that guards telling home."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.planning import in_use, step
from tests.api.records import a_concern, a_contact
from tests.api.sharing.test_parents_guards import advised, missing
from tests.world import School, World

GUARDED = {"categories": ["physical_abuse"], "alleged_source_of_harm": "parent_carer"}


async def planned(world: World, school: School, **concern: Any) -> tuple[UUID, str, str]:
    """A child with a mother, a concern and a plan in use."""
    child = await school.child()
    await a_contact(world, school, child, email="kim@example.org")
    found = await a_concern(school, child, **concern)
    return child, found, await in_use(school, child)


def a_copy(kind: str = "family", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "copy_kind": "paper", **fields}


class TestCopies:
    @pytest.mark.parametrize(
        "given",
        [
            a_copy(), a_copy(person="Mum"), a_copy("other"), a_copy("helper"),
            a_copy("health", person="Kim Marsh"), a_copy("helper", person="kim@example.org"),
        ],
    )  # fmt: skip
    async def test_for_home_wait_for_advice(
        self, world: World, school: School, given: dict[str, Any]
    ) -> None:
        _, _, plan = await planned(world, school, **GUARDED)
        refused = await step(school.lead, plan, "holders", given)
        assert refused.status_code == 409, refused.text
        assert missing(refused.json()) >= {"advice_first", "second_person"}
        assert (await school.lead.get(f"/v1/safety-plans/{plan}")).json()["holders"] == []

    async def test_for_home_go_as_a_share_where_two_have_to_sign(
        self, world: World, school: School
    ) -> None:
        _, concern, plan = await planned(world, school, **GUARDED)
        await advised(school, concern)
        refused = await step(school.lead, plan, "holders", a_copy())
        assert "second_person" in missing(refused.json())

    async def test_for_home_go_where_nothing_guards_it(self, world: World, school: School) -> None:
        _, _, plan = await planned(world, school)
        answer = await step(school.lead, plan, "holders", a_copy(person="Kim Marsh"))
        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize("kind", ["pupil", "staff", "health"])
    async def test_for_others_go(self, world: World, school: School, kind: str) -> None:
        _, _, plan = await planned(world, school, **GUARDED)
        assert (await step(school.lead, plan, "holders", a_copy(kind))).status_code == 200

    @pytest.mark.parametrize("kind", ["health", "other"])
    async def test_are_not_for_who_may_not_be_told(
        self, world: World, school: School, kind: str
    ) -> None:
        child, _, plan = await planned(world, school)
        await a_contact(
            world, school, child, kind="father", name="Lee Marsh", may_be_told=False,
            may_be_told_reason="The court says so.",
        )  # fmt: skip
        refused = await step(school.lead, plan, "holders", a_copy(kind, person="Lee Marsh"))
        assert refused.status_code == 422
        assert [one["code"] for one in refused.json()["errors"]] == ["barred_address"]

    async def test_that_somebody_has_are_kept_and_leads_hear_of_it(
        self, world: World, school: School
    ) -> None:
        child, _, plan = await planned(world, school, **GUARDED)
        kept = await step(school.lead, plan, "holders", a_copy(already_given=True))
        assert kept.status_code == 200, kept.text
        told = "select count(*) from alert where kind = 'telling_changed' and thing_id = %s"
        assert world.sql(told, child)[0][0] > 0
        trail = (
            "select details->'though_guarded' from trail "
            "where school_id = %s and verb = 'plan.copy_given'"
        )
        assert any("harm_at_home" in one for one in world.sql(trail, school.id)[0][0])

    @pytest.mark.parametrize(("says", "status"), [(None, 409), (False, 409), (True, 200)])
    async def test_hear_what_the_pupil_asked(
        self, world: World, school: School, says: bool | None, status: int
    ) -> None:
        child, _, plan = await planned(world, school)
        body = {"kind": "safety_check", "who_must_not_know": {"value": [{"who": "Mum"}]}}
        assert (await school.lead.post(f"/v1/children/{child}/records", body)).status_code == 201
        asked: dict[str, Any] = {} if says is None else {"consent_by_pupil": {"value": says}}
        answer = await step(school.lead, plan, "holders", a_copy(**asked))
        assert answer.status_code == status, answer.text


class TestCards:
    @pytest.mark.parametrize("form", ["card.json", "card.pdf"])
    async def test_for_home_wait_for_advice(self, world: World, school: School, form: str) -> None:
        _, _, plan = await planned(world, school, **GUARDED)
        card = f"/v1/safety-plans/{plan}/{form}"
        refused = await school.lead.get(f"{card}?copy_for=other")
        assert refused.status_code == 409, refused.text
        assert "advice_first" in missing(refused.json())
        for others in ("pupil", "professional"):
            assert (await school.lead.get(f"{card}?copy_for={others}")).status_code == 200

    async def test_name_a_friend_in_the_pupils_copy_alone(
        self, world: World, school: School
    ) -> None:
        _, _, plan = await planned(world, school)
        for reader in ("professional", "other"):
            card = f"/v1/safety-plans/{plan}/card.json?copy_for={reader}"
            assert "Ellie" not in (await school.lead.get(card)).text
