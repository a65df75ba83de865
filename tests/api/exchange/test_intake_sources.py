"""Sources of alerts: their words, their secrets, and what is taken from a signature."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from app.domain.exchange.intake_sources.commands import TRIES
from tests.monitoring import INBOX, INTAKE, SOURCES, Tool, a_tool, an_alert, row_of, verbs_of
from tests.world import Api, School, World


@pytest.fixture
def admin(school: School) -> Api:
    """The API as the school's administrator."""
    return school.api(Role.SCHOOL_ADMIN)


@pytest.fixture
async def tool(world: World, school: School) -> Tool:
    """A source."""
    return await a_tool(world, school)


async def age(world: World, school: School) -> None:
    """Let every proof of identity be an hour old."""
    world.sql(
        "update auth_session set auth_time = now() - interval '1 hour' where organisation_id = %s",
        school.id,
    )


class TestAddIntakeSource:
    async def test_shows_its_secret_once_and_keeps_it_sealed(
        self, world: World, admin: Api
    ) -> None:
        answer = await admin.post(SOURCES, {"name": "Filter", "kind": "filter"})
        made = answer.json()
        assert answer.status_code == 201
        assert answer.headers["location"] == f"{SOURCES}/{made['id']}"
        assert made["address"] == f"http://cairn.test{INTAKE}/{made['id']}"
        secret = made["signing_secret"]
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        shown = (await admin.get(f"{SOURCES}/{made['id']}")).json()
        assert "signing_secret" not in shown
        assert shown["state"] == "waiting"
        assert shown["identifiers"] == ["upn", "mis_id", "email", "username"]
        kept = world.sql("select sealed from intake_source where id = %s", made["id"])[0][0]
        assert base64.b64decode(secret.removeprefix("whsec_")) not in kept
        assert verbs_of(world, made["id"]) == ["intake_source.added"]

    async def test_gives_no_name_to_two(self, admin: Api) -> None:
        assert (await admin.post(SOURCES, {"name": "One", "kind": "other"})).status_code == 201
        again = await admin.post(SOURCES, {"name": "ONE", "kind": "other"})
        assert (again.status_code, again.json()["code"]) == (409, "already_exists")

    async def test_asks_for_a_fresh_proof(self, world: World, school: School, admin: Api) -> None:
        await age(world, school)
        answer = await admin.post(SOURCES, {"name": "One", "kind": "other"})
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "spy"},
            {"name": " "},
            {"severities": {"x": "worst"}},
            {"severities": {"": "low"}},
            {"categories": {"x": "games"}},
            {"identifiers": []},
            {"identifiers": ["name"]},
            {"identifiers": ["upn", "upn"]},
            {"secret": "mine"},
        ],
    )
    async def test_refuses_what_no_source_can_be(self, admin: Api, fields: dict[str, Any]) -> None:
        answer = await admin.post(SOURCES, {"name": "One", "kind": "other"} | fields)
        assert answer.status_code == 422


class TestGetIntakeSource:
    async def test_counts_what_became_of_its_alerts(
        self, school: School, admin: Api, tool: Tool
    ) -> None:
        first = await tool.sent(source_severity="Strange")
        await tool.sent()
        await tool.sent(subject={"username": "other"}, category=None, source_category="Games")
        answer = await school.lead.post(
            f"{INBOX}/{first['id']}/dismiss",
            {"reason_code": "false_positive", "reason": "x"},
            version=2,
        )
        assert answer.status_code == 200, answer.text
        found = (await admin.get(f"{SOURCES}/{tool.id}")).json()
        assert found["state"] == "active"
        for state, ids in (("active", [str(tool.id)]), ("waiting", []), ("open", [str(tool.id)])):
            rows = (await admin.get(SOURCES, params={"state": state})).json()["items"]
            assert [one["id"] for one in rows] == ids, state
        assert found["open"] == 1
        assert found["unmapped_categories"] == ["Games"]
        assert found["counts"] == [
            {"category": "self_harm", "received": 2, "open": 0, "taken_up": 0, "dismissed": 2,
             "false_positives": 2},
            {"category": "uncategorised", "received": 1, "open": 1, "taken_up": 0, "dismissed": 0,
             "false_positives": 0},
        ]  # fmt: skip
        assert "example.org" not in str(found)

    async def test_lists_words_that_nobody_mapped(self, admin: Api, tool: Tool) -> None:
        await tool.sent(severity="Strange")
        found = (await admin.get(f"{SOURCES}/{tool.id}")).json()
        assert found["unmapped_severities"] == ["Strange"]


