"""Nobody quietens a monitoring tool unseen: every lead is told."""

from typing import Any

import pytest

from app.core.words import Permission, Role
from tests.monitoring import SOURCES, Tool, a_tool, row_of
from tests.world import Api, School, World


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


@pytest.fixture
def admin(school: School) -> Api:
    """The API as the school's administrator."""
    return school.api(Role.SCHOOL_ADMIN)


def alerts_of(world: World, school: School) -> list[Any]:
    """To whom alerts went that a tool is heard otherwise."""
    return world.sql(
        "select recipient_id from alert where kind = 'intake_changed' and school_id = %s",
        school.id,
    )  # fmt: skip


def told(world: World, school: School) -> set[Role]:
    """Who was told that a tool is heard otherwise."""
    people = [person for (person,) in alerts_of(world, school)]
    return {role for role, one in school.people.items() if one.id in people}


class TestQuieteningATool:
    @pytest.mark.parametrize(
        "change",
        [
            {"severities": {"Danger": "low"}},
            {"categories": {"Games": "bullying"}},
            {"identifiers": ["username", "upn"]},
        ],
    )
    async def test_tells_the_leads_of_a_change(
        self, world: World, school: School, admin: Api, tool: Tool, change: dict[str, Any]
    ) -> None:
        answer = await admin.patch(f"{SOURCES}/{tool.id}", change, version=1)
        assert answer.status_code == 200, answer.text
        assert told(world, school) == {Role.DSL, Role.DEPUTY_DSL}

    async def test_tells_the_leads_that_another_key_alone_may_send(
        self, world: World, school: School, admin: Api, tool: Tool
    ) -> None:
        """What the tool sends with its own key is refused from then on."""
        key_id, _ = await world.a_service_key(school.id, Permission.ALERT_INTAKE)
        body = {"service_key_id": str(key_id)}
        answer = await admin.patch(f"{SOURCES}/{tool.id}", body, version=1)
        assert answer.status_code == 200, answer.text
        assert told(world, school) == {Role.DSL, Role.DEPUTY_DSL}

    async def test_tells_nobody_of_a_change_that_quietens_nothing(
        self, world: World, school: School, admin: Api, tool: Tool
    ) -> None:
        change = {"name": "Another name", "identifiers": ["upn", "mis_id", "email", "username"]}
        assert (await admin.patch(f"{SOURCES}/{tool.id}", change, version=1)).status_code == 200
        assert told(world, school) == set()

    async def test_tells_every_other_lead_when_a_lead_ends_it(
        self, world: World, school: School, tool: Tool
    ) -> None:
        for _ in range(2):
            assert (
                await school.lead.post(f"{SOURCES}/{tool.id}/end", version=1)
            ).status_code == 200
        assert told(world, school) == {Role.DEPUTY_DSL}
        assert len(alerts_of(world, school)) == 1

    async def test_tells_the_leads_of_a_new_tool_that_is_quiet(
        self, world: World, school: School, admin: Api
    ) -> None:
        body = {"name": "One", "kind": "filter", "severities": {"Danger": "critical"}}
        assert (await admin.post(SOURCES, body)).status_code == 201
        assert told(world, school) == set()
        body = {"name": "Two", "kind": "filter", "severities": {"Danger": "medium"}}
        assert (await admin.post(SOURCES, body)).status_code == 201
        assert told(world, school) == {Role.DSL, Role.DEPUTY_DSL}

    async def test_lowers_nothing_that_is_said_in_our_words(
        self, world: World, admin: Api, tool: Tool
    ) -> None:
        quiet = {"severities": {"danger": "low", "critical": "low"}}
        assert (await admin.patch(f"{SOURCES}/{tool.id}", quiet, version=1)).status_code == 200
        sent = await tool.sent(severity="critical", source_severity="Danger")
        assert row_of(world, sent["id"])["severity"] == "critical"
