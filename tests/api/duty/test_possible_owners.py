"""Who a thing can be given to: those whom assigning accepts, for those who may give it."""

from typing import Any, get_args
from uuid import UUID

import pytest

from app.core.words import Role
from app.domain import kinds
from app.domain.duty.possible_owners.schemas import OwnedKind
from app.domain.owning import owning
from app.domain.policy import BUILT_IN
from tests.api.duty.test_cover_staff_away import record_absence
from tests.api.record.test_concern_questions import CLOSING
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.api.records import classify
from tests.world import Api, School, World


async def possible(api: Api, **asked: Any) -> list[dict[str, Any]]:
    """Who could own it, for this reader."""
    answer = await api.get("/v1/possible-owners", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def ids(items: list[dict[str, Any]]) -> set[str]:
    return {one["id"] for one in items}


async def triaged(school: School, child: UUID | None = None) -> str:
    """A concern that the lead works on."""
    concern: str = (await raise_one(school.staff, child or await school.child()))["id"]
    await step(school.lead, concern, "acknowledge")
    await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, 2))
    return concern


class TestOfAConcern:
    @pytest.mark.parametrize("confidentiality", ["K3", "K4"])
    async def test_are_those_whom_assigning_accepts(
        self, world: World, school: School, confidentiality: str
    ) -> None:
        concern = await triaged(school)
        await classify(world, concern, confidentiality)
        listed = ids(await possible(school.lead, about_kind="concern", about_id=concern))
        accepted = set()
        for person in school.people.values():
            body = {"owner_id": str(person.id), "reason": "They know the family."}
            answer = await step(school.lead, concern, "assign", body)
            assert answer.status_code in (200, 422), answer.text
            if answer.status_code == 200:
                accepted.add(str(person.id))
        assert listed == accepted
        assert str(school[Role.STAFF].id) not in listed

    async def test_leads_come_first_and_whose_it_is_is_said(self, school: School) -> None:
        items = await possible(school.lead, about_kind="concern", about_id=await triaged(school))
        assert [one["roles"] for one in items[:2]] == [["dsl"], ["deputy_dsl"]]
        assert [one["owns_it"] for one in items[:2]] == [True, False]

    async def test_nobody_with_a_conflict_of_interest(self, school: School) -> None:
        child = await school.child()
        concern = await triaged(school, child)
        deputy = school[Role.DEPUTY_DSL]
        before = ids(await possible(school.lead, about_kind="concern", about_id=concern))
        body = {"staff_id": str(deputy.id), "child_id": str(child), "reason": "An aunt."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        after = ids(await possible(school.lead, about_kind="concern", about_id=concern))
        assert before - after == {str(deputy.id)}
        new = ids(await possible(school.lead, about_kind="review", child_id=child))
        assert str(deputy.id) not in new
        assert new

    async def test_nobody_who_has_left_and_those_who_are_away_come_last(
        self, world: World, school: School
    ) -> None:
        concern = await triaged(school)
        head, deputy = school[Role.HEADTEACHER], school[Role.DEPUTY_DSL]
        world.sql("update staff set suspended_at = now() where id = %s", head.id)
        await record_absence(school, Role.DEPUTY_DSL)
        items = await possible(school.lead, about_kind="concern", about_id=concern)
        assert str(head.id) not in ids(items)
        assert (items[-1]["id"], items[-1]["away"]) == (str(deputy.id), True)

    async def test_nobody_once_it_has_ended(self, school: School) -> None:
        concern = await triaged(school)
        assert (await step(school.lead, concern, "close", CLOSING)).status_code == 200
        assert await possible(school.lead, about_kind="concern", about_id=concern) == []


class TestOfSomethingNew:
    async def test_an_action_can_be_anybodys(self, school: School) -> None:
        concern = await triaged(school)
        items = await possible(school.lead, about_kind="action", concern_id=concern)
        assert str(school[Role.STAFF].id) in ids(items)


class TestEveryKind:
    @pytest.mark.parametrize("kind", sorted(one.name for one in kinds.owned_kinds()))
    async def test_is_answered_with_those_whose_role_may_own_it(
        self, school: School, other_school: School, kind: str
    ) -> None:
        child = await school.child()
        items = await possible(school.lead, about_kind=kind, child_id=child)
        may = owning()[kind].may
        roles = {
            role.value for role in BUILT_IN
            if any(may(BUILT_IN[role], of) for of in owning()[kind].classes)
        }  # fmt: skip
        assert {one["roles"][0] for one in items} <= roles
        assert ids(items) <= {str(person.id) for person in school.people.values()}
        assert items, "somebody can own it"
        answer = await other_school.lead.get(
            "/v1/possible-owners", params={"about_kind": kind, "child_id": child}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "work_not_found")


class TestListed:
    def test_are_all_kinds_that_somebody_owns(self) -> None:
        assert set(get_args(OwnedKind)) == {one.name for one in kinds.owned_kinds()}


class TestHidden:
    async def test_what_the_reader_may_not_open(
        self, world: World, school: School, other_school: School
    ) -> None:
        concern = await triaged(school)
        for api, status in ((other_school.lead, 404), (school.staff, 403)):
            for asked in ({"about_id": concern}, {"concern_id": concern}):
                answer = await api.get(
                    "/v1/possible-owners", params={"about_kind": "concern", **asked}
                )
                assert answer.status_code == status, answer.text
        await classify(world, concern, "K5")
        head = school.api(Role.HEADTEACHER)
        answer = await head.get(
            "/v1/possible-owners", params={"about_kind": "concern", "about_id": concern}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "work_not_found")

    @pytest.mark.parametrize(
        "asked",
        [
            {"about_kind": "concern"},
            {"about_kind": "child", "about_id": "{child}"},
            {"about_kind": "adult_concern", "about_id": "{child}"},
            {"about_kind": "action", "about_id": "{child}", "child_id": "{child}"},
        ],
    )
    async def test_what_cannot_be_asked(self, school: School, asked: dict[str, str]) -> None:
        child = str(await school.child())
        params = {name: value.format(child=child) for name, value in asked.items()}
        answer = await school.lead.get("/v1/possible-owners", params=params)
        assert answer.status_code == 422, answer.text