class TestChangeIntakeSource:
    async def test_changes_what_words_mean_from_now_on(
        self, world: World, admin: Api, tool: Tool
    ) -> None:
        before = await tool.sent(severity="Strange")
        path = f"{SOURCES}/{tool.id}"
        answer = await admin.patch(path, {"severities": {" STRANGE ": "low"}}, version=1)
        assert answer.status_code == 200, answer.text
        assert answer.json()["severities"] == {"strange": "low"}
        after = await tool.sent(severity="Strange", subject={"username": "x"})
        assert row_of(world, before["id"])["severity"] == "high"
        assert row_of(world, after["id"])["severity"] == "low"
        bound_and_changed = ["intake_source.changed"] * 2
        assert verbs_of(world, tool.id) == ["intake_source.added", *bound_and_changed]

    async def test_needs_the_present_version(self, admin: Api, tool: Tool) -> None:
        path = f"{SOURCES}/{tool.id}"
        assert (await admin.patch(path, {"kind": "other"})).status_code == 428
        assert (await admin.patch(path, {"kind": "other"}, version=9)).status_code == 412

    async def test_leaves_one_that_ended_as_it_is(self, admin: Api, tool: Tool) -> None:
        path = f"{SOURCES}/{tool.id}"
        for _ in range(2):
            assert (await admin.post(f"{path}/end", version=1)).json()["state"] == "ended"
        for answer in (
            await admin.patch(path, {"kind": "other"}, version=2),
            await admin.post(f"{path}/rotate", version=2),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "intake_source_ended")
        assert (await admin.get(SOURCES)).json()["items"] == []
        assert len((await admin.get(SOURCES, params={"state": "ended"})).json()["items"]) == 1


class TestRotateIntakeSource:
    async def test_lets_both_secrets_work_for_a_day(self, admin: Api, tool: Tool) -> None:
        answer = await admin.post(f"{SOURCES}/{tool.id}/rotate", version=1)
        assert answer.status_code == 200, answer.text
        fresh = answer.json()["signing_secret"]
        assert fresh != tool.secret
        assert (await tool.send_signed()).status_code == 202
        body = orjson.dumps(an_alert())
        assert (await tool.send_signed(body, tool.signed(body, secret=fresh))).status_code == 202
        with clock.shifted(timedelta(hours=24, minutes=1)):
            body = orjson.dumps(an_alert())
            old, new = tool.signed(body), tool.signed(body, secret=fresh)
            assert (await tool.send_signed(body, old)).status_code == 401
            assert (await tool.send_signed(body, new)).status_code == 202

    async def test_asks_for_a_fresh_proof(
        self, world: World, school: School, admin: Api, tool: Tool
    ) -> None:
        await age(world, school)
        answer = await admin.post(f"{SOURCES}/{tool.id}/rotate", version=1)
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")


def _replaced(name: str, value: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda headers: headers | {name: value}


ATTACKS: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "another id": _replaced("webhook-id", "msg_2"),
    "an empty id": _replaced("webhook-id", ""),
    "another time": lambda headers: (
        headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    ),
    "no time": _replaced("webhook-timestamp", "now"),
    "a negative time": _replaced("webhook-timestamp", "-1"),
    "no signature": _replaced("webhook-signature", ""),
    "an empty signature": _replaced("webhook-signature", "v1,"),
    "another version": lambda headers: (
        headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v1a,")}
    ),
    "no base64": _replaced("webhook-signature", "v1,%%%"),
    "zeros": _replaced("webhook-signature", "v1," + base64.b64encode(bytes(32)).decode()),
    "a part of it": lambda headers: (
        headers | {"webhook-signature": headers["webhook-signature"][:30]}
    ),
    "many": _replaced(
        "webhook-signature", " ".join(["v1," + base64.b64encode(bytes(32)).decode()] * 30)
    ),
}


