"""Clients that write, are cut off, ask again with the same key, and keep what they were told."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from app.api.runtime import Runtime
from app.core import clock
from app.core.ids import made_by, new_id
from app.core.words import Role
from bench.soak.town import LEADS, Person, School, token_of

AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request is sent once more with the same key."""
PATIENCE_SECONDS = 120
TOKEN_SECONDS = 240
OF_SELF_HARM = 0.05
"""How many concerns tell of self-harm: few, as all of a school's are about one pupil, and leads
hear of each that joins the others."""
REPEATED = 0.05
"""How many requests are sent once more though they were answered."""


@dataclass
class Ledger:
    """What clients were told: every entry has to be found in the database at the end."""

    concerns: dict[str, School] = field(default_factory=dict)
    dangers: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    triaged: set[str] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)
    pathways: set[str] = field(default_factory=set)
    """Concerns that told of self-harm: each owes its steps."""
    accompanied: set[str] = field(default_factory=set)
    """Those of them where somebody was told to be with the pupil."""
    alerts: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    """Concerns that may or may not be there: no answer ever came."""
    answers: int = 0
    cut: int = 0
    replayed: int = 0
    server_errors: int = 0
    raising: Counter[int] = field(default_factory=Counter)
    """Every answer to a concern that was raised, by its status."""
    accepted: list[float] = field(default_factory=list)
    """When each 201 to a concern came."""
    untold: list[str] = field(default_factory=list)
    """Answers nobody expected."""


class Client:
    """One person's program."""

    def __init__(self, runtime: Runtime, person: Person, base_url: str, ledger: Ledger) -> None:
        self._runtime, self._person, self._ledger = runtime, person, ledger
        self._http = httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False)
        self._token, self._issued = "", clock.now() - timedelta(days=1)

    @property
    def person_id(self) -> UUID:
        """Whose program it is."""
        return self._person.id

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def get(self, path: str) -> httpx.Response | None:
        """Read, once; None where there is no answer."""
        try:
            answer = await self._http.get(path, headers=self._headers())
        except httpx.TransportError:
            return None
        self._ledger.server_errors += answer.status_code == 500
        return answer if answer.status_code == 200 else None

    async def post(
        self, path: str, body: Any = None, *, version: str | None = None
    ) -> httpx.Response | None:
        """Write, and ask again with the same key until there is an answer; None where none came."""
        headers = {"Idempotency-Key": str(new_id())}
        if version is not None:
            headers["If-Match"] = version
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < until:
            answer = await self._send(path, body, headers)
            if answer is not None:
                self._ledger.answers += 1
                self._ledger.replayed += _is_replayed(answer)
                if random.random() < REPEATED and '"secret":' not in answer.text:  # told once
                    await self._repeat(path, body, headers, answer)
                return answer
            await asyncio.sleep(random.uniform(0.1, 0.6))
        return None

    async def _send(self, path: str, body: Any, headers: dict[str, str]) -> httpx.Response | None:
        try:
            answer = await self._http.post(path, json=body, headers=self._headers() | headers)
        except httpx.TransportError:
            self._ledger.cut += 1
            return None
        if path == "/v1/concerns":
            self._ledger.raising[answer.status_code] += 1
            if answer.status_code == 201:
                self._ledger.accepted.append(time.monotonic())
        if answer.status_code == 500:
            self._ledger.server_errors += 1
        return None if answer.status_code in AGAIN else answer

    async def _repeat(
        self, path: str, body: Any, headers: dict[str, str], first: httpx.Response
    ) -> None:
        """As a client whose answer got lost: the same request has the same answer."""
        again = await self._send(path, body, headers)
        if again is None or not first.is_success:
            return
        self._ledger.replayed += _is_replayed(again)
        if not _is_replayed(again) or again.content != first.content:
            self._ledger.untold.append(f"repeated {path} {again.status_code}")

    def _headers(self) -> dict[str, str]:
        if (clock.now() - self._issued).total_seconds() > TOKEN_SECONDS:
            self._token, self._issued = token_of(self._runtime, self._person), clock.now()
        return {"Authorization": f"Bearer {self._token}"}


def _is_replayed(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("Idempotency-Replayed") == "true")


