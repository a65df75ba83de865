"""Endpoints of a real receiver and the deliverer of a worker, for tests of what is sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from standardwebhooks import Webhook

from app.core.targets import Reach
from app.core.words import AuditEvent, Role
from app.integrations.webhook_sender import HttpSender
from app.jobs.webhooks import Delivering
from tests.receiver import Receiver
from tests.world import Api, School, World

NAME = "receiver.example"
HERE = Reach.of(("127.0.0.0/8",), (), local=True)


async def names(host: str, _port: int) -> Sequence[str]:
    """The only name there is."""
    if host != NAME:
        raise OSError("no such name")
    return ["127.0.0.1"]


def a_deliverer(world: World, *, seconds: float = 15.0) -> Delivering:
    """The deliverer of one process, which reaches this machine."""
    sender = HttpSender(HERE, resolve=names, seconds=seconds)
    return Delivering(world.runtime.database, world.runtime.vault, sender)


@dataclass
class Endpoint:
    """An endpoint of a school at the receiver."""

    world: World
    school: School
    receiver: Receiver
    api: Api
    path: str
    id: str = ""
    secret: str = ""
    owner_id: str = ""
    deliverer: Delivering = field(init=False)

    def __post_init__(self) -> None:
        self.deliverer = a_deliverer(self.world)

    async def add(self, **fields: Any) -> "Endpoint":
        """Add it through the API."""
        url = f"http://{NAME}:{self.receiver.port}{self.path}"
        answer = await self.api.post("/v1/webhooks", {"url": url, **fields})
        assert answer.status_code == 201, answer.text
        found = answer.json()
        self.id, self.secret, self.owner_id = found["id"], found["secret"], found["owner"]["id"]
        return self

    def behave(self, mode: str) -> None:
        """How the receiver answers from now on."""
        self.receiver.behave(self.path, mode)

    def got(self) -> list[dict[str, Any]]:
        """Everything that came."""
        return self.receiver.got(self.path)

    def ids(self, answered: str = "ok") -> list[str]:
        """The ids of what came and was answered so."""
        return self.receiver.ids(self.path, answered)

    def kinds(self) -> list[str]:
        """The kinds of what came."""
        return [json.loads(one["body"])["type"] for one in self.got()]

    async def happens(self, number: int = 1) -> list[str]:
        """So many events, each a commit of its own: their ids."""
        found = []
        for _ in range(number):
            async with self.world.work(self.school.id) as work:
                work.record(AuditEvent.STAFF_CHANGED, "staff", self.school[Role.STAFF].id)
            (row,) = self.world.sql(
                "select id from trail where school_id = %s order by xid desc, seq desc limit 1",
                self.school.id,
            )
            found.append(str(row[0]))
        return found

    async def settle(self) -> int:
        """Deliver until nothing is due any more; how many attempts it took."""
        made = 0
        while started := await self.deliverer.once():
            made += started
        return made

    def deliveries(self, *columns: str) -> list[Any]:
        """Columns of every delivery, the oldest first."""
        return self.world.sql(
            f"select {', '.join(columns)} from webhook_delivery "  # noqa: S608
            "where webhook_id = %s order by created_at, id",
            self.id,
        )

    async def read(self) -> dict[str, Any]:
        """The endpoint as the API shows it."""
        found: dict[str, Any] = (await self.api.get(f"/v1/webhooks/{self.id}")).json()
        return found

    async def change(self, **fields: Any) -> dict[str, Any]:
        """Change it to what it is now."""
        (row,) = self.world.sql("select version from webhook where id = %s", self.id)
        answer = await self.api.patch(f"/v1/webhooks/{self.id}", fields, version=row[0])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def alerts(self) -> list[tuple[str, str]]:
        """Who was told what about webhooks, in order."""
        rows = self.world.sql(
            "select recipient_id::text, kind from alert "
            "where school_id = %s and kind like 'webhook%%' order by created_at, id",
            self.school.id,
        )
        return [(person, kind) for person, kind in rows]

    def verbs(self) -> list[str]:
        """What the trail says of it."""
        rows = self.world.sql(
            "select verb from trail where noun_id = %s order by xid, seq", UUID(self.id)
        )
        return [verb for (verb,) in rows]


def verify(secret: str, got: Mapping[str, Any], body: str | None = None) -> Any:
    """The message as the library of an outside receiver proves it. Raises its error."""
    return Webhook(secret).verify(got["body"] if body is None else body, got["headers"])


def end_endpoints(world: World) -> None:
    """Ends the endpoints of other tests: a deliverer sends to every one it finds."""
    world.sql(
        "update webhook set state = 'ended', ended_at = now(), secret = null, due_at = null "
        "where state <> 'ended'"
    )
    world.sql(
        "update webhook_delivery set state = 'withheld', next_at = null, ended_at = now() "
        "where state = 'pending'"
    )
    world.sql(
        "update deadline set ended_at = now(), ended_reason_code = 'ended' "
        "where noun = 'webhook' and ended_at is null"
    )
