"""Tools that send alerts, for tests of what becomes of them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
from standardwebhooks import Webhook

from app.core import clock
from app.core.ids import new_id
from app.core.words import Permission, Role
from tests.world import Api, School, World

INTAKE = "/v1/alert-intake"
SOURCES = "/v1/intake-sources"
INBOX = "/v1/monitoring-alerts"
UPN = "T820001426097"


def an_alert(**fields: Any) -> dict[str, Any]:
    """What a tool sends; a field given as None is left out."""
    body: dict[str, Any] = {
        "external_id": f"e-{new_id().hex[-12:]}",
        "occurred_at": (clock.now() - timedelta(minutes=3)).isoformat(),
        "severity": "high",
        "category": "self_harm",
        "subject": {"username": "a.marsh", "name": "Sam Brook"},
        "device": {"name": "LT-12", "ip": "192.0.2.9"},
        "application": "Browser",
        "url": "https://example.org/search?q=1",
        "matched_terms": ["one", "two"],
        "snippet": "Something that was typed.",
        "evidence": [{"url": "https://tool.example/1.png", "media_type": "image/png"}],
        "review": {"status": "reviewed", "outcome": "true_positive"},
        "something_else": {"kept": True},
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


@dataclass
class Tool:
    """A source of a school, with its key and secret."""

    world: World
    school: School
    id: str
    secret: str
    key: Api

    async def send(self, **fields: Any) -> httpx.Response:
        """Send an alert by the service key."""
        return await self.key.post(INTAKE, an_alert(**({"source": self.id} | fields)))

    async def sent(self, **fields: Any) -> dict[str, Any]:
        """Send one that has to be taken."""
        answer = await self.send(**fields)
        assert answer.status_code == 202, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def signed(
        self, body: bytes, *, id_: str = "msg_1", secret: str | None = None, **moved: int
    ) -> dict[str, str]:
        """The headers of a signed body, by the standard's own library."""
        at = clock.now() + timedelta(**moved)
        signature = Webhook(secret or self.secret).sign(id_, at, body.decode())
        return {
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
            "Content-Type": "application/json",
        }

    async def send_signed(
        self, body: bytes | None = None, headers: dict[str, str] | None = None, **fields: Any
    ) -> httpx.Response:
        """Send an alert by signature, without any token."""
        content = body if body is not None else orjson.dumps(an_alert(**fields))
        return await self.world.anybody.request(
            "POST", f"{INTAKE}/{self.id}", content=content,
            headers=headers or self.signed(content),
        )  # fmt: skip

    async def open(self, alert_id: str, role: Role = Role.DSL) -> dict[str, Any]:
        """The alert as somebody of the school opens it."""
        answer = await self.school.api(role).get(f"{INBOX}/{alert_id}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown


async def a_tool(world: World, school: School, **fields: Any) -> Tool:
    """A source that was added by the school's administrator, and a key for it."""
    body = {"name": f"Filter {new_id().hex[-9:]}", "kind": "filter"} | fields
    answer = await school.api(Role.SCHOOL_ADMIN).post(SOURCES, body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    _, token = await world.a_service_key(school.id, Permission.ALERT_INTAKE)
    return Tool(world, school, made["id"], made["signing_secret"], world.as_token(token))


async def a_child_known_by(school: School, system: str, value: str, **columns: Any) -> UUID:
    """A child with an identifier."""
    child = await school.child(**columns)
    answer = await school.lead.post(
        f"/v1/children/{child}/identifiers", {"system": system, "value": value}
    )
    assert answer.status_code == 201, answer.text
    return child


def in_conflict(school: School, person: UUID, child: UUID) -> None:
    """Let somebody have an interest in a child."""
    school.world.sql(
        "insert into conflict (school_id, id, staff_id, child_id, kind, reason, created_by,"
        " created_at, state) values (%s, gen_random_uuid(), %s, %s, 'declared', 'x', %s, now(),"
        " 'in_force')",
        school.id, person, child, person,
    )  # fmt: skip


def row_of(world: World, alert_id: str) -> dict[str, Any]:
    """An alert as it is kept."""
    found: str = world.sql(
        "select row_to_json(a)::text from monitoring_alert a where id = %s", alert_id
    )[0][0]
    kept: dict[str, Any] = orjson.loads(found)
    return kept


def verbs_of(world: World, alert_id: str) -> list[str]:
    """What the trail says of an alert."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", alert_id)
    return [verb for (verb,) in rows]
