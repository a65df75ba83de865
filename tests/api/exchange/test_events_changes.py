"""GET /v1/changes: the list of what happened, which always moves on."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.core import clock
from app.core.ids import new_id
from app.core.settings import Settings
from app.core.vocabularies.events import PROGRESSED
from app.core.words import AuditEvent, Permission, Role
from app.db.repositories.exchange.events import Place
from app.domain.common.alerts.commands import tell
from app.main import build_runtime
from tests.api.access.test_grants import granted
from tests.api.record.test_concerns import raise_one
from tests.monitoring import in_conflict
from tests.owners import Plot
from tests.security.capture import captured
from tests.streaming import Streams, streaming
from tests.world import Api, School, World

LEARNING = re.compile(r"\btypeinfo_tree\b|'jit'")
"""What the driver asks once a connection, to learn of a type."""
CONCERNS = "kind=concern.raised"


async def raised(school: School) -> str:
    """The id of a new concern."""
    return str((await raise_one(school.staff, await school.child()))["id"])


async def now_of(api: Api) -> str:
    """The place of this moment."""
    found: str = (await api.get("/v1/changes")).json()["next"]
    return found


async def since(api: Api, place: str, query: str = "") -> list[dict[str, Any]]:
    """Everything since a place, page by page."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        page = (await api.get(f"/v1/changes?since={place}&{query}")).json()
        found += page["items"]
        place = page["next"]
        if not page["more"]:
            return found
    raise AssertionError("the list does not end")


async def shown_of(world: World, api: Api, recipient_id: UUID, concern: str) -> set[str]:
    """The alerts about a concern that their recipient is shown: the same by inbox and changes."""
    inbox = {one["id"] for one in (await api.get("/v1/alerts?limit=200")).json()["items"]}
    told = {one["about"]["id"] for one in await since(api, "start", "kind=alert.raised")}
    rows = world.sql(
        "select id from alert where recipient_id = %s and concern_id = %s", recipient_id, concern
    )
    alerts = {str(id_) for (id_,) in rows}
    assert alerts
    assert alerts & inbox == alerts & told
    return alerts & told


@pytest.fixture(scope="module")
async def streams(world: World, app_settings: Settings) -> AsyncIterator[Streams]:
    """Streams of an application that looks for news often."""
    async with streaming(world, app_settings) as found:
        yield found


