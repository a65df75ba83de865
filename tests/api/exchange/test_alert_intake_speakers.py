"""One key speaks for a source, within bounds, of what has happened."""

import asyncio
from datetime import timedelta

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from tests.monitoring import INBOX, INTAKE, SOURCES, Tool, a_tool, an_alert, row_of
from tests.world import School, World


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


class TestTheKeyOfASource:
    async def test_is_the_first_that_speaks_for_it(
        self, world: World, school: School, tool: Tool
    ) -> None:
        told = await tool.sent(external_id="e")
        other = await a_tool(world, school)
        for name in ("e", "new"):
            answer = await other.key.post(INTAKE, an_alert(source=tool.id, external_id=name))
            assert (answer.status_code, answer.json()["code"]) == (403, "intake_source_not_yours")
        dismissed = await school.lead.post(
            f"{INBOX}/{told['id']}/dismiss", {"reason_code": "test", "reason": "x"}, version=1
        )
        assert dismissed.status_code == 200
        with clock.shifted(timedelta(minutes=2)):
            assert (await other.key.get(f"{INTAKE}/feedback")).json()["items"] == []
            assert len((await tool.key.get(f"{INTAKE}/feedback")).json()["items"]) == 1
            asked = {"source": tool.id}
            answer = await other.key.get(f"{INTAKE}/feedback", params=asked)
            assert answer.status_code == 404
        assert (await tool.send_signed()).status_code == 202

    async def test_is_changed_by_the_school(self, world: World, school: School, tool: Tool) -> None:
        admin, path = school.api(Role.SCHOOL_ADMIN), f"{SOURCES}/{tool.id}"
        await tool.sent()
        key, token = await world.a_service_key(school.id, Permission.ALERT_INTAKE)
        assert (await admin.get(path)).json()["service_key_id"] != str(key)
        answer = await admin.patch(path, {"service_key_id": str(key)}, version=1)
        assert answer.status_code == 200, answer.text
        assert answer.json()["service_key_id"] == str(key)
        assert (await tool.send()).status_code == 403
        assert (await world.as_token(token).post(INTAKE, an_alert(source=tool.id))).is_success
        body = {"service_key_id": str(new_id())}
        answer = await admin.patch(path, body, version=2)
        assert (answer.status_code, answer.json()["code"]) == (422, "service_key_unknown")


class TestVersions:
    async def test_of_one_alert_are_bounded(self, world: World, tool: Tool) -> None:
        first = await tool.sent(external_id="e", more="x" * 60_000)
        codes = []
        for number in range(17):
            answer = await tool.send(external_id="e", more=f"{number:02}" + "x" * 60_000)
            codes.append(answer.status_code)
        assert codes == [202] * 15 + [409] * 2
        assert answer.json()["code"] == "monitoring_versions_full"
        assert row_of(world, first["id"])["state"] == "open"
        assert (await tool.send(external_id="other")).status_code == 202


class TestTheMoment:
    async def test_is_never_in_the_future(self, tool: Tool) -> None:
        soon = (clock.now() + timedelta(minutes=4)).isoformat()
        assert (await tool.send(occurred_at=soon)).status_code == 202
        later = (clock.now() + timedelta(minutes=7)).isoformat()
        answer = await tool.send(occurred_at=later)
        assert (answer.status_code, answer.json()["code"]) == (422, "occurred_in_future")


class TestAFlood:
    async def test_is_one_alert_in_a_inbox_with_a_count(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await tool.sent(severity="low", subject={"username": "low"})
        await asyncio.gather(*(tool.sent(subject={"username": f"u{n}"}) for n in range(12)))
        for number in range(2):
            await tool.sent(severity="critical", subject={"username": f"c{number}"})
        told = world.sql(
            "select urgent, counts::text from alert where school_id = %s and recipient_id = %s"
            " and kind = 'monitoring_alert' order by created_at",
            school.id, school[Role.DSL].id,
        )  # fmt: skip
        assert told == [
            (False, '{"low": 1}'), (False, '{"high": 12}'), (True, None), (True, None),
        ]  # fmt: skip
        listed = (await school.lead.get(INBOX)).json()["items"]
        assert len(listed) == 15
