"""Turns the trail's new events into deliveries, and hands out the attempts that are due.

The trail is the outbox: what is committed there will be relayed, whatever stops meanwhile. Sending
happens outside of this transaction, by whoever holds the claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import packed
from app.core.words import Actor
from app.db.repositories.exchange import webhooks as stored
from app.db.repositories.exchange.event_reads import Place
from app.db.repositories.exchange.webhooks import NewDelivery
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.events.errors import PlaceUnknown
from app.domain.exchange.events.reading import Entry, Leaf, read_leaf, shown, start_now, told
from app.domain.exchange.events.sight import Told
from app.domain.exchange.webhooks import rules
from app.domain.exchange.webhooks.audience import audience_of, still_told
from app.domain.people.sessions.vaults import Vault

PAGE = 500
"""Entries of the trail that are looked at in one go."""
BESIDE_EVENT = frozenset({"id", "kind", "at"})
"""What of an event stands outside of `data`."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that is this worker's to make, and everything it takes."""

    webhook_id: UUID
    delivery_id: UUID
    event_id: UUID
    kind: str
    number: int
    step: int
    url: str
    body: str
    keys: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class EndpointResult:
    """What a look at one endpoint came to."""

    claimed: Sequence[Claimed] = ()
    more: bool = False
    """Whether there is more to relay."""
    is_held: bool = False
    """Whether somebody else was at it: then nothing is known of it."""
    is_orphaned: bool = False
    """Whether nobody stands for it any more."""


async def process_endpoint(
    work: UnitOfWork, webhook_id: UUID, vault: Vault, free: int
) -> EndpointResult:
    """Relay what is new for one endpoint and claim what is due, at most `free` attempts.

    Nothing where another worker is.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    endpoint = await stored.hold(driver, school_id, webhook_id)
    if endpoint is None:
        return EndpointResult(is_held=True)
    if endpoint["state"] == "ended":
        return EndpointResult()
    if endpoint["state"] != "active":
        tests = await _claim(driver, school_id, endpoint, work.now, free, kind=rules.TEST)
        return EndpointResult(_attempts(endpoint, tests, work.now, vault))
    audience = await audience_of(driver, school_id, endpoint, work.now)
    if audience is None:
        return EndpointResult(is_orphaned=True)
    more = await _relay(driver, endpoint, audience, work.now)
    rows: Sequence[Any] = ()
    if endpoint["hold_until"] is None or endpoint["hold_until"] <= work.now:
        rows = await _claim(driver, school_id, endpoint, work.now, free, kind=None)
        rows = await _checked(driver, audience, endpoint["sponsor_id"], rows, work.now)
    return EndpointResult(_attempts(endpoint, rows, work.now, vault), more)


async def _relay(driver: Driver, endpoint: Any, audience: Actor, now: datetime) -> bool:
    """Put the next events on their way; whether there are more."""
    school_id, place = audience.school_id, Place(endpoint["xid"], endpoint["log"], endpoint["seq"])
    try:
        leaf = await read_leaf(driver, school_id, place, PAGE)
    except PlaceUnknown:
        # The database was restored on a server that counts anew: what it says is new from now on.
        await stored.move(driver, school_id, endpoint["id"], await start_now(driver))
        return False
    new = deliveries_of(audience, endpoint["sponsor_id"], leaf, endpoint["kinds"])
    await stored.add_deliveries(driver, school_id, endpoint["id"], now, new)
    await stored.move(driver, school_id, endpoint["id"], leaf.place)
    return not leaf.is_complete


def deliveries_of(
    audience: Actor, sponsor_id: UUID, leaf: Leaf, kinds: Sequence[str]
) -> list[NewDelivery]:
    """What of a page an endpoint is told, ready to be sent."""
    found = told(audience, leaf, frozenset(kinds) or None, sponsor_id=sponsor_id)
    whole = [entry for entry, much in found if much is Told.WHOLE]
    events = [shown(entry, Told.WHOLE, leaf.facts) | _whom(entry, leaf) for entry in whole]
    return [
        NewDelivery(new_id(), event["id"], event["kind"], body_of(audience.school_id, event))
        for event in events
    ]


def _whom(entry: Entry, leaf: Leaf) -> dict[str, Any]:
    """Whom an alert is for: a school's own programs can ring them by other ways."""
    if entry.kind.noun != "alert" or entry.noun_id is None:
        return {}
    return {"recipient_id": leaf.facts.things["alert", entry.noun_id].person_id}


def body_of(school_id: UUID, event: dict[str, Any]) -> str:
    """The message of an event: type, time and ids."""
    facts = {name: value for name, value in event.items() if name not in BESIDE_EVENT}
    data = {"school_id": school_id, **facts}
    message = {"type": event["kind"], "timestamp": event["at"], "data": data}
    return packed(message, texts=True).decode()


async def _claim(
    driver: Driver, school_id: UUID, endpoint: Any, now: datetime, free: int, *, kind: str | None
) -> Sequence[Any]:
    """As many due attempts as may run beside those that do."""
    most = rules.AT_ONCE_FAILING if endpoint["failures"] else rules.AT_ONCE
    most = min(free, most - await stored.in_flight(driver, school_id, endpoint["id"], now))
    if most <= 0:
        return ()
    return await stored.claim(
        driver, school_id, endpoint["id"], now=now, until=now + rules.LEASE, most=most, kind=kind
    )


async def _checked(
    driver: Driver, audience: Actor, sponsor_id: UUID, rows: Sequence[Any], now: datetime
) -> Sequence[Any]:
    """Those of the claimed that the endpoint may still be told; the others end here."""
    events = [row for row in rows if row["kind"] != rules.TEST]
    if not events:
        return rows
    may = await still_told(driver, audience, sponsor_id, [row["event_id"] for row in events])
    hidden = [row["id"] for row in events if row["event_id"] not in may]
    if hidden:
        await stored.withhold(driver, audience.school_id, hidden, now, "not_seen_any_more")
    return [row for row in rows if row["id"] not in hidden]


def _attempts(endpoint: Any, rows: Sequence[Any], now: datetime, vault: Vault) -> list[Claimed]:
    if not rows:
        return []
    keys = keys_of(endpoint, now, vault)
    return [
        Claimed(
            endpoint["id"], row["id"], row["event_id"], row["kind"], row["number"], row["step"],
            endpoint["url"], row["body"], keys,
        )
        for row in rows
    ]  # fmt: skip


def keys_of(endpoint: Any, now: datetime, vault: Vault) -> list[bytes]:
    """The keys that sign now: the present one, and the former while receivers change over."""
    sealed = [endpoint["secret"]]
    if endpoint["former_until"] is not None and now < endpoint["former_until"]:
        sealed.append(endpoint["former_secret"])
    return [vault.open(one, endpoint["id"].bytes) for one in sealed if one is not None]
