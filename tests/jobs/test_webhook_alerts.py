"""Alerts that leave by webhook, so that a school can ring people by ways of its own."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.domain.common.alerts.commands import tell
from tests.adults import raise_about
from tests.jobs.climbing import LEADS, MONDAY, after, fresh, ids, overdue, tick
from tests.jobs.delivering import Endpoint, end_endpoints
from tests.receiver import Receiver, a_receiver
from tests.world import School, World

KINDS = ["alert.raised", "alert.rang", "deadline.missed"]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def monday(world: World) -> Iterator[None]:
    end_endpoints(world)
    with clock.frozen(MONDAY):
        yield


async def an_endpoint(
    world: World, school: School, receiver: Receiver, role: Role = Role.DSL
) -> Endpoint:
    """An endpoint of somebody, told of alerts and due times that were missed."""
    api = fresh(world, school[role])
    return await Endpoint(world, school, receiver, api, f"/{uuid4().hex}").add(kinds=KINDS)


def came(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Everything that came, as type and data."""
    found = [json.loads(one["body"]) for one in endpoint.got()]
    return [{"type": one["type"], **one["data"]} for one in found]


class TestAlertsByWebhook:
    async def test_name_whom_a_new_concern_was_told_to(
        self, world: World, school: School, receiver: Receiver
    ) -> None:
        endpoint = await an_endpoint(world, school, receiver)
        concern_id = await overdue(school)
        await endpoint.settle()
        found = came(endpoint)
        assert {one["type"] for one in found} == {"alert.raised"}
        assert {one["recipient_id"] for one in found} == {str(one) for one in ids(school, *LEADS)}
        assert {one["concern_id"] for one in found} == {str(concern_id)}

    async def test_ring_again_as_the_ladder_climbs(
        self, world: World, school: School, receiver: Receiver
    ) -> None:
        endpoint = await an_endpoint(world, school, receiver)
        concern_id = str(await overdue(school))
        for minutes in (15, 20):
            with after(minutes=minutes):
                await tick(world, school)
                await endpoint.settle()
        found = came(endpoint)
        missed = [one for one in found if one["type"] == "deadline.missed"]
        assert [one["about"]["id"] for one in missed] == [concern_id]
        rang = [one["recipient_id"] for one in found if one["type"] == "alert.rang"]
        assert rang == [str(school[Role.DSL].id)]

    @pytest.mark.parametrize("confidentiality", ["K3", "K5"])
    async def test_never_tell_of_class_k5(
        self, world: World, school: School, receiver: Receiver, confidentiality: str
    ) -> None:
        endpoint = await an_endpoint(world, school, receiver)
        concern_id = await overdue(school)
        world.sql(
            "update concern set confidentiality = %s where school_id = %s and id = %s",
            confidentiality, school.id, concern_id,
        )  # fmt: skip
        with after(minutes=15):
            await tick(world, school)
            await endpoint.settle()
        assert bool(came(endpoint)) is (confidentiality == "K3")

    async def test_never_tell_an_administrators_endpoint_of_concerns(
        self, world: World, school: School, receiver: Receiver
    ) -> None:
        endpoint = await an_endpoint(world, school, receiver, Role.SCHOOL_ADMIN)
        await overdue(school)
        with after(minutes=15):
            await tick(world, school)
            await endpoint.settle()
        assert came(endpoint) == []

    async def test_never_tell_of_the_adult_register(
        self, world: World, school: School, receiver: Receiver
    ) -> None:
        endpoint = await an_endpoint(world, school, receiver)
        await raise_about(fresh(world, school[Role.STAFF]), school[Role.PASTORAL].id)
        with after(days=5, hours=2):
            await tick(world, school)
            await endpoint.settle()
        adults = world.sql(
            "select count(*) from adult_trail where school_id = %s and verb = 'alert.raised'",
            school.id,
        )
        assert adults[0][0] > 0
        assert came(endpoint) == []

    @pytest.mark.parametrize("role", [Role.DSL, Role.SCHOOL_ADMIN])
    async def test_tell_what_is_about_a_child_of_the_sponsor_alone(
        self, world: World, school: School, receiver: Receiver, role: Role
    ) -> None:
        """Such as that somebody made it possible to tell a person who was barred."""
        endpoint, child = await an_endpoint(world, school, receiver, role), await school.child()
        async with world.work(school.id) as work:
            for lead in LEADS:
                tell(work, school[lead].id, "telling_changed", about=("child", child))
        await endpoint.settle()
        own = [str(school[Role.DSL].id)] if role is Role.DSL else []
        assert [one["recipient_id"] for one in came(endpoint)] == own

    async def test_tell_what_names_nothing_of_the_sponsor_alone(
        self, world: World, school: School, receiver: Receiver
    ) -> None:
        endpoint = await an_endpoint(world, school, receiver)
        async with world.work(school.id) as work:
            for role in LEADS:
                tell(work, school[role].id, "reading_noticed", matter_id=new_id())
                tell(work, school[role].id, "webhook_failing", about=("webhook", UUID(endpoint.id)))
        await endpoint.settle()
        found = [one["recipient_id"] for one in came(endpoint)]
        assert found == [str(school[Role.DSL].id)] * 2