class TestListChanges:
    async def test_begins_with_a_place_and_nothing_else(self, school: School) -> None:
        await raised(school)
        page = (await school.lead.get("/v1/changes")).json()
        assert (page["items"], page["more"]) == ([], False)
        concern = await raised(school)
        found = await since(school.lead, page["next"], CONCERNS)
        assert [one["about"]["id"] for one in found] == [concern]

    async def test_reads_everything_from_the_start_in_the_order_of_commits(
        self, school: School
    ) -> None:
        made = [await raised(school) for _ in range(3)]
        for limit in (1, 2, 100):
            found = await since(school.lead, "start", f"{CONCERNS}&limit={limit}")
            assert [one["about"]["id"] for one in found] == made

    async def test_finds_progress_by_the_name_that_its_reporter_is_told(
        self, school: School
    ) -> None:
        concern = await raised(school)
        await school.lead.post(f"/v1/concerns/{concern}/acknowledge", version=1)
        found = await since(school.staff, "start", f"kind={PROGRESSED}")
        assert {one["about"]["id"] for one in found} == {concern}
        assert await since(school.staff, "start", "kind=concern.acknowledged") == []

    async def test_moves_on_over_what_the_reader_is_not_told(
        self, school: School, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.domain.exchange.events.queries.MOST_LOOKED_AT", 3)
        place = await now_of(school.lead)
        for _ in range(4):
            async with world.work(school.id) as work:
                for _ in range(3):
                    work.record(AuditEvent.CHILD_OPENED, "child", new_id())
        concern = await raised(school)
        page = (await school.lead.get(f"/v1/changes?since={place}")).json()
        assert (page["items"], page["more"]) == ([], True)
        assert page["next"] != place
        found = await since(school.lead, page["next"], CONCERNS)
        assert [one["about"]["id"] for one in found] == [concern]

    async def test_tells_the_same_as_the_stream_in_the_same_order(
        self, school: School, streams: Streams
    ) -> None:
        place = await now_of(school.lead)
        async with streams.ready(school[Role.DSL].token) as stream:
            await raised(school)
            concern = await raised(school)
            await school.lead.post(f"/v1/concerns/{concern}/acknowledge", version=1)
            told = await stream.events(7)
            assert await stream.nothing()
        listed = await since(school.lead, place)
        assert [event.data for event in told] == listed
        last = told[3].id
        assert await since(school.lead, last or "") == listed[4:]

    async def test_never_skips_what_is_committed_late(self, school: School, world: World) -> None:
        place = await now_of(school.lead)
        url = make_url(world.owner_url).set(drivername="postgresql").render_as_string(False)
        add = (
            "insert into trail (school_id, id, at, actor_id, actor_role, verb, noun, noun_id) "
            "values (%s, %s, now(), %s, 'system', 'school.changed', 'school', %s)"
        )
        late, early = new_id(), new_id()
        with psycopg.connect(url) as slow:
            slow.execute(add, (school.id, late, school.id, school.id))
            world.sql(add, school.id, early, school.id, school.id)
            page = (await school.lead.get(f"/v1/changes?since={place}")).json()
            assert str(early) not in [one["id"] for one in page["items"]]
            slow.commit()
        found = await since(school.lead, page["next"])
        assert [one["id"] for one in found] == [str(late), str(early)]

    async def test_shows_another_school_nothing(self, school: School, other_school: School) -> None:
        await raised(school)
        found = await since(other_school.lead, "start")
        assert found == []

    async def test_refuses_a_place_of_another_school_or_a_forged_one(
        self, school: School, other_school: School
    ) -> None:
        for place in (await now_of(other_school.lead), "AAAA", "x" * 40, "%C3%A9", "start%20"):
            answer = await school.lead.get(f"/v1/changes?since={place}")
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "cursor_invalid"

    async def test_tells_nobody_the_numbers_of_transactions(
        self, world: World, school: School
    ) -> None:
        text = await now_of(school.lead)
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        place = world.runtime.cursors.read(school.id, text, "/")
        assert place.xid > 0
        assert place.xid.to_bytes(8, "big").lstrip(b"\0") not in sealed
        again = build_runtime(world.runtime.settings).cursors
        assert again.read(school.id, text, "/") == place
        assert again.written(school.id, place) == text

    async def test_says_when_a_place_is_beyond_the_end(self, school: School) -> None:
        beyond = school.world.runtime.cursors.written(school.id, Place(2**62))
        answer = await school.lead.get(f"/v1/changes?since={beyond}")
        assert (answer.status_code, answer.json()["code"]) == (409, "place_unknown")

    async def test_refuses_what_it_does_not_know(self, school: School) -> None:
        for query in ("kind=concern.opened", "limit=0", "limit=501", "cursor=x", "since=a&since=b"):
            assert (await school.lead.get(f"/v1/changes?{query}")).status_code == 422

    async def test_refuses_a_program_and_a_role_without_alerts(
        self, school: School, world: World
    ) -> None:
        _, key = await world.a_service_key(school.id, Permission.ROSTER_IMPORT)
        for token in (key, school[Role.GOVERNOR].token):
            assert (await world.as_token(token).get("/v1/changes")).status_code == 403

    async def test_leaves_no_trace_and_repeats_exactly(self, school: School, world: World) -> None:
        await raised(school)
        count = "select count(*) from trail where school_id = %s"
        before = world.sql(count, school.id)
        first = await school.lead.get("/v1/changes?since=start")
        second = await school.lead.get("/v1/changes?since=start")
        assert first.json()["items"] == second.json()["items"] != []
        assert world.sql(count, school.id) == before


class TestWhoIsTold:
    @pytest.mark.parametrize("owns", [False, True])
    @pytest.mark.parametrize("confidentiality", ["K3", "K5", "K6"])
    async def test_of_an_alert_as_the_inbox_shows_it(
        self, school: School, world: World, owns: bool, confidentiality: str
    ) -> None:
        """Sealed or moved meanwhile, it stays with who has something to do of the concern."""
        deputy, api = school[Role.DEPUTY_DSL], school.api(Role.DEPUTY_DSL)
        concern = await raised(school)
        async with world.work(school.id) as work:
            tell(work, deputy.id, "concern_raised", concern_id=UUID(concern))
        owner = deputy if owns else school[Role.DSL]
        world.sql(
            "update concern set confidentiality = %s, owner_id = %s,"
            " state = case when %s then 'moved_to_adults' else state end,"
            " ended_at = case when %s then now() end where id = %s",
            confidentiality, owner.id, *[confidentiality == "K6"] * 2, concern,
        )  # fmt: skip
        if confidentiality == "K6":
            world.sql(
                "update deadline set ended_at = now(), ended_reason_code = 'moved'"
                " where thing_id = %s", concern,
            )  # fmt: skip
        shown = await shown_of(world, api, deputy.id, concern)
        assert bool(shown) == (owns or confidentiality == "K3")

    @pytest.mark.parametrize("role", [Role.DSL, Role.DEPUTY_DSL])
    @pytest.mark.parametrize("confidentiality", ["K3", "K5", "K6"])
    async def test_of_what_rings_as_the_inbox_shows_it(
        self, school: School, world: World, role: Role, confidentiality: str
    ) -> None:
        """What rings is shown to those who may open what is overdue, whoever was told of it."""
        concern = await raised(school)
        world.sql("delete from alert where concern_id = %s", concern)
        async with world.work(school.id) as work:
            tell(work, school[role].id, "overdue", concern_id=UUID(concern))
        world.sql(
            "update alert a set deadline_id = d.id, round = 1, rung = 1, rung_at = now()"
            " from deadline d where d.thing_id = %s and a.concern_id = d.thing_id", concern,
        )  # fmt: skip
        moved = confidentiality == "K6"
        world.sql(
            "update concern set confidentiality = %s, owner_id = %s,"
            " state = case when %s then 'moved_to_adults' else state end,"
            " ended_at = case when %s then now() end where id = %s",
            confidentiality, school[Role.DSL].id, moved, moved, concern,
        )  # fmt: skip
        world.sql(
            "update deadline set ended_at = now(), ended_reason_code = 'moved'"
            " where thing_id = %s and %s", concern, moved,
        )  # fmt: skip
        shown = await shown_of(world, school.api(role), school[role].id, concern)
        reads = {Role.DSL: ("K3", "K5"), Role.DEPUTY_DSL: ("K3",)}
        assert bool(shown) == (confidentiality in reads[role])

    async def test_of_people_and_settings_by_permission(self, school: School, world: World) -> None:
        webhook = Plot(world, school, new_id()).plant("webhook", school[Role.DSL].id)
        async with world.work(school.id) as work:
            work.record(AuditEvent.WEBHOOK_ADDED, "webhook", webhook)
            for did, noun in (
                (AuditEvent.SUSPENDED, "staff"), (AuditEvent.SERVICE_KEY_ADDED, "service_key"),
                (AuditEvent.ROSTER_APPLIED, "roster_import"), (AuditEvent.AGENCY_ADDED, "agency"),
                (AuditEvent.SCHOOL_CHANGED, "school"),
                (AuditEvent.CONFLICT_DECLARED, "conflict"), (AuditEvent.ACCESS_REFUSED, "x"),
                (AuditEvent.SIGNED_IN, "session"), (AuditEvent.MONITORING_RECEIVED,
                "monitoring_alert"),
            ):  # fmt: skip
                work.record(did, noun, new_id())
        told = {
            role: {one["kind"] for one in await since(school.api(role), "start")}
            for role in (Role.STAFF, Role.DSL, Role.SCHOOL_ADMIN, Role.TRUST_LEAD)
        }
        assert told[Role.STAFF] == {"school.changed"}
        assert told[Role.TRUST_LEAD] == {"school.changed"}
        assert told[Role.DSL] == {
            "school.changed", "agency.added", "webhook.added",
        }  # fmt: skip
        assert told[Role.SCHOOL_ADMIN] == {
            "school.changed", "staff.suspended", "service_key.added", "roster.applied",
            "webhook.added",
        }  # fmt: skip

    async def test_of_an_action_to_its_owner_and_not_to_colleagues(self, school: School) -> None:
        concern = await raised(school)
        owner, other = await school.person(Role.STAFF), await school.person(Role.STAFF)
        due_at = (clock.now() + timedelta(days=2)).isoformat()
        body = {"what": "Phone home.", "owner_id": str(owner.id), "due_at": due_at}
        answer = await school.lead.post(f"/v1/concerns/{concern}/actions", body)
        assert answer.status_code == 201, answer.text
        world = school.world
        query = "kind=action.set&kind=concern.raised"
        mine = await since(world.as_token(owner.token), "start", query)
        assert [(one["kind"], one["concern_id"]) for one in mine] == [("action.set", concern)]
        assert await since(world.as_token(other.token), "start", query) == []
        assert len(await since(school.lead, "start", query)) == 2

    async def test_of_a_grant_to_nobody_who_is_related_to_a_child_of_its_concern(
        self, school: School
    ) -> None:
        child, pastoral = await school.child(), school[Role.PASTORAL]
        concern = str((await raise_one(school.staff, child))["id"])
        place = await now_of(school.api(Role.PASTORAL))
        await granted(school, pastoral, concern_id=concern)
        assert len(await since(school.api(Role.PASTORAL), place, "kind=access.granted")) == 1
        in_conflict(school, pastoral.id, child)
        assert await since(school.api(Role.PASTORAL), place, "kind=access.granted") == []

    async def test_of_a_child_to_those_who_open_its_record(self, school: School) -> None:
        child = await school.child(year_group="8", registration_group="8X")
        outside = await school.person(Role.PASTORAL)
        api = school.world.as_token(outside.token)
        query = "kind=child.added"
        assert [one["about"]["id"] for one in await since(school.lead, "start", query)] == [
            str(child)
        ]
        assert await since(api, "start", query) == []
        assert await since(school.staff, "start", query) == []
        await school.lead.post("/v1/conflicts", {"child_id": str(child), "reason": "My own."})
        assert await since(school.lead, "start", query) == []


class TestTheCost:
    async def test_asks_a_few_statements_whatever_the_page_holds(
        self, school: School, world: World
    ) -> None:
        for _ in range(5):
            await raised(school)
        few = await self.statements(world, school)
        await asyncio.gather(*(raised(school) for _ in range(20)))
        assert await self.statements(world, school) == few <= 9

    @staticmethod
    async def statements(world: World, school: School) -> int:
        """How many statements one page asks."""
        async with captured(world) as seen:
            page = (await school.lead.get("/v1/changes?since=start&limit=500")).json()
        assert page["items"]
        return len([one for one in seen if not LEARNING.search(one)])
