"""GET /v1/events: what happened, as it happens, to whom it may be told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.settings import Settings
from app.core.vocabularies.events import PROGRESSED
from app.core.words import Actor, Permission, Role
from app.db.repositories.exchange.events import Place
from tests.adults import raise_about
from tests.api.record.test_concerns import raise_one
from tests.streaming import Streams, problem_of, streaming
from tests.world import School, World


@pytest.fixture(scope="module")
async def streams(world: World, app_settings: Settings) -> AsyncIterator[Streams]:
    """Streams of an application that looks for news often."""
    async with streaming(world, app_settings) as found:
        yield found


async def raised(school: School, api: Any = None) -> str:
    """The id of a new concern."""
    return str((await raise_one(api or school.staff, await school.child()))["id"])


class TestStreamEvents:
    async def test_begins_now_and_says_where(self, school: School, streams: Streams) -> None:
        await raised(school)
        async with streams.open(school[Role.DSL].token) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "no-store" in stream.headers["cache-control"]
            assert stream.headers["x-content-type-options"] == "nosniff"
            first = await stream.next()
            assert first.kind == "ready"
            assert first.id == first.data["cursor"]

    async def test_tells_a_lead_of_a_concern_and_of_the_own_alert_without_content(
        self, school: School, streams: Streams
    ) -> None:
        async with streams.ready(school[Role.DSL].token) as stream:
            concern = await raised(school)
            told = await stream.events(3)
        assert {event.kind for event in told} == {"child.added", "concern.raised", "alert.raised"}
        event = next(one for one in told if one.kind == "concern.raised")
        assert event.data["about"]["id"] == concern
        assert set(event.data) == {"id", "kind", "at", "about", "child_id"}

    async def test_tells_each_person_of_their_own_alerts_alone(
        self, school: School, streams: Streams, world: World
    ) -> None:
        async with streams.ready(school[Role.DSL].token, "alert.raised") as stream:
            await raised(school)
            told = [(await stream.next()).data["about"]["id"]]
            assert await stream.nothing()
        rows = world.sql("select recipient_id from alert where id = %s", told[0])
        assert rows == [(school[Role.DSL].id,)]
        assert world.sql("select count(*) > 1 from alert where school_id = %s", school.id)[0][0]

    async def test_filters_by_kind(self, school: School, streams: Streams) -> None:
        async with streams.ready(school[Role.DSL].token, "concern.acknowledged") as stream:
            concern = await raised(school)
            version = 1
            answer = await school.lead.post(f"/v1/concerns/{concern}/acknowledge", version=version)
            assert answer.status_code == 200
            assert (await stream.next()).kind == "concern.acknowledged"

    async def test_refuses_an_unknown_kind_and_an_unknown_parameter(self, school: School) -> None:
        for query in ("kind=concern.opened", "colour=red"):
            assert (await school.lead.get(f"/v1/events?{query}")).status_code == 422

    async def test_tells_a_reporter_of_progress_without_a_state(
        self, school: School, streams: Streams
    ) -> None:
        kinds = ("concern.raised", "concern.acknowledged", "concern.assigned", PROGRESSED)
        async with streams.ready(school[Role.STAFF].token, *kinds) as stream:
            concern = await raised(school)
            await school.lead.post(f"/v1/concerns/{concern}/acknowledge", version=1)
            other = await school.person(Role.DSL)
            body = {"owner_id": str(other.id), "reason": "Hers."}
            answer = await school.lead.post(f"/v1/concerns/{concern}/assign", body, version=2)
            assert answer.status_code == 200
            told = await stream.events(2)
            assert await stream.nothing()
        assert [event.kind for event in told] == [PROGRESSED, PROGRESSED]
        assert {event.data["about"]["id"] for event in told} == {concern}
        assert all(set(one.data) == {"id", "kind", "at", "about"} for one in told)

    async def test_tells_another_school_nothing(
        self, school: School, other_school: School, streams: Streams
    ) -> None:
        async with streams.ready(other_school[Role.DSL].token) as stream:
            await raised(school)
            assert await stream.nothing()

    async def test_tells_nobody_of_looks_and_conflicts(
        self, school: School, streams: Streams
    ) -> None:
        concern = await raised(school)
        child = await school.child()
        async with streams.ready(school[Role.DSL].token) as stream:
            await school.lead.get(f"/v1/concerns/{concern}")
            await school.lead.get(f"/v1/children/{child}")
            await school.staff.post(
                "/v1/conflicts", {"child_id": str(child), "reason": "My niece."}
            )
            assert await stream.nothing()


class TestTheAdultRegister:
    async def test_leaves_by_alerts_of_their_recipients_alone(
        self, school: School, streams: Streams, world: World
    ) -> None:
        about = await school.person(Role.STAFF)
        async with (
            streams.ready(school[Role.HEADTEACHER].token) as head,
            streams.ready(school[Role.DSL].token) as lead,
            streams.ready(school[Role.CHAIR_OF_GOVERNORS].token) as chair,
        ):
            await raise_about(school.staff, about.id)
            told = await head.next()
            assert (told.kind, await head.nothing()) == ("alert.raised", True)
            assert set(told.data) == {"id", "kind", "at", "about"}
            assert await lead.nothing()
            assert await chair.nothing()
        assert world.sql(
            "select count(*) > 1 from adult_trail where school_id = %s", school.id
        ) == [(True,)]


class TestResuming:
    @pytest.mark.parametrize("by_query", [False, True])
    async def test_tells_what_was_missed_by_the_header_or_the_query(
        self, school: School, streams: Streams, by_query: bool
    ) -> None:
        token = school[Role.DSL].token
        async with streams.ready(token) as stream:
            last = stream.last_id
        missed = [await raised(school) for _ in range(3)]
        async with streams.open(token, "concern.raised", last_id=last, by_query=by_query) as stream:
            assert [event.data["about"]["id"] for event in await stream.events(3)] == missed
            later = await raised(school)
            assert (await stream.next()).data["about"]["id"] == later
            assert await stream.nothing()

    async def test_goes_on_after_the_last_event_that_came(
        self, school: School, streams: Streams
    ) -> None:
        async with streams.ready(school[Role.DSL].token, "concern.raised") as stream:
            first, second = await raised(school), await raised(school)
            assert (await stream.next()).data["about"]["id"] == first
            last = stream.last_id
        async with streams.open(school[Role.DSL].token, "concern.raised", last_id=last) as stream:
            assert (await stream.next()).data["about"]["id"] == second
            assert await stream.nothing()

    async def test_refuses_a_place_of_another_school_or_a_forged_one(
        self, school: School, other_school: School, streams: Streams
    ) -> None:
        async with streams.ready(other_school[Role.DSL].token) as stream:
            foreign = stream.last_id
        assert foreign is not None
        for id_ in (foreign, "AAAA", f"{foreign[:-1]}!", "x" * 70):
            async with streams.open(school[Role.DSL].token, last_id=id_) as stream:
                assert stream.status == 422
                found = await problem_of(stream)
                assert found["errors"][0]["code"] == "cursor_invalid"
                assert found["errors"][0]["pointer"] == "/header/last-event-id"

    async def test_does_not_take_the_id_of_an_event_for_a_place(
        self, school: School, streams: Streams
    ) -> None:
        async with streams.ready(school[Role.DSL].token, "concern.raised") as stream:
            await raised(school)
            id_ = (await stream.next()).data["id"]
        token = school[Role.DSL].token
        for by_query, pointer in ((False, "/header/last-event-id"), (True, "/query/last_event_id")):
            async with streams.open(token, last_id=id_, by_query=by_query) as stream:
                assert (await problem_of(stream))["errors"][0]["pointer"] == pointer

    async def test_resets_whoever_stands_beyond_the_end(
        self, school: School, streams: Streams
    ) -> None:
        beyond = school.world.runtime.cursors.written(school.id, Place(2**62))
        async with streams.open(school[Role.DSL].token, "concern.raised", last_id=beyond) as stream:
            first = await stream.next()
            assert (first.kind, first.data["reason_code"]) == ("reset", "place_unknown")
            concern = await raised(school)
            assert (await stream.next()).data["about"]["id"] == concern


class TestLosingTheRight:
    async def test_ends_with_the_session_at_once(self, school: School, streams: Streams) -> None:
        person = await school.person(Role.DSL)
        api = school.world.as_token(person.token)
        async with streams.ready(person.token) as stream:
            answer = await api.request("DELETE", f"/v1/me/sessions/{person.session_id}")
            assert answer.status_code in (200, 204)
            last = await stream.next(4)  # sooner than rights are read again without a reason
            assert (last.kind, last.data["reason_code"]) == ("bye", "session_ended")
            with pytest.raises(EOFError):
                await stream.next()
        assert streams.hub.open == 0

    async def test_ends_soon_where_no_event_tells_of_the_end(
        self, school: School, streams: Streams, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.api.streams.hub.CHECK_SECONDS", 0.1)
        person = await school.person(Role.DSL)
        async with streams.ready(person.token) as stream:
            world.sql("update auth_session set revoked_at = now(), revoked_because = 'x' "
                      "where id = %s", person.session_id)  # fmt: skip
            last = await stream.next()
            assert (last.kind, last.data["reason_code"]) == ("bye", "session_ended")

    async def test_hides_a_concern_from_the_moment_of_a_conflict(
        self, school: School, streams: Streams
    ) -> None:
        child = await school.child()
        async with streams.ready(school[Role.DSL].token, "concern.raised") as stream:
            first = str((await raise_one(school.staff, child))["id"])
            assert (await stream.next()).data["about"]["id"] == first
            answer = await school.lead.post(
                "/v1/conflicts", {"child_id": str(child), "reason": "My nephew."}
            )
            assert answer.status_code == 201
            await raise_one(school.staff, child)
            assert await stream.nothing()

    async def test_ends_when_the_token_has_expired(
        self, school: School, streams: Streams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = clock.now
        async with streams.ready(school[Role.DSL].token) as stream:
            monkeypatch.setattr(clock, "now", lambda: now() + timedelta(minutes=16))
            last = await stream.next()
            assert (last.kind, last.data["reason_code"]) == ("bye", "token_expired")

    async def test_refuses_a_program_and_a_role_without_alerts(
        self, school: School, world: World, streams: Streams
    ) -> None:
        _, key = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        for token in (key, school[Role.GOVERNOR].token):
            async with streams.open(token) as stream:
                assert stream.status == 403


class TestLimits:
    async def test_refuses_more_streams_of_one_person(
        self, school: School, world: World, app_settings: Settings
    ) -> None:
        async with streaming(world, app_settings, events_streams_per_account=1) as streams:
            token = school[Role.DSL].token
            async with streams.ready(token), streams.open(token) as second:
                assert second.status == 429
                assert int(second.headers["retry-after"]) > 0
            async with streams.ready(token):
                pass

    async def test_holds_no_more_for_a_burst_than_it_admits(
        self, school: School, world: World, app_settings: Settings
    ) -> None:
        limit = {"events_streams_per_account": 3}
        async with streaming(world, app_settings, **limit) as streams, AsyncExitStack() as stack:
            opened = await asyncio.gather(
                *(
                    stack.enter_async_context(streams.open(school[Role.DSL].token))
                    for _ in range(30)
                )
            )
            assert sorted(one.status for one in opened) == [200] * 3 + [429] * 27
            assert streams.hub.open == 3
        assert streams.hub.open == 0
        assert not streams.hub._counts

    async def test_leaves_places_to_other_schools(
        self, school: School, other_school: School, world: World, app_settings: Settings
    ) -> None:
        async with (
            streaming(world, app_settings, events_streams=4) as streams,
            streams.ready(school[Role.DSL].token),
            streams.ready(school[Role.STAFF].token),
            streams.open(school[Role.DEPUTY_DSL].token) as third,
            streams.ready(other_school[Role.DSL].token),
        ):
            assert third.status == 429

    async def test_forgets_what_was_admitted_and_never_began(
        self, school: School, streams: Streams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        person = school[Role.DSL]
        actor = Actor(person.id, school.id, person.role, session_id=person.session_id)
        client = streams.hub.admit(actor, (), clock.now() + timedelta(hours=1))
        assert streams.hub.open == 1
        monkeypatch.setattr("app.api.streams.hub.BEGIN_SECONDS", 0.0)
        await asyncio.sleep(0.01)
        streams.hub._drop_unbegun()
        assert client.is_over
        assert (streams.hub.open, bool(streams.hub._counts)) == (0, False)

    async def test_refuses_more_streams_than_a_process_holds(
        self, school: School, world: World, app_settings: Settings
    ) -> None:
        async with (
            streaming(world, app_settings, events_streams=1) as streams,
            streams.ready(school[Role.DSL].token),
            streams.open(school[Role.STAFF].token) as second,
        ):
            assert second.status == 503
            assert int(second.headers["retry-after"]) > 0

    async def test_lets_a_client_go_that_reads_nothing_and_keeps_no_more_than_a_bound(
        self, school: School, streams: Streams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.api.streams.client.MOST_WAITING", 5)
        async with streams.ready(school[Role.DSL].token) as stream:
            (client,) = streams.hub._clients
            stream.may_send.clear()
            for _ in range(6):
                await raised(school)
                await asyncio.sleep(0.1)
                assert len(client.waiting) <= 5
            assert client.is_over
            stream.may_send.set()
            told = await stream.all()
        assert (told[-1].kind, told[-1].data["reason_code"]) == ("reset", "too_slow")

    async def test_holds_no_connection_for_two_hundred_streams(
        self, school: School, streams: Streams
    ) -> None:
        people = [await school.person(Role.DSL) for _ in range(20)]
        async with AsyncExitStack() as stack:
            opened = [
                await stack.enter_async_context(streams.ready(people[number % 20].token))
                for number in range(200)
            ]
            concern = await raised(school)
            for stream in opened:
                kinds = [event.data["about"]["id"] for event in await stream.events(3)]
                assert concern in kinds
            assert streams.runtime.database.lender.lent <= 1
        assert streams.hub.open == 0

    async def test_sends_heartbeats_that_move_the_place_on(
        self, school: School, streams: Streams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.api.streams.hub.HEARTBEAT_SECONDS", 0.1)
        async with streams.ready(school[Role.DSL].token) as stream:
            while ": here" not in stream.text:
                await stream.more()
            assert "\nid: " in stream.text
