"""Prepares the requests of each operation, for both servers, and checks that they do the same."""

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import namedtuple_row

from app.core import clock
from app.core.settings import Settings
from app.integrations.signing_keys import KeyRing
from app.integrations.tokens import AccessTokens

SEPARATOR = b"\n--next--\n"
HOW_MANY = 500
ENTRIES = 60
PUPILS_NAMED = (1, 1, 1, 2)
CARDS = 50
EMPTY: tuple[object, ...] = (None, False, [], {})
"""What tells nothing: the twin may leave out a field that is so in every row."""
DECIDED = {"visibility"}
"""What no row holds: the reader's sight, which the twin does not decide."""

PEOPLE = """
select s.account_id, s.id as session_id, s.organisation_id as school_id, s.role
from auth_session s where s.organisation_id = any(%s) and s.role = %s
order by s.organisation_id, s.id
"""
BUSY_CHILDREN = """
select school_id, child_id as id from chronology_entry where school_id = any(%s)
group by school_id, child_id having count(*) >= %s order by school_id, child_id
"""
PUPILS = "select school_id, id from child where school_id = any(%s) order by school_id, id"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as both servers take it."""

    method: str
    path: str
    twin_path: str
    person: Any
    body: Any = None


class Rows:
    """Picks the people and pupils of the requests: a fifth of them in the largest school."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.dice = random.Random(7)
        self.large, *self.others = (
            row.id
            for row in self._rows("select id from organisation order by substr(name, 8)::int")
        )

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url, row_factory=namedtuple_row) as connection:
            return connection.execute(statement, values).fetchall()

    def _spread(self, statement: str, *values: Any) -> list[Any]:
        """`HOW_MANY` rows, a fifth of the largest school and the rest of all the others."""
        share = HOW_MANY // 5
        picked: list[Any] = []
        for schools, number in (([self.large], share), (self.others, HOW_MANY - share)):
            rows = self._rows(statement, schools, *values)
            self.dice.shuffle(rows)
            picked += itertools.islice(itertools.cycle(rows), number)
        self.dice.shuffle(picked)
        return picked

    def lists(self) -> list[Call]:
        """The newest open concerns, as leads ask for them."""
        path = f"?state=open&limit={CARDS}"
        return [
            Call("GET", f"/v1/concerns{path}", f"/concerns{path}", lead)
            for lead in self._spread(PEOPLE, "dsl")
        ]

    def chronologies(self) -> list[Call]:
        """Pupils who fill a page, as their school's lead reads them."""
        leads = {lead.school_id: lead for lead in self._spread(PEOPLE, "dsl")}
        leads |= {row.school_id: row for row in self._rows(PEOPLE, self.others, "dsl")}
        calls = []
        for child in self._spread(BUSY_CHILDREN, ENTRIES):
            path = f"/children/{child.id}/chronology?limit={ENTRIES}"
            calls.append(Call("GET", f"/v1{path}", path, leads[child.school_id]))
        return calls

    def raises(self) -> list[Call]:
        """A teacher's concern about one pupil or two."""
        pupils: dict[UUID, list[Any]] = {}
        for pupil in self._rows(PUPILS, [self.large, *self.others]):
            pupils.setdefault(pupil.school_id, []).append(pupil)
        return [
            Call(
                "POST", "/v1/concerns", "/concerns", teacher, self._worry(pupils[teacher.school_id])
            )
            for teacher in self._spread(PEOPLE, "staff")
        ]

    def _worry(self, pupils: list[Any]) -> dict[str, Any]:
        return concern(self.dice.sample(pupils, self.dice.choice(PUPILS_NAMED)))


def concern(pupils: list[Any]) -> dict[str, Any]:
    """The body that raises a concern."""
    return {
        "children": [
            {"child_id": str(pupil.id), "role": "subject" if place == 0 else "witness"}
            for place, pupil in enumerate(pupils)
        ],
        "account": [
            {"kind": "child_said", "text": "I do not want to go home today.",
             "prompted_by": "Is everything all right?"},
            {"kind": "observed", "text": "Waited at the gate and was shaking. " * 6},
        ],
        "occurred_at": clock.now().replace(microsecond=0).isoformat(),
        "occurred_precision": "about", "place": "playground", "source": "child_disclosure",
        "immediacy": "today", "categories": ["not_sure"],
        "parents_told": {"value": "not_yet", "reason": "Not safe to tell them yet."},
    }  # fmt: skip


class Writer:
    """Writes requests for one server as the bytes that go over the wire."""

    def __init__(self, settings: Settings, app_port: int, twin_port: int) -> None:
        ring = KeyRing(settings.keys_dir)
        ring.ensure()
        self.tokens = AccessTokens(ring, issuer=settings.base_url, audience=settings.audience)
        self.ports = {"app": app_port, "twin": twin_port}

    def headers(self, target: str, call: Call, tokens: dict[UUID, str]) -> dict[str, str]:
        """What each server needs to know who asks."""
        who = call.person
        headers = {"Host": f"127.0.0.1:{self.ports[target]}", "Accept": "application/json"}
        if target == "app":
            if who.account_id not in tokens:
                tokens[who.account_id] = self._token(who)
            headers["Authorization"] = f"Bearer {tokens[who.account_id]}"
        else:
            headers |= {"X-School": str(who.school_id), "X-Account": str(who.account_id)}
        if call.body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": "@KEY@"}
        return headers

    def _token(self, who: Any) -> str:
        return self.tokens.issue(
            sub=who.account_id, sid=who.session_id, org=who.school_id, role=who.role,
            scope=("cairn",), amr=("pwd", "otp"), auth_time=clock.now(),
        )  # fmt: skip

    def write(self, target: str, calls: list[Call], path: Path) -> None:
        """One file of requests with fresh tokens."""
        tokens: dict[UUID, str] = {}
        parts = []
        for call in calls:
            body = b"" if call.body is None else json.dumps(call.body).encode()
            headers = self.headers(target, call, tokens)
            if body:
                headers["Content-Length"] = str(len(body))
            address = call.path if target == "app" else call.twin_path
            lines = [f"{call.method} {address} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            parts.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body + SEPARATOR)
        path.write_bytes(b"".join(parts))

    def check_same(self, operation: str, call: Call, key: str) -> None:
        """Ask both servers the same and stop unless they answer with the same rows."""
        answers = {}
        for target, port in self.ports.items():
            headers = self.headers(target, call, {})
            if "Idempotency-Key" in headers:
                headers["Idempotency-Key"] = f"{key}-{target}"
            address = call.path if target == "app" else call.twin_path
            answer = httpx.request(
                call.method, f"http://127.0.0.1:{port}{address}", headers=headers, json=call.body
            )
            if not answer.is_success:
                raise SystemExit(f"{operation}: {target} answers {answer.status_code}")
            answers[target] = answer.json()
        if call.method == "GET":
            _same_items(operation, answers["app"]["items"], answers["twin"]["items"])


def _same_items(operation: str, ours: list[Any], twins: list[Any]) -> None:
    if [item["id"] for item in ours] != [item["id"] for item in twins]:
        raise SystemExit(f"{operation}: the two servers answer with different rows")
    told = {name for item in ours for name, value in item.items() if value not in EMPTY}
    beyond = told - twins[0].keys() - DECIDED
    if beyond:
        raise SystemExit(f"{operation}: the twin leaves out {', '.join(sorted(beyond))}")