class Reporter:
    """A teacher who raises concerns."""

    def __init__(self, client: Client, school: School, ledger: Ledger) -> None:
        self._client, self._school, self._ledger = client, school, ledger

    async def work(self, stop: asyncio.Event, pause: float) -> None:
        """Raise one concern after another until told to stop."""
        while not stop.is_set():
            await self._raise()
            await asyncio.sleep(random.uniform(0.3, 1.7) * pause)

    async def _raise(self) -> None:
        sent, danger = new_id(), random.random() < 0.3
        id_ = str(made_by(self._client.person_id, sent))
        body = self._body(str(sent), danger)
        if random.random() < OF_SELF_HARM:
            body["self_harm"] = {"kind": "self_harm"}
        self._ledger.unanswered.add(id_)
        answer = await self._client.post("/v1/concerns", body)
        if answer is None:
            return
        self._ledger.unanswered.discard(id_)
        if answer.status_code == 201 and answer.json()["id"] == id_:
            self._ledger.concerns[id_] = self._school
            if danger:
                self._ledger.dangers.add(id_)
            if "self_harm" in body:
                self._ledger.pathways.add(id_)
                await self._accompany(id_)
        else:
            self._ledger.untold.append(f"raise {answer.status_code} {answer.text[:120]}")

    async def _accompany(self, id_: str) -> None:
        """The reporter says who is with the pupil."""
        answer = await self._client.post(f"/v1/concerns/{id_}/with-adult", {"name": "Mr Bell"})
        if answer is None:
            return
        if answer.status_code in (200, 201):
            self._ledger.accompanied.add(id_)
        else:
            self._ledger.untold.append(f"with-adult {answer.status_code} {answer.text[:120]}")

    def _body(self, id_: str, danger: bool) -> dict[str, Any]:
        return {
            "id": id_,
            "children": [{"child_id": str(self._school.child)}],
            "account": [{"kind": "observed", "text": "Seen."}],
            "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
            "occurred_precision": "about",
            "source": "staff_observation",
            "immediacy": "immediate_danger" if danger else "today",
            "categories": ["not_sure"],
        }


class Lead:
    """A lead who reads alerts and works on concerns."""

    def __init__(self, client: Client, person: Person, school: School, ledger: Ledger) -> None:
        self._client, self._person = client, person
        self._school, self._ledger = school, ledger

    async def work(self, stop: asyncio.Event, pause: float) -> None:
        """Acknowledge, triage and set actions until told to stop."""
        while not stop.is_set():
            await self._read_inbox()
            await self._take_up()
            await asyncio.sleep(random.uniform(0.3, 1.7) * pause)

    async def _read_inbox(self) -> None:
        inbox = await self._client.get("/v1/alerts?state=open&limit=20")
        waiting = inbox.json()["items"] if inbox else []
        for alert in random.sample(waiting, min(2, len(waiting))):
            answer = await self._client.post(f"/v1/alerts/{alert['id']}/acknowledge")
            if answer is not None and answer.status_code == 200:
                self._ledger.alerts.add(alert["id"])

    async def _take_up(self) -> None:
        ours = [
            id_
            for id_, school in list(self._ledger.concerns.items())[-40:]
            if school is self._school and id_ not in self._ledger.dangers
            and id_ not in self._ledger.triaged
        ]  # fmt: skip
        if not ours:
            return
        id_ = random.choice(ours)
        for verb, body, told in (
            ("acknowledge", None, self._ledger.acknowledged),
            ("triage", self._judgement(), self._ledger.triaged),
            ("actions", self._action(), None),
        ):
            opened = await self._client.get(f"/v1/concerns/{id_}")
            if opened is None:
                return
            version = None if verb == "actions" else opened.headers["ETag"]
            answer = await self._client.post(f"/v1/concerns/{id_}/{verb}", body, version=version)
            if answer is None or answer.status_code not in (200, 201):
                return
            (self._ledger.actions.add(answer.json()["id"]) if told is None else told.add(id_))

    def _judgement(self) -> dict[str, Any]:
        return {
            "level": 2,
            "primary_category": "physical_abuse",
            "owner_id": str(self._person.id),
            "due_at": (clock.now() + timedelta(days=1)).isoformat(),
            "reason": "Looked at.",
        }

    def _action(self) -> dict[str, Any]:
        due_at = (clock.now() + timedelta(hours=2)).isoformat()
        return {"what": "Phone home.", "owner_id": str(self._person.id), "due_at": due_at}


def clients(
    runtime: Runtime, schools: list[School], base_url: str, ledger: Ledger
) -> list[tuple[Client, Reporter | Lead]]:
    """Two teachers and the leads of every school."""
    found: list[tuple[Client, Reporter | Lead]] = []
    for school in schools:
        for person in school.those(Role.STAFF):
            client = Client(runtime, person, base_url, ledger)
            found.append((client, Reporter(client, school, ledger)))
        for person in school.those(*LEADS):
            client = Client(runtime, person, base_url, ledger)
            found.append((client, Lead(client, person, school, ledger)))
    return found
