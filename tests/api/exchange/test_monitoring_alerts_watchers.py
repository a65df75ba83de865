"""A role with the permission for monitoring alerts and without their class is shown none."""

from uuid import UUID

import pytest

from app.core.words import Actor, Permission, Rights, Role
from app.db.reading import open_reading
from app.domain.common.owners.rules import may_own
from app.domain.duty.ladder.queries import things_of
from tests.monitoring import INBOX, Tool, a_tool
from tests.world import Api, School, World

LOOKS = ("monitoring:read", "overview:read", "school:read")


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


class TestTheDayOfARoleWithoutTheClass:
    async def test_shows_as_little_as_the_list(
        self, world: World, school: School, tool: Tool
    ) -> None:
        await school.role("watcher", *LOOKS)
        await school.role("reviewer", *LOOKS, classes=["K3"])
        sent = (await tool.sent())["id"]
        for slug, status, count in (("watcher", 403, 0), ("reviewer", 200, 1)):
            api = Api(world, (await school.holder(slug)).token)
            assert (await api.get(INBOX)).status_code == status
            answer = await api.get("/v1/overview?mine=false")
            assert answer.status_code == 200, answer.text
            assert answer.json()["monitoring"]["count"] == count, slug
            assert (sent in answer.text) is bool(count)


class TestTheLadder:
    async def test_tells_readers_of_the_class_alone(
        self, world: World, school: School, tool: Tool
    ) -> None:
        sent = (await tool.sent())["id"]
        system = Actor.system(school.id)
        async with open_reading(world.runtime.database, system) as reading:
            key = ("monitoring_alert", UUID(sent))
            found = await things_of(reading.driver, school.id, [key])
        for classes, is_told in ((frozenset[str](), False), (frozenset({"K3"}), True)):
            rights = Rights(frozenset({Permission.MONITORING_READ}), classes)
            actor = Actor(
                id=school[Role.STAFF].id, school_id=school.id, role=Role.CUSTOM, rights=rights
            )
            assert found[key].opens(actor) is is_told
            assert may_own(rights, "monitoring_alert", "K3") is is_told
