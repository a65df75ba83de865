"""Alerts that only name a child: whoever has an interest in one of that name is kept out."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from app.core.words import Role
from tests.monitoring import INBOX, Tool, a_child_known_by, a_tool, an_alert, in_conflict, row_of
from tests.world import Api, School, World

NAMED = {"name": "Ada Zimmer"}


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


@pytest.fixture
async def deputy(school: School) -> Api:
    """Somebody with an interest in the child of that name."""
    in_conflict(school, school[Role.DEPUTY_DSL].id, await named(school))
    return school.api(Role.DEPUTY_DSL)


async def named(school: School) -> UUID:
    """A child of that name."""
    return await school.child("Ada", "Zimmer")


def told(world: World, school: School, role: Role) -> int:
    """How many alerts of monitoring somebody was told of."""
    found: int = world.sql(
        "select count(*) from alert where recipient_id = %s and kind = 'monitoring_alert'",
        school[role].id,
    )[0][0]
    return found


async def sees(api: Api, alert: str) -> list[bool]:
    """Whether somebody lists it, opens it, and has it in their day."""
    listed = (await api.get(INBOX)).json()["items"]
    day: Any = (await api.get("/v1/overview", params={"mine": False})).json()
    return [
        alert in [one["id"] for one in listed],
        (await api.get(f"{INBOX}/{alert}")).status_code == 200,
        alert in [one["id"] for one in day["monitoring"]["items"]],
    ]


class TestAnAlertThatOnlyNames:
    @pytest.mark.parametrize("name", ["Ada Zimmer", "ZIMMER, Ada (7B)", "zimmer"])
    async def test_is_hidden_from_who_has_an_interest(
        self, world: World, school: School, tool: Tool, deputy: Api, name: str
    ) -> None:
        sent = (await tool.sent(subject={"name": name}))["id"]
        assert await sees(deputy, sent) == [False, False, False]
        assert await sees(school.lead, sent) == [True, True, True]
        body = {"reason_code": "false_positive", "reason": "Nothing."}
        answer = await deputy.post(f"{INBOX}/{sent}/dismiss", body, version=1)
        assert answer.status_code == 404
        assert (told(world, school, Role.DEPUTY_DSL), told(world, school, Role.DSL)) == (0, 1)

    async def test_is_owned_by_nobody_with_an_interest(
        self, world: World, school: School, tool: Tool
    ) -> None:
        in_conflict(school, school[Role.DSL].id, await named(school))
        sent = (await tool.sent(subject=NAMED))["id"]
        assert row_of(world, sent)["owner_id"] == str(school[Role.DEPUTY_DSL].id)

    async def test_stays_hidden_when_nobody_is_said_to_be_meant(
        self, school: School, tool: Tool, deputy: Api
    ) -> None:
        sent = (await tool.sent(subject=NAMED))["id"]
        other = str(await school.child("Bea"))
        for version, child in ((1, None), (2, other), (3, None)):
            body = {"child_id": child, "reason": "A guest"}
            answer = await school.lead.post(f"{INBOX}/{sent}/match", body, version=version)
            assert answer.status_code == 200, answer.text
        assert await sees(deputy, sent) == [False, False, False]

    async def test_is_hidden_once_a_later_version_names_somebody(
        self, world: World, school: School, tool: Tool
    ) -> None:
        in_conflict(school, school[Role.DSL].id, await named(school))
        first = an_alert(source=tool.id, subject={"username": "nobody"})
        sent = (await tool.key.post("/v1/alert-intake", first)).json()["id"]
        assert row_of(world, sent)["owner_id"] == str(school[Role.DSL].id)
        await tool.key.post("/v1/alert-intake", first | {"subject": NAMED})
        assert row_of(world, sent)["owner_id"] == str(school[Role.DEPUTY_DSL].id)
        assert await sees(school.lead, sent) == [False, False, False]

    async def test_hides_the_burst_it_is_counted_with(
        self, world: World, school: School, tool: Tool, deputy: Api
    ) -> None:
        head = (await tool.sent())["id"]
        assert (await tool.sent(external_id="part"))["state"] == "collapsed"
        assert await sees(deputy, head) == [True, True, True]
        await tool.sent(external_id="part", subject=NAMED)
        assert await sees(deputy, head) == [False, False, False]

    async def test_keeps_identifiers_of_two_children_when_nobody_is_said(
        self, school: School, tool: Tool
    ) -> None:
        one = await a_child_known_by(school, "mis_id", "1", given="Ann")
        await a_child_known_by(school, "username", "b", given="Bea")
        in_conflict(school, school[Role.DEPUTY_DSL].id, one)
        sent = (await tool.sent(subject={"mis_id": "1", "username": "b"}))["id"]
        body = {"child_id": None, "reason": "A guest"}
        answer = await school.lead.post(f"{INBOX}/{sent}/match", body, version=1)
        assert answer.status_code == 200, answer.text
        assert await sees(school.api(Role.DEPUTY_DSL), sent) == [False, False, False]

    async def test_suggests_the_child_to_others(self, school: School, tool: Tool) -> None:
        child = await named(school)
        shown = await tool.open((await tool.sent(subject=NAMED))["id"])
        assert [one["id"] for one in shown["suggestions"]] == [str(child)]
        assert "candidates" not in orjson.dumps(shown).decode()
