"""The reporter hears that it is being handled, and thanks when it ends: nothing more."""

from typing import Any

import pytest

from app.core.words import Role
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.inboxes import about_id
from tests.world import Person, School, World

CLOSING = {"outcome": "explained", "reason": "All is well."}


def heard(world: World, person: Person) -> list[str]:
    """The alerts of a reporter about their own concern, oldest first."""
    rows = world.sql(
        "select kind from alert where recipient_id = %s and kind like 'concern_%%' "
        "and kind not in ('concern_raised', 'concern_assigned') order by created_at, id",
        person.id,
    )
    return [kind for (kind,) in rows]


@pytest.fixture
async def concern(school: School) -> str:
    """A concern that the teacher raised."""
    found: dict[str, Any] = await raise_one(school.staff, await school.child())
    return str(found["id"])


async def close(school: School, concern: str) -> None:
    """Triage and close."""
    body = a_triage(school[Role.DSL].id)
    assert (await step(school.lead, concern, "triage", body)).status_code == 200
    assert (await step(school.lead, concern, "close", CLOSING)).status_code == 200


class TestTheReporter:
    async def test_hears_once_that_it_is_handled_and_thanks(
        self, world: World, school: School, concern: str
    ) -> None:
        assert heard(world, school[Role.STAFF]) == []
        await step(school.lead, concern, "acknowledge")
        assert heard(world, school[Role.STAFF]) == ["concern_being_handled"]
        await close(school, concern)
        assert heard(world, school[Role.STAFF]) == ["concern_being_handled", "concern_thank_you"]
        cards = (await school.staff.get("/v1/alerts")).json()["items"]
        assert {about_id(card) for card in cards} == {concern}

    async def test_hears_it_from_triage_alone(
        self, world: World, school: School, concern: str
    ) -> None:
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        assert heard(world, school[Role.STAFF]) == ["concern_being_handled"]

    async def test_hears_thanks_when_a_second_person_signs(
        self, world: World, school: School, concern: str
    ) -> None:
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id, level=3))
        await step(school.lead, concern, "close", CLOSING)
        assert heard(world, school[Role.STAFF]) == ["concern_being_handled"]
        body = {"agree": True, "reason": "I agree."}
        head = school.api(Role.HEADTEACHER)
        assert (await step(head, concern, "countersign", body)).status_code == 200
        assert heard(world, school[Role.STAFF])[-1] == "concern_thank_you"

    async def test_hears_no_thanks_for_what_was_entered_in_error(
        self, world: World, school: School, concern: str
    ) -> None:
        await step(school.lead, concern, "withdraw", {"reason": "The wrong child."})
        second = world.as_token((await school.person(Role.DEPUTY_DSL)).token)
        body = {"agree": True, "reason": "I agree."}
        assert (await step(second, concern, "countersign", body)).status_code == 200
        assert heard(world, school[Role.STAFF]) == []

    async def test_hears_nothing_of_what_they_do_themselves(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.lead, await school.child()))["id"]
        await step(school.lead, concern, "acknowledge")
        assert heard(world, school[Role.DSL]) == []

    async def test_hears_nothing_once_they_have_left(
        self, world: World, school: School, concern: str
    ) -> None:
        world.sql(
            "update membership set valid_to = current_date where staff_id = %s",
            school[Role.STAFF].id,
        )
        await step(school.lead, concern, "acknowledge")
        assert heard(world, school[Role.STAFF]) == []

    async def test_hears_nothing_while_in_conflict(self, world: World, school: School) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        body = {"child_id": str(child), "reason": "My nephew."}
        assert (await school.staff.post("/v1/conflicts", body)).status_code == 201
        await step(school.lead, concern, "acknowledge")
        assert heard(world, school[Role.STAFF]) == []
