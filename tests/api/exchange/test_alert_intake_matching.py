"""Which child an alert is about, and who must not see that."""

import pytest

from app.core.words import Role
from tests.monitoring import (
    INBOX,
    INTAKE,
    UPN,
    Tool,
    a_child_known_by,
    a_tool,
    an_alert,
    in_conflict,
    row_of,
)
from tests.world import School, World


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


class TestMatching:
    @pytest.mark.parametrize(
        ("system", "value", "subject", "confidence"),
        [
            ("upn", UPN, {"upn": f" {UPN.lower()} ", "username": "x"}, "exact"),
            ("mis_id", "4711", {"mis_id": " 4711 "}, "exact"),
            ("oneroster", "s-9", {"mis_id": "s-9"}, "exact"),
            ("email", "A.Marsh@school.example", {"email": "a.marsh@SCHOOL.example"}, "strong"),
            ("username", "a.marsh", {"username": "A.MARSH"}, "strong"),
        ],
    )
    async def test_says_how_sure_it_is(
        self, world: World, school: School, tool: Tool,
        system: str, value: str, subject: dict[str, str], confidence: str,
    ) -> None:  # fmt: skip
        child = await a_child_known_by(school, system, value)
        told = await tool.sent(subject=subject)
        assert told["matched"] is True
        shown = await tool.open(told["id"])
        assert (shown["child"]["id"], shown["confidence"]) == (str(child), confidence)
        assert shown["matches"][0]["system"] == system

    async def test_decides_nothing_between_two_children(self, school: School, tool: Tool) -> None:
        one = await a_child_known_by(school, "mis_id", "1", given="Ann")
        two = await a_child_known_by(school, "username", "b", given="Bea")
        told = await tool.sent(subject={"mis_id": "1", "username": "b"})
        assert told["matched"] is False
        shown = await tool.open(told["id"])
        assert shown["confidence"] == "none"
        assert {child["id"] for child in shown["suggestions"]} == {str(one), str(two)}

    async def test_takes_a_name_for_a_thought_only(self, school: School, tool: Tool) -> None:
        child = await school.child("Zoe", "Quill")
        told = await tool.sent(subject={"name": "Quill, Zoë"})
        assert told["matched"] is False
        shown = await tool.open(told["id"])
        assert [(one["id"], one["reason_code"]) for one in shown["suggestions"]] == [
            (str(child), "name")
        ]

    async def test_never_matches_what_was_anothers_before(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await a_child_known_by(school, "username", "old.name")
        world.sql("update child_identifier set valid_to = current_date where child_id = %s", child)
        told = await tool.sent(subject={"username": "old.name"})
        shown = await tool.open(told["id"])
        assert (told["matched"], shown["confidence"]) == (False, "weak")
        assert [one["reason_code"] for one in shown["suggestions"]] == ["identifier"]

    async def test_looks_at_what_the_school_trusts_alone(
        self, world: World, school: School
    ) -> None:
        await a_child_known_by(school, "username", "a.marsh")
        tool = await a_tool(world, school, identifiers=["upn"])
        assert (await tool.sent())["matched"] is False

    async def test_never_reaches_into_another_school(
        self, tool: Tool, other_school: School
    ) -> None:
        await a_child_known_by(other_school, "mis_id", "4711")
        assert (await tool.sent(subject={"mis_id": "4711"}))["matched"] is False


class TestConflicts:
    async def test_move_it_when_it_is_said_later_whom_it_is_about(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await a_child_known_by(school, "mis_id", "4711")
        in_conflict(school, school[Role.DSL].id, child)
        body = an_alert(source=tool.id, subject={"name": "Alex"})
        first = (await tool.key.post(INTAKE, body)).json()
        await tool.key.post(INTAKE, body | {"subject": {"mis_id": "4711"}})
        assert row_of(world, first["id"])["owner_id"] == str(school[Role.DEPUTY_DSL].id)

    async def test_give_it_to_the_next_lead_and_hide_it(
        self, world: World, school: School, tool: Tool
    ) -> None:
        child = await a_child_known_by(school, "username", "a.marsh")
        in_conflict(school, school[Role.DSL].id, child)
        told = await tool.sent(severity="critical")
        assert row_of(world, told["id"])["owner_id"] == str(school[Role.DEPUTY_DSL].id)
        told_to = world.sql(
            "select distinct recipient_id from alert where school_id = %s", school.id
        )
        assert told_to == [(school[Role.DEPUTY_DSL].id,)]
        assert (await school.lead.get(f"{INBOX}/{told['id']}")).status_code == 404
        assert (await school.lead.get(INBOX)).json()["items"] == []
        assert len((await school.api(Role.DEPUTY_DSL).get(INBOX)).json()["items"]) == 1

    @pytest.mark.parametrize("decided", [True, False])
    async def test_move_it_when_they_are_declared(
        self, world: World, school: School, tool: Tool, decided: bool
    ) -> None:
        """Also where it is one of two children that it may be about."""
        child = await a_child_known_by(school, "mis_id", "1", given="Ann")
        await a_child_known_by(school, "username", "b", given="Bea")
        subject = {"mis_id": "1"} if decided else {"mis_id": "1", "username": "b"}
        told = await tool.sent(subject=subject)
        assert row_of(world, told["id"])["owner_id"] == str(school[Role.DSL].id)
        body = {"child_id": str(child), "reason": "My niece"}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        assert row_of(world, told["id"])["owner_id"] == str(school[Role.DEPUTY_DSL].id)
