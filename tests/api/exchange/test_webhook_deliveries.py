"""The log of an endpoint, sending again, and what an endpoint is told of at all."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.pointers import pointer
from app.core.words import AuditEvent, Role
from app.integrations.vault import Vault
from app.jobs.resealing import reseal
from app.jobs.runner import Run, TryLater, adapters_of
from app.jobs.webhooks import forget
from tests.inconsistency import find_inconsistent
from tests.jobs.delivering import Endpoint, end_endpoints, verify
from tests.owners import Plot
from tests.receiver import Receiver, a_receiver
from tests.world import Api, School, World

pytestmark = pytest.mark.machine_time

Make = Callable[..., Awaitable[Endpoint]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def no_others(world: World) -> None:
    """Endpoints of other tests are gone: a deliverer sends to whatever there is."""
    end_endpoints(world)


@pytest.fixture
def make(world: World, school: School, receiver: Receiver) -> Make:
    """Adds an endpoint at a path of its own."""

    async def add(role: Role = Role.SCHOOL_ADMIN, **fields: Any) -> Endpoint:
        endpoint = Endpoint(world, school, receiver, school.api(role), f"/{uuid4().hex}")
        return await endpoint.add(**fields)

    return add


@pytest.fixture
async def staff_endpoint(make: Make) -> Endpoint:
    return await make(kinds=["staff.changed"])


async def raise_concern(school: School, child: UUID | None = None) -> str:
    """A concern raised by a teacher."""
    body = {
        "children": [{"child_id": str(child or await school.child("Ada", "Quillfeather"))}],
        "account": [{"kind": "observed", "text": "A burn shaped like an iron."}],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "occurred_precision": "about",
        "source": "staff_observation",
        "immediacy": "today",
        "categories": ["not_sure"],
        "parents_told": {"value": "not_yet", "reason": "First the lead"},
    }
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


class TestListWebhookDeliveries:
    async def test_pages_from_the_newest_and_filters_by_state(
        self, staff_endpoint: Endpoint
    ) -> None:
        endpoint = staff_endpoint
        endpoint.behave("status:500")
        failed = await endpoint.happens()
        await endpoint.settle()
        endpoint.behave("ok")
        taken = await endpoint.happens(2)
        await endpoint.settle()
        path = f"/v1/webhooks/{endpoint.id}/deliveries"
        first = (await endpoint.api.get(path, params={"limit": 2})).json()
        rest = (await endpoint.api.get(path, params={"limit": 2, "cursor": first["next"]})).json()
        found = [one["event_id"] for one in (*first["items"], *rest["items"])]
        assert sorted(found[:2]) == sorted(taken)
        assert found[2:] == failed
        waiting = (await endpoint.api.get(path, params={"state": "pending"})).json()["items"]
        assert [(one["event_id"], one["last_status"]) for one in waiting] == [(failed[0], 500)]
        assert (await endpoint.read())["waiting"] == 1

    async def test_leaves_out_what_is_hidden_from_its_reader(
        self, world: World, school: School, make: Make
    ) -> None:
        """A lead reads that another's endpoint was told of a concern, unless named in it."""
        endpoint = await make(Role.DSL, kinds=["concern.raised"])
        other = await world.a_person(school.id, Role.DSL)
        world.sql("update webhook set sponsor_id = %s where id = %s", other.id, endpoint.id)
        await raise_concern(school)
        hidden = await raise_concern(school)
        await endpoint.settle()
        path = f"/v1/webhooks/{endpoint.id}/deliveries"
        events = [one["id"] for one in (await endpoint.api.get(path)).json()["items"]]
        Plot(world, school, UUID(hidden)).put(
            "conflict", staff_id=school[Role.DSL].id, concern_id=hidden, kind="named",
            created_by=other.id, created_at=clock.now(),
        )  # fmt: skip
        page = (await endpoint.api.get(path, params={"limit": 1})).json()
        assert ([one["id"] for one in page["items"]], page["next"]) == (events[1:], None)
        for answer in (
            await endpoint.api.get(f"{path}/{events[0]}"),
            await endpoint.api.post(f"{path}/{events[0]}/replay"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (
                404,
                "webhook_delivery_not_found",
            )
        theirs = Api(world, other.token)
        assert [one["id"] for one in (await theirs.get(path)).json()["items"]] == events

    async def test_refuses_states_that_are_not(self, staff_endpoint: Endpoint) -> None:
        path = f"/v1/webhooks/{staff_endpoint.id}/deliveries"
        answer = await staff_endpoint.api.get(path, params={"state": "lost"})
        assert answer.status_code == 422

    async def test_hides_another_schools(
        self, staff_endpoint: Endpoint, other_school: School
    ) -> None:
        foreign = other_school.api(Role.SCHOOL_ADMIN)
        answer = await foreign.get(f"/v1/webhooks/{staff_endpoint.id}/deliveries")
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_not_found")


class TestGetWebhookDelivery:
    async def test_shows_every_attempt_and_nothing_the_receiver_said(
        self, staff_endpoint: Endpoint
    ) -> None:
        endpoint = staff_endpoint
        endpoint.behave("status:503")
        await endpoint.happens()
        await endpoint.settle()
        endpoint.behave("ok")
        with clock.shifted(timedelta(seconds=10)):
            await endpoint.settle()
        (row,) = endpoint.deliveries("id::text")
        answer = await endpoint.api.get(f"/v1/webhooks/{endpoint.id}/deliveries/{row[0]}")
        found = answer.json()
        assert (found["state"], found["attempts"], found["last_status"]) == ("delivered", 2, 200)
        shown = [(one["number"], one["status"], one["code"]) for one in found["attempt_log"]]
        assert shown == [(2, 200, None), (1, 503, "refused_by_receiver")]
        assert "thank you" not in answer.text
        assert found["permissions"] == ["replay_webhook_delivery"]

    async def test_does_not_know_others(self, staff_endpoint: Endpoint) -> None:
        answer = await staff_endpoint.api.get(
            f"/v1/webhooks/{staff_endpoint.id}/deliveries/{new_id()}"
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_delivery_not_found")


class TestReplayWebhookDelivery:
    async def test_sends_it_again_under_its_old_id(self, staff_endpoint: Endpoint) -> None:
        endpoint = staff_endpoint
        (event,) = await endpoint.happens()
        await endpoint.settle()
        (row,) = endpoint.deliveries("id::text")
        path = f"/v1/webhooks/{endpoint.id}/deliveries/{row[0]}/replay"
        answer = await endpoint.api.post(path)
        assert (answer.status_code, answer.json()["state"]) == (200, "pending")
        await endpoint.settle()
        assert endpoint.ids() == [event, event]
        bodies = {got["body"] for got in endpoint.got()}
        assert len(bodies) == 1
        assert endpoint.deliveries("state", "attempts") == [("delivered", 2)]
        assert endpoint.verbs()[-1] == "webhook.replayed"

    async def test_waits_for_an_attempt_that_runs(
        self, world: World, staff_endpoint: Endpoint
    ) -> None:
        endpoint = staff_endpoint
        endpoint.behave("slow:1")
        await endpoint.happens()
        await endpoint.deliverer.start_due()
        (row,) = endpoint.deliveries("id::text")
        path = f"/v1/webhooks/{endpoint.id}/deliveries/{row[0]}/replay"
        answer = await endpoint.api.post(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
        await endpoint.deliverer.drain()


class TestReplayWebhook:
    async def test_sends_what_failed_since_a_moment(
        self, world: World, staff_endpoint: Endpoint
    ) -> None:
        endpoint = staff_endpoint
        taken = await endpoint.happens()
        await endpoint.settle()
        lost = await endpoint.happens(3)
        endpoint.behave("status:500")
        await endpoint.settle()
        world.sql(
            "update webhook_delivery set state = 'failed', next_at = null, ended_at = now() "
            "where webhook_id = %s and state = 'pending'", endpoint.id,
        )  # fmt: skip
        endpoint.behave("ok")
        since = (clock.now() - timedelta(hours=1)).isoformat()
        path = f"/v1/webhooks/{endpoint.id}/replay"
        assert (await endpoint.api.post(path, {"since": since})).json() == {"replayed": 3}
        await endpoint.settle()
        assert sorted(endpoint.ids()) == sorted(taken + lost)
        everything = await endpoint.api.post(path, {"since": since, "everything": True})
        assert everything.json() == {"replayed": 4}
        now = (clock.now()).isoformat()
        assert (await endpoint.api.post(path, {"since": now})).json() == {"replayed": 0}

    @pytest.mark.parametrize("days", [-1, 91])
    async def test_is_bounded(self, staff_endpoint: Endpoint, days: int) -> None:
        since = (clock.now() - timedelta(days=days)).isoformat()
        answer = await staff_endpoint.api.post(
            f"/v1/webhooks/{staff_endpoint.id}/replay", {"since": since}
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/since"


class TestAnAudience:
    async def test_of_a_lead_is_told_of_concerns_by_ids_alone(
        self, world: World, school: School, make: Make
    ) -> None:
        endpoint = await make(Role.DSL)
        child = await school.child("Ada", "Quillfeather")
        concern = await raise_concern(school, child)
        await endpoint.settle()
        messages = [verify(endpoint.secret, got) for got in endpoint.got()]
        (raised,) = [one for one in messages if one["type"] == "concern.raised"]
        assert raised["data"] | {"child_id": str(child)} == {
            "school_id": str(school.id), "about": pointer("concern", concern),
            "child_id": str(child),
        }  # fmt: skip
        assert "Quillfeather" not in str(endpoint.got())
        document = world.description.document
        for message in messages:
            schema = document["webhooks"]["event"]["post"]["requestBody"]["content"]
            jsonschema.validate(
                message,
                {**schema["application/json"]["schema"], "components": document["components"]},
            )

    async def test_of_an_administrator_is_not(self, school: School, make: Make) -> None:
        endpoint = await make()
        await raise_concern(school)
        await school.child("Bo", "Marsh")
        await endpoint.happens()
        await endpoint.settle()
        kinds = set(endpoint.kinds())
        assert "staff.changed" in kinds
        assert not {kind for kind in kinds if kind.startswith(("concern", "action", "alert"))}

    async def test_is_told_nothing_of_class_k5_whoever_added_it(
        self, world: World, school: School, make: Make
    ) -> None:
        endpoint = await make(Role.DSL, kinds=["concern.raised", "concern.acknowledged"])
        concern = await raise_concern(school)
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        await endpoint.settle()
        assert endpoint.deliveries("id") == []

    async def test_is_asked_again_at_every_attempt(
        self, world: World, school: School, make: Make
    ) -> None:
        """What was sealed meanwhile is not told any more, whenever it was put on its way."""
        endpoint = await make(Role.DSL, kinds=["concern.raised"])
        endpoint.behave("status:500")
        concern = await raise_concern(school)
        await endpoint.settle()
        assert len(endpoint.got()) == 1
        world.sql("update concern set confidentiality = 'K5' where id = %s", concern)
        endpoint.behave("ok")
        with clock.shifted(timedelta(minutes=10)):
            await endpoint.settle()
        assert endpoint.ids() == []
        assert endpoint.deliveries("state", "last_code") == [("withheld", "not_seen_any_more")]

    async def test_is_told_nothing_that_its_sponsor_is_locked_out_from(
        self, world: World, school: School, make: Make
    ) -> None:
        endpoint = await make(Role.DSL, kinds=["concern.raised"])
        child = await school.child("Ada", "Quillfeather")
        world.sql(
            "insert into conflict (school_id, id, staff_id, child_id, kind, created_by, created_at)"
            " values (%s, %s, %s, %s, 'declared', %s, now())",
            school.id, new_id(), school[Role.DSL].id, child, school[Role.DSL].id,
        )  # fmt: skip
        await raise_concern(school, child)
        other = await raise_concern(school)
        await endpoint.settle()
        told = [verify(endpoint.secret, got)["data"]["about"]["id"] for got in endpoint.got()]
        assert told == [other]

    async def test_is_told_nothing_of_the_adult_register(
        self, world: World, school: School, make: Make
    ) -> None:
        endpoint = await make(Role.DSL)
        async with world.work(school.id) as work:
            for verb in (AuditEvent.ADULT_RAISED, AuditEvent.ALERT_RAISED):
                work.record(verb, "adult_concern", new_id(), register="adults")
        await endpoint.settle()
        assert [kind for kind in endpoint.kinds() if "adult" in kind or "alert" in kind] == []

    async def test_ends_with_its_sponsors_role_until_somebody_else_stands_for_it(
        self, world: World, school: School, make: Make
    ) -> None:
        endpoint = await make(Role.DSL, kinds=["staff.changed", "concern.raised"])
        await endpoint.happens()
        await endpoint.settle()
        world.sql(
            "update membership set valid_to = valid_from where staff_id = %s and role = 'dsl'",
            school[Role.DSL].id,
        )
        endpoint.api = school.api(Role.SCHOOL_ADMIN)
        await raise_concern(school)
        await endpoint.happens()
        await endpoint.settle()
        found = await endpoint.read()
        assert (found["state"], found["disabled_reason_code"]) == ("disabled", "sponsor_left")
        assert found["owner"]["id"] == str(school[Role.SCHOOL_ADMIN].id)
        assert len(endpoint.got()) == 1
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []
        again = await endpoint.change(state="active")
        assert again["sees_as"]["role"] == "school_admin"
        await endpoint.settle()
        assert endpoint.kinds() == ["staff.changed", "staff.changed"]


class TestAtNight:
    async def test_old_deliveries_are_forgotten_and_those_that_wait_are_not(
        self, world: World, staff_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many there are, a few at a time."""
        monkeypatch.setattr("app.domain.exchange.webhooks.commands.AT_ONCE", 2)
        endpoint = staff_endpoint
        await endpoint.happens(5)
        await endpoint.settle()
        endpoint.behave("status:500")
        await endpoint.happens()
        await endpoint.settle()
        fresh = await endpoint.happens()
        world.sql(
            "update webhook_delivery set created_at = created_at - interval '91 days' "
            "where webhook_id = %s", endpoint.id,
        )  # fmt: skip
        await endpoint.deliverer.once()
        adapters = adapters_of(world.runtime.settings)
        await forget(Run(adapters, None, {}))  # type: ignore[arg-type]
        await adapters.database.close()
        states = [state for (state,) in endpoint.deliveries("state")]
        assert states == ["pending", "pending"]
        assert str(endpoint.deliveries("event_id")[1][0]) == fresh[0]

    async def test_secrets_are_sealed_by_the_newest_key(
        self, world: World, staff_endpoint: Endpoint
    ) -> None:
        endpoint, vault = staff_endpoint, Vault(world.runtime.settings.keys_dir)
        sealed = "select secret from webhook where id = %s"
        before = bytes(world.sql(sealed, endpoint.id)[0][0])
        vault.rotate()
        adapters = adapters_of(world.runtime.settings)
        with suppress(TryLater):  # schools of other tests have keys of their own
            await reseal(Run(adapters, None, {}))  # type: ignore[arg-type]
        await adapters.database.close()
        after = bytes(world.sql(sealed, endpoint.id)[0][0])
        assert (vault.is_current(before), vault.is_current(after)) == (False, True)
        await endpoint.happens()
        await endpoint.settle()
        assert verify(endpoint.secret, endpoint.got()[0])["type"] == "staff.changed"
