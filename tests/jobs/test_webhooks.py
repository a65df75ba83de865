"""What is sent to a real receiver: by whom, when, how often, and what becomes of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import WebhookVerificationError

from app.core import clock
from app.core.pointers import pointer
from app.core.words import AuditEvent, Role
from app.db.repositories.exchange import webhook_deliveries as stored
from app.domain.exchange.webhook_deliveries.commands import note, process_endpoint
from app.domain.exchange.webhooks import rules
from app.domain.exchange.webhooks.rules import Outcome
from app.jobs.webhooks import AT_ONCE_FOR_SCHOOL, Delivering, keep_delivering
from tests.inconsistency import find_inconsistent
from tests.jobs.delivering import Endpoint, a_deliverer, end_endpoints, verify
from tests.jobs.working import eventually
from tests.receiver import Receiver, a_receiver
from tests.world import School, World

pytestmark = pytest.mark.machine_time

KINDS = ["staff.changed"]
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
        return await endpoint.add(**({"kinds": KINDS} | fields))

    return add


@asynccontextmanager
async def working(*deliverers: Delivering) -> AsyncIterator[None]:
    """Workers that deliver as long as the block."""
    stop = asyncio.Event()
    running = [asyncio.create_task(keep_delivering(stop, one, 0.02)) for one in deliverers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*running), 30)


def later(by: timedelta) -> Any:
    """Some time has passed."""
    return clock.shifted(by)


class TestAMessage:
    async def test_is_proved_by_the_library_of_a_receiver(self, make: Make) -> None:
        endpoint = await make()
        (event,) = await endpoint.happens()
        await endpoint.settle()
        (got,) = endpoint.got()
        message = verify(endpoint.secret, got)
        assert message["type"] == "staff.changed"
        assert message["data"] == {
            "school_id": str(endpoint.school.id),
            "about": pointer("staff", str(endpoint.school[Role.STAFF].id)),
        }
        at = datetime.fromisoformat(message["timestamp"])
        assert abs(at - clock.now()) < timedelta(minutes=1)
        assert got["headers"]["webhook-id"] == event
        assert len(got["body"]) < 1_000

    async def test_is_refused_once_it_was_tampered_with(self, make: Make) -> None:
        endpoint, other = await make(), await make()
        await endpoint.happens()
        await endpoint.settle()
        (got,) = endpoint.got()
        with pytest.raises(WebhookVerificationError):
            verify(endpoint.secret, got, got["body"].replace("staff", "child"))
        with pytest.raises(WebhookVerificationError):
            verify(other.secret, got)
        moved = {**got, "headers": {**got["headers"], "webhook-id": str(uuid4())}}
        with pytest.raises(WebhookVerificationError):
            verify(endpoint.secret, moved)

    async def test_is_refused_when_it_is_old(self, make: Make) -> None:
        endpoint = await make()
        await endpoint.happens()
        with later(timedelta(minutes=-6)):
            await endpoint.api.post(f"/v1/webhooks/{endpoint.id}/test")
            await endpoint.deliverer.once()
        old = endpoint.got()[0]
        with pytest.raises(WebhookVerificationError, match="too old"):
            verify(endpoint.secret, old)

    async def test_is_signed_with_both_secrets_for_a_day(self, make: Make) -> None:
        endpoint = await make()
        answer = await endpoint.api.post(f"/v1/webhooks/{endpoint.id}/rotate", version=1)
        fresh = answer.json()["secret"]
        await endpoint.happens()
        await endpoint.settle()
        (got,) = endpoint.got()
        assert len(got["headers"]["webhook-signature"].split(" ")) == 2
        assert verify(fresh, got) == verify(endpoint.secret, got)
        await endpoint.happens()
        with later(timedelta(hours=25)):
            await endpoint.settle()
        assert len(endpoint.got()[1]["headers"]["webhook-signature"].split(" ")) == 1

    async def test_of_a_test_is_sent_once_whatever_the_state(self, make: Make) -> None:
        endpoint = await make()
        await endpoint.change(state="paused")
        endpoint.behave("status:500")
        made = (await endpoint.api.post(f"/v1/webhooks/{endpoint.id}/test")).json()
        await endpoint.settle()
        found = (
            await endpoint.api.get(f"/v1/webhooks/{endpoint.id}/deliveries/{made['id']}")
        ).json()
        assert (found["state"], found["attempts"]) == ("failed", 1)
        assert (await endpoint.read())["failing_since"] is None
        assert (await endpoint.read())["last_code"] is None
        assert verify(endpoint.secret, endpoint.got()[0])["type"] == "webhook.test"

    async def test_of_a_test_shows_that_the_endpoint_is_gone(self, make: Make) -> None:
        endpoint = await make()
        endpoint.behave("status:410")
        await endpoint.api.post(f"/v1/webhooks/{endpoint.id}/test")
        await endpoint.settle()
        found = await endpoint.read()
        assert (found["last_code"], found["state"]) == ("gone", "active")


class TestARelay:
    async def test_sends_what_happens_from_its_beginning_on(self, make: Make) -> None:
        before = await make()
        early = await before.happens(2)
        endpoint = await make()
        events = await endpoint.happens(3)
        await endpoint.settle()
        assert sorted(endpoint.ids()) == sorted(events)
        assert sorted(before.ids()) == sorted(early + events)

    async def test_sends_only_the_kinds_that_were_asked_for(self, make: Make) -> None:
        endpoint = await make(kinds=["roster.applied"])
        await endpoint.happens()
        assert await endpoint.settle() == 0

    async def test_waits_for_a_transaction_that_began_before(
        self, world: World, make: Make
    ) -> None:
        """Its number is lower, so that a cursor which stepped over it would never see it."""
        endpoint = await make()
        async with world.work(endpoint.school.id) as work:
            work.record(AuditEvent.STAFF_CHANGED, "staff", endpoint.school[Role.STAFF].id)
            await work.save()
            await endpoint.happens(2)
            await endpoint.settle()
        await endpoint.settle()
        assert len(set(endpoint.ids())) == 3

    async def test_relays_more_than_a_page_at_once(self, world: World, make: Make) -> None:
        endpoint = await make()
        async with world.work(endpoint.school.id) as work:
            for _ in range(1_200):
                work.record(AuditEvent.STAFF_CHANGED, "staff", endpoint.school[Role.STAFF].id)
        await endpoint.deliverer.once()
        await endpoint.deliverer.once()
        assert len(endpoint.deliveries("id")) == 1_200

    async def test_relays_each_event_once_whoever_else_does(self, world: World, make: Make) -> None:
        endpoint = await make()
        events = await endpoint.happens(12)
        workers = [a_deliverer(world) for _ in range(3)]
        for _ in range(20):
            await asyncio.gather(*(worker.once() for worker in workers))
        assert sorted(endpoint.ids()) == sorted(events)

    async def test_comes_back_to_an_endpoint_that_another_had(
        self, world: World, make: Make
    ) -> None:
        """Nothing new has to happen for it to be looked at again."""
        endpoint = await make()
        await endpoint.deliverer.start_due()
        events = await endpoint.happens()
        async with world.work(endpoint.school.id) as other:
            held = await stored.hold(await other.driver(), endpoint.school.id, UUID(endpoint.id))
            assert held is not None
            assert await endpoint.settle() == 0
        await endpoint.deliverer.start_due()
        await endpoint.settle()
        assert endpoint.ids() == events

    async def test_leaves_nothing_in_the_trail_by_itself(self, world: World, make: Make) -> None:
        endpoint = await make()
        await endpoint.happens()
        count = "select count(*) from trail where school_id = %s"
        before = world.sql(count, endpoint.school.id)
        await endpoint.settle()
        assert world.sql(count, endpoint.school.id) == before


class TestThePace:
    def test_of_the_schedule_is_ten_attempts_over_three_days(self) -> None:
        now, failed = clock.now(), Outcome(500, "refused_by_receiver", 1)
        step, at, total = 0, now, timedelta()
        for _ in range(9):
            found = rules.verdict("staff.changed", failed, step, at, 0.0)
            assert (found.state, found.next_at is not None) == ("pending", True)
            assert found.next_at is not None
            total += found.next_at - at
            step, at = found.step, found.next_at
        assert rules.verdict("staff.changed", failed, step, at, 0.0).state == "failed"
        assert total == timedelta(hours=75, minutes=35, seconds=5)

    def test_of_the_schedule_has_jitter(self) -> None:
        now, failed = clock.now(), Outcome(500, "refused_by_receiver", 1)
        waits = {rules.verdict("x", failed, 3, now, chance).next_at for chance in (0.0, 0.5, 1.0)}
        assert waits == {now + timedelta(minutes=minutes) for minutes in (120, 126, 132)}

    async def test_is_as_the_receiver_asks_within_bounds(self, make: Make) -> None:
        endpoint = await make()
        endpoint.behave("busy:1200")
        await endpoint.happens()
        await endpoint.settle()
        await endpoint.happens()
        await endpoint.settle()
        assert len(endpoint.got()) == 1
        endpoint.behave("ok")
        with later(timedelta(minutes=19)):
            assert await endpoint.settle() == 0
        with later(timedelta(minutes=23)):
            await endpoint.settle()
        assert len(set(endpoint.ids())) == 2
        assert Outcome(429, "x", 1, 999_999).hold == timedelta(hours=1)
        assert Outcome(500, "x", 1, 60).hold is None

    async def test_of_a_slow_endpoint_holds_up_nobody_else(self, make: Make) -> None:
        slow, quick = await make(), await make()
        slow.behave("held")
        slow.deliverer = a_deliverer(slow.world, seconds=600)
        await quick.happens(9)
        running = slow.deliverer.running
        async with working(slow.deliverer):
            try:
                await eventually(lambda: len(quick.deliveries("id")) == 9)
                await eventually(
                    lambda: {state for (state,) in quick.deliveries("state")} == {"delivered"}
                )
                assert {state for (state,) in slow.deliveries("state")} == {"pending"}
                await eventually(lambda: len(running) <= rules.AT_ONCE, "those of the slow one")
            finally:
                slow.behave("ok")
        assert running == set()

    async def test_of_one_school_is_bounded(self, make: Make) -> None:
        endpoints = [await make() for _ in range(6)]
        for endpoint in endpoints:
            endpoint.behave("held")
        endpoints[0].deliverer = a_deliverer(endpoints[0].world, seconds=600)
        await endpoints[0].happens(6)
        await endpoints[0].deliverer.start_due()
        assert len(endpoints[0].deliverer.running) == AT_ONCE_FOR_SCHOOL
        for endpoint in endpoints:
            endpoint.behave("ok")
        await endpoints[0].deliverer.drain()


class TestAnOutage:
    async def test_of_three_days_loses_nothing(self, make: Make) -> None:
        """And everything is there soon after the receiver is back, each event once by its id."""
        endpoint = await make()
        endpoint.behave("status:503")
        events = await endpoint.happens(5)
        for hours in (0, 1, 3, 8, 19, 30, 40, 50, 60, 71):
            with later(timedelta(hours=hours)):
                await endpoint.settle()
                if hours == 40:
                    events += await endpoint.happens(5)
        assert {state for (state,) in endpoint.deliveries("state")} == {"pending"}
        assert (await endpoint.read())["state"] == "active"
        assert endpoint.alerts() == [(endpoint.owner_id, "webhook_failing")]
        endpoint.behave("ok")
        with later(timedelta(hours=72)):
            events += await endpoint.happens()
            await endpoint.settle()
        assert sorted(endpoint.ids()) == sorted(events)
        assert set(endpoint.ids("status")) <= set(events)
        assert len(endpoint.ids("status")) > 20
        assert (await endpoint.read())["failing_since"] is None

    async def test_that_does_not_end_disables_the_endpoint(
        self, world: World, school: School, make: Make
    ) -> None:
        endpoint = await make(owner_id=str(school[Role.DSL].id))
        endpoint.behave("status:500")
        await endpoint.happens()
        moment = timedelta()
        for _ in range(12):
            with later(moment):
                await endpoint.settle()
            moment += timedelta(hours=27)
        (delivery,) = endpoint.deliveries("state", "attempts", "last_status")
        assert delivery == ("failed", 10, 500)
        found = await endpoint.read()
        assert (found["state"], found["disabled_reason_code"]) == ("disabled", "exhausted")
        assert found["due_at"] is not None
        told = [person for person, kind in endpoint.alerts() if kind == "webhook_disabled"]
        assert told == [str(school[Role.DSL].id), str(school[Role.SCHOOL_ADMIN].id)]
        (card, *_) = (await school.lead.get("/v1/alerts")).json()["items"]
        assert (card["kind"], card["about"]) == (
            "webhook_disabled", pointer("webhook", found["id"]),
        )  # fmt: skip
        assert endpoint.verbs()[-1] == "webhook.disabled"
        async with world.work(school.id) as work:
            assert await find_inconsistent(await work.driver(), school.id) == []

    async def test_that_ended_is_caught_up_or_left_out(self, world: World, make: Make) -> None:
        for resume, wanted in (("catch_up", 2), ("from_now", 0)):
            endpoint = await make()
            endpoint.behave("status:410")
            await endpoint.happens()
            await endpoint.settle()
            assert (await endpoint.read())["disabled_reason_code"] == "gone"
            missed = await endpoint.happens()
            endpoint.behave("ok")
            assert await endpoint.settle() == 0
            found = await endpoint.change(state="active", resume=resume)
            assert (found["state"], found["due_at"]) == ("active", None)
            await endpoint.settle()
            assert len(endpoint.ids()) == wanted
            assert (missed[0] in endpoint.ids()) == bool(wanted)
            fresh = await endpoint.happens()
            await endpoint.settle()
            assert endpoint.ids()[-1:] == fresh
            async with world.work(endpoint.school.id) as work:
                assert await find_inconsistent(await work.driver(), endpoint.school.id) == []
            await endpoint.api.request("DELETE", f"/v1/webhooks/{endpoint.id}", version=1)

    async def test_of_one_message_does_not_disable_what_takes_others(
        self, world: World, make: Make
    ) -> None:
        endpoint = await make()
        endpoint.behave("status:422")
        await endpoint.happens()
        await endpoint.settle()
        world.sql("update webhook_delivery set step = 9 where webhook_id = %s", endpoint.id)
        endpoint.behave("ok")
        await endpoint.happens()
        await endpoint.settle()
        endpoint.behave("status:422")
        with later(timedelta(hours=1)):
            await endpoint.settle()
        states = sorted(state for (state,) in endpoint.deliveries("state"))
        assert states == ["delivered", "failed"]
        assert (await endpoint.read())["state"] == "active"

    async def test_while_paused_sends_nothing(self, make: Make) -> None:
        endpoint = await make()
        await endpoint.change(state="paused")
        events = await endpoint.happens(2)
        assert await endpoint.settle() == 0
        await endpoint.change(state="active")
        await endpoint.settle()
        assert sorted(endpoint.ids()) == sorted(events)


class TestAWorker:
    async def test_that_dies_between_sending_and_noting_is_followed_by_another(
        self, world: World, make: Make
    ) -> None:
        """The event comes a second time under the same id, and its late word counts no more."""
        endpoint = await make()
        (event,) = await endpoint.happens()
        async with world.work(endpoint.school.id) as work:
            dead = await process_endpoint(work, UUID(endpoint.id), world.runtime.vault, 4)
        (claimed,) = dead.claimed
        headers = {"webhook-id": str(claimed.event_id)}
        await endpoint.deliverer.sender.send(claimed.url, headers, claimed.body.encode())
        assert await endpoint.settle() == 0
        with later(rules.LEASE + timedelta(seconds=1)):
            assert await endpoint.settle() == 1
        assert endpoint.ids() == [event, event]
        assert endpoint.deliveries("state", "attempts", "step") == [("delivered", 2, 0)]
        async with world.work(endpoint.school.id) as work:
            late = await note(work, claimed, Outcome(410, "gone", 1), work.now, 0.0)
        assert not late
        assert endpoint.deliveries("state", "last_status") == [("delivered", 200)]
        assert (await endpoint.read())["state"] == "active"

    async def test_beside_another_makes_no_attempt_twice(self, world: World, make: Make) -> None:
        endpoint = await make()
        endpoint.behave("slow:0.3")
        events = await endpoint.happens(8)
        async with working(*(a_deliverer(world) for _ in range(3))):
            await eventually(lambda: endpoint.deliveries("state") == [("delivered",)] * len(events))
        assert sorted(endpoint.ids("slow")) == sorted(events)
        rows = world.sql(
            "select number from webhook_attempt a join webhook_delivery d on d.id = a.delivery_id "
            "where d.webhook_id = %s", endpoint.id,
        )  # fmt: skip
        assert rows == [(1,)] * 8


class TestARefusedTarget:
    async def test_fails_the_delivery_and_is_traced_once(self, world: World, make: Make) -> None:
        endpoint = await make()
        world.sql(
            "update webhook set url = 'http://169.254.169.254:8080/x' where id = %s", endpoint.id
        )
        await endpoint.happens(2)
        await endpoint.settle()
        with later(timedelta(minutes=10)):
            await endpoint.settle()
        assert set(endpoint.deliveries("state", "last_code")) == {("pending", "target_refused")}
        assert endpoint.verbs().count("webhook.target_refused") == 1


class TestTheWord:
    async def test_of_a_receiver_is_not_kept(self, world: World, make: Make) -> None:
        endpoint = await make()
        await endpoint.happens()
        await endpoint.settle()
        rows = world.sql(
            "select a::text, d::text from webhook_attempt a, webhook_delivery d "
            "where d.id = a.delivery_id and d.webhook_id = %s", endpoint.id,
        )  # fmt: skip
        assert rows
        assert "thank you" not in str(rows)
        assert json.loads(endpoint.got()[0]["body"])["type"] == "staff.changed"