class TestReceiveSignedAlert:
    async def test_needs_no_token(self, world: World, tool: Tool) -> None:
        answer = await tool.send_signed()
        assert answer.status_code == 202, answer.text
        told = answer.json()
        assert told["state"] == "open"
        entry = world.sql(
            "select actor_role, details->>'signed' from trail where noun_id = %s"
            " and verb = 'monitoring_alert.received'", told["id"],
        )  # fmt: skip
        assert entry == [("system", "true")]

    async def test_takes_a_replay_for_the_first(self, tool: Tool) -> None:
        body = orjson.dumps(an_alert())
        headers = tool.signed(body)
        first, again = [(await tool.send_signed(body, headers)).json() for _ in range(2)]
        assert again == first | {"duplicate": True}

    async def test_takes_one_of_several_signatures(self, tool: Tool) -> None:
        body = orjson.dumps(an_alert())
        headers = tool.signed(body)
        wrong = "v1," + base64.b64encode(b"x" * 32).decode()
        headers["webhook-signature"] = f"v1a,abc {wrong} {headers['webhook-signature']}"
        assert (await tool.send_signed(body, headers)).status_code == 202

    @pytest.mark.parametrize("name", ATTACKS)
    async def test_refuses_what_is_not_signed(self, world: World, tool: Tool, name: str) -> None:
        body = orjson.dumps(an_alert())
        answer = await tool.send_signed(body, ATTACKS[name](tool.signed(body)))
        self.check_refused(answer)
        assert world.sql("select count(*) from monitoring_alert where source_id = %s", tool.id) == [
            (0,)
        ]

    async def test_refuses_another_body_and_another_secret(
        self, world: World, school: School, tool: Tool
    ) -> None:
        body = orjson.dumps(an_alert())
        self.check_refused(await tool.send_signed(body + b" ", tool.signed(body)))
        other = await a_tool(world, school)
        self.check_refused(await tool.send_signed(body, other.signed(body)))

    @pytest.mark.parametrize("minutes", [-6, 6])
    async def test_refuses_what_is_old_or_to_come(self, tool: Tool, minutes: int) -> None:
        body = orjson.dumps(an_alert())
        near = 4 if minutes > 0 else -4
        self.check_refused(await tool.send_signed(body, tool.signed(body, minutes=minutes)))
        assert (await tool.send_signed(body, tool.signed(body, minutes=near))).status_code == 202

    async def test_says_the_same_of_a_source_that_is_none(
        self, world: World, school: School, tool: Tool
    ) -> None:
        body = orjson.dumps(an_alert())
        unknown = Tool(world, school, str(new_id()), tool.secret, tool.key)
        self.check_refused(await unknown.send_signed(body))
        await school.lead.post(f"{SOURCES}/{tool.id}/end", version=1)
        self.check_refused(await tool.send_signed(body))

    async def test_looks_at_the_signature_before_the_body(self, tool: Tool) -> None:
        """Whoever has no secret learns nothing of what a body should be."""
        body = b'{"external_id": 1}'
        self.check_refused(await tool.send_signed(body, tool.signed(b"another")))
        answer = await tool.send_signed(body, tool.signed(body))
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/occurred_at"]

    async def test_needs_every_header(self, tool: Tool) -> None:
        body = orjson.dumps(an_alert())
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            headers = tool.signed(body)
            del headers[name]
            assert (await tool.send_signed(body, headers)).status_code == 422

    async def test_does_not_look_at_what_source_the_body_names(
        self, world: World, school: School, tool: Tool
    ) -> None:
        other = await a_tool(world, school)
        answer = await tool.send_signed(source=other.id)
        assert row_of(world, answer.json()["id"])["source_id"] == tool.id

    async def test_makes_strangers_wait_and_not_the_tool(self, world: World, tool: Tool) -> None:
        body = orjson.dumps(an_alert())
        wrong = tool.signed(body) | {"webhook-signature": "v1,AAAA"}
        for _ in range(4 * TRIES.burst):
            answer = await tool.send_signed(body, wrong)
            if answer.status_code == 429:
                break
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        elsewhere = httpx.ASGITransport(world.application, client=("203.0.113.9", 4_000))
        async with httpx.AsyncClient(transport=elsewhere, base_url="http://cairn.test") as client:
            path = f"{INTAKE}/{tool.id}"
            sent = await client.post(path, content=body, headers=tool.signed(body))
        assert sent.status_code == 202

    @staticmethod
    def check_refused(answer: httpx.Response) -> None:
        body = answer.json() | {"instance": ""}
        assert answer.status_code == 401
        assert body == {
            "type": "/problems/signature_refused",
            "title": "The signature of this alert is not valid.",
            "status": 401,
            "detail": "The signature of this alert is not valid.",
            "instance": "",
            "code": "signature_refused",
        }


class TestListAlertFeedback:
    async def test_tells_what_was_dismissed_and_no_more(
        self, world: World, school: School, tool: Tool
    ) -> None:
        head = await tool.sent(external_id="one")
        await tool.sent(external_id="two")
        await tool.sent(external_id="three", subject={"username": "x"})
        note = {"reason_code": "false_positive", "reason": "An essay about history"}
        await school.lead.post(f"{INBOX}/{head['id']}/dismiss", note, version=2)
        path = f"{INTAKE}/feedback"
        assert (await tool.key.get(path)).json()["items"] == [], "told once nothing can be skipped"
        with clock.shifted(timedelta(minutes=2)):
            found = (await tool.key.get(path)).json()["items"]
            assert [(one["external_id"], one["outcome"]) for one in found] == [
                ("one", "false_positive"), ("two", "false_positive"),
            ]  # fmt: skip
            assert set(found[0]) == {"id", "source_id", "source", "external_id", "outcome", "at"}
            first = (await tool.key.get(path, params={"limit": 1})).json()
            rest = await tool.key.get(path, params={"limit": 1, "cursor": first["next"]})
            assert [one["external_id"] for one in rest.json()["items"]] == ["two"]
            later = (clock.now() + timedelta(minutes=1)).isoformat()
            assert (await tool.key.get(path, params={"since": later})).json()["items"] == []
            other = await a_tool(world, school)
            assert (await tool.key.get(path, params={"source": other.id})).status_code == 404
        assert (await tool.key.get(path, params={"source": "none"})).status_code == 404
        assert (await school.lead.get(path)).status_code == 403

    async def test_tells_a_key_of_its_own_school_alone(
        self, world: World, school: School, tool: Tool, other_school: School
    ) -> None:
        told = await tool.sent()
        await school.lead.post(
            f"{INBOX}/{told['id']}/dismiss", {"reason_code": "test", "reason": "x"}, version=1
        )
        theirs = await a_tool(world, other_school)
        with clock.shifted(timedelta(minutes=2)):
            assert (await theirs.key.get(f"{INTAKE}/feedback")).json()["items"] == []
            assert len((await tool.key.get(f"{INTAKE}/feedback")).json()["items"]) == 1
