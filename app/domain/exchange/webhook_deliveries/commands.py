"""Turns new events into deliveries, hands out attempts, records results, and sends again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import to_json_bytes, written
from app.core.pointers import pointer
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Webhook
from app.db.repositories.exchange import webhook_deliveries as stored
from app.db.repositories.exchange.events import Place
from app.db.repositories.exchange.webhook_deliveries import Attempt, AttemptResult, NewDelivery
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed, require_row
from app.domain.exchange.event_audiences.queries import Entry, EventDetail
from app.domain.exchange.events.errors import PlaceUnknown
from app.domain.exchange.events.queries import Leaf, events_for, read_leaf, start_now, to_response
from app.domain.exchange.webhooks import rules
from app.domain.exchange.webhooks.commands import disable, live_owner, living_webhook, tell_sponsor
from app.domain.exchange.webhooks.errors import WebhookEnded, WebhookNotFound
from app.domain.exchange.webhooks.queries import (
    audience_of,
    require_as_wide,
    require_delivery,
    still_told,
)
from app.domain.exchange.webhooks.rules import Outcome
from app.domain.people.second_factors.rules import Vault
from app.domain.steps import record_row

PAGE = 500
"""Maximum audit log entries read at once."""
BESIDE_EVENT = frozenset({"id", "kind", "at"})
"""Fields of an event outside `data`."""

FAILING = "webhook_failing"
REFUSED, GONE = "target_refused", "gone"

MOST = 10_000
FAILED, EVERYTHING = ("failed",), ("failed", "delivered", "withheld")


# The audit log is the outbox: committed entries will be relayed, whatever stops meanwhile.
# Sending happens outside of this transaction, by the holder of the claim.
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
    """Result of processing one endpoint."""

    claimed: Sequence[Claimed] = ()
    more: bool = False
    """Whether there is more to relay."""
    is_held: bool = False
    """Whether another worker had it, so that nothing is known of it."""
    is_orphaned: bool = False
    """Whether nobody answers for it any more."""


async def process_endpoint(
    work: UnitOfWork, webhook_id: UUID, vault: Vault, free: int
) -> EndpointResult:
    """Relay new events of one endpoint, and claim at most `free` attempts that are due.

    Does nothing while another worker has the endpoint.
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
    """Queue the next events; returns whether there are more."""
    school_id, place = audience.school_id, Place(endpoint["xid"], endpoint["log"], endpoint["seq"])
    try:
        leaf = await read_leaf(driver, school_id, place, PAGE)
    except PlaceUnknown:
        # The database was restored on a server with new numbering: only later events count as new.
        await stored.move(driver, school_id, endpoint["id"], await start_now(driver))
        return False
    new = deliveries_of(audience, endpoint["sponsor_id"], leaf, endpoint["kinds"])
    await stored.add_deliveries(driver, school_id, endpoint["id"], now, new)
    await stored.move(driver, school_id, endpoint["id"], leaf.place)
    return not leaf.is_complete


def deliveries_of(
    audience: Actor, sponsor_id: UUID, leaf: Leaf, kinds: Sequence[str]
) -> list[NewDelivery]:
    """Build an endpoint's deliveries of a page, ready to be sent."""
    result = events_for(audience, leaf, frozenset(kinds) or None, sponsor_id=sponsor_id)
    whole = [entry for entry, much in result if much is EventDetail.WHOLE]
    events = [
        to_response(entry, EventDetail.WHOLE, leaf.facts) | _subject_of(entry, leaf)
        for entry in whole
    ]
    return [
        NewDelivery(new_id(), event["id"], event["kind"], body_of(audience.school_id, event))
        for event in events
    ]


def _subject_of(entry: Entry, leaf: Leaf) -> dict[str, Any]:
    """The recipient of an alert: a school's own programs can ring them in other ways."""
    if entry.kind.resource_type != "alert" or entry.resource_id is None:
        return {}
    return {"recipient_id": leaf.facts.things[entry.resource_id].person_id}


def body_of(school_id: UUID, event: dict[str, Any]) -> str:
    """The message of an event: type, time and ids."""
    facts = {name: value for name, value in event.items() if name not in BESIDE_EVENT}
    data = {"school_id": school_id, **facts}
    message = {"type": event["kind"], "timestamp": event["at"], "data": data}
    return to_json_bytes(message, texts=True).decode()


async def _claim(
    driver: Driver, school_id: UUID, endpoint: Any, now: datetime, free: int, *, kind: str | None
) -> Sequence[Any]:
    """Claim as many due attempts as may run beside the running ones."""
    limit = rules.AT_ONCE_FAILING if endpoint["failures"] else rules.AT_ONCE
    limit = min(free, limit - await stored.in_flight(driver, school_id, endpoint["id"], now))
    if limit <= 0:
        return ()
    return await stored.claim(
        driver, school_id, endpoint["id"], now=now, until=now + rules.LEASE, limit=limit, kind=kind
    )


async def _checked(
    driver: Driver, audience: Actor, sponsor_id: UUID, rows: Sequence[Any], now: datetime
) -> Sequence[Any]:
    """Keep claimed deliveries that the endpoint may still get; end the others."""
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
    return [vault.open(item, endpoint["id"].bytes) for item in sealed if item is not None]


async def note(
    work: UnitOfWork, claimed: Claimed, outcome: Outcome, began: datetime, chance: float
) -> bool:
    """Record an attempt, and disable its endpoint if needed; returns whether it was recorded.

    If its claim has expired and another worker took over, nothing is recorded: that one counts.
    """
    webhook = await work.webhooks.lock(Webhook, claimed.webhook_id)
    assert webhook is not None  # noqa: S101 - endpoints are never deleted
    driver, school_id = await work.driver(), work.actor.school_id
    lately = await stored.progress(driver, school_id, webhook.id)
    verdict = rules.verdict(claimed.kind, outcome, claimed.step, work.now, chance)
    came = AttemptResult(verdict.state, verdict.step, verdict.next_at, outcome.status, outcome.code)
    since = await stored.note(
        driver, school_id, claimed.delivery_id, claimed.number, came, work.now
    )
    if since is None:
        return False
    made = Attempt(
        new_id(), claimed.delivery_id, claimed.number, began, outcome.status, outcome.milliseconds,
        outcome.code,
    )  # fmt: skip
    await stored.add_attempt(driver, school_id, made)
    if outcome.code is None:
        await _answered(work, webhook, lately)
    elif claimed.kind != rules.TEST:
        give_up = rules.gives_up(outcome, verdict, since, lately["answered_at"])
        await _failed(work, webhook, lately, outcome, tells=not give_up)
        if give_up:
            await disable(work, webhook.id, give_up)
    elif outcome.code == GONE:
        await stored.gone(driver, school_id, webhook.id, outcome.code)
    return True


async def _answered(work: UnitOfWork, webhook: Webhook, lately: Any) -> None:
    driver, school_id = await work.driver(), work.actor.school_id
    await stored.answered(driver, school_id, webhook.id, work.now)
    since = lately["failing_since"]
    if since is not None and since <= work.now - rules.BACK_AFTER:
        await stored.bring_forward(driver, school_id, webhook.id, work.now)


async def _failed(
    work: UnitOfWork, webhook: Webhook, lately: Any, outcome: Outcome, *, tells: bool
) -> None:
    assert outcome.code is not None  # noqa: S101 - else it did not fail
    since, told_at = lately["failing_since"], None
    long = since is not None and since <= work.now - rules.TOLD_AFTER
    if tells and long and lately["told_at"] is None and webhook.state == "active":
        told_at = work.now
        owner_id = await live_owner(work, webhook.owner_id)
        tell(work, owner_id, FAILING, about=("webhook", webhook.id))
    if outcome.code == REFUSED and lately["last_code"] != REFUSED:
        record_row(work, AuditEvent.WEBHOOK_TARGET_REFUSED, webhook)
    hold_until = work.now + outcome.hold if outcome.hold else None
    await stored.failed(
        await work.driver(), work.actor.school_id, webhook.id, work.now, code=outcome.code,
        hold_until=hold_until, told_at=told_at,
    )  # fmt: skip


# Webhooks that were never made, because the endpoint was not there yet, are read from the change
# list instead.
async def replay_delivery(work: UnitOfWork, webhook_id: UUID, delivery_id: UUID) -> None:
    """Send one delivery again, whatever its result.

    Raises `PermissionMissing`, `WebhookNotFound`, `WebhookEnded`, `WebhookWider`,
    `DeliveryNotFound`, and `StateConflict` while it is being sent.
    """
    webhook = await _endpoint(work, webhook_id)
    driver, school_id = await work.driver(), work.actor.school_id
    wide = await require_as_wide(driver, work.actor, webhook_id)
    await require_delivery(driver, work.actor, wide, delivery_id)
    if not await stored.replay_one(driver, school_id, webhook_id, delivery_id, work.now):
        raise StateConflict
    work.record(
        AuditEvent.WEBHOOK_REPLAYED, "webhook", webhook_id,
        details={"delivery_id": str(delivery_id)},
    )  # fmt: skip
    await tell_sponsor(work, webhook.id, webhook.sponsor_id)


async def replay_webhook(
    work: UnitOfWork, webhook_id: UUID, since: datetime, *, everything: bool
) -> int:
    """Send deliveries since a time again: failed ones, or all; returns how many.

    The oldest come first, and at most 10,000 at a time. Raises `PermissionMissing`,
    `WebhookNotFound`, `WebhookEnded`, `WebhookWider`, `ValidationFailed`.
    """
    webhook = await _endpoint(work, webhook_id)
    await require_as_wide(await work.driver(), work.actor, webhook_id)
    if not work.now - rules.KEPT <= since <= work.now:
        sentence = "Deliveries are kept for 90 days."
        raise ValidationFailed(problems=[FieldProblem("/since", "out_of_range", sentence)])
    replayed = await stored.replay_since(
        await work.driver(), work.actor.school_id, webhook_id, since=since, now=work.now,
        states=EVERYTHING if everything else FAILED, limit=MOST, but=rules.TEST,
    )  # fmt: skip
    work.record(
        AuditEvent.WEBHOOK_REPLAYED, "webhook", webhook_id,
        details={"since": written(since), "deliveries": replayed, "everything": everything},
    )  # fmt: skip
    await tell_sponsor(work, webhook.id, webhook.sponsor_id)
    return replayed


async def _endpoint(work: UnitOfWork, webhook_id: UUID) -> Webhook:
    policy.require(work.actor, Permission.WEBHOOK_CHANGE)
    webhook = require_row(await work.webhooks.find(Webhook, webhook_id), WebhookNotFound)
    if webhook.state == "ended":
        raise WebhookEnded
    return webhook


async def test_webhook(work: UnitOfWork, webhook_id: UUID) -> UUID:
    """Send a message without content, in any state of the endpoint; returns the delivery's ID.

    Raises `PermissionMissing`, `WebhookNotFound`, `WebhookEnded`.
    """
    webhook = await living_webhook(work, webhook_id)
    event = {"kind": rules.TEST, "at": work.now, "about": pointer("webhook", webhook_id)}
    body = body_of(work.actor.school_id, event)
    delivery = NewDelivery(new_id(), new_id(), rules.TEST, body)
    await stored.add_deliveries(
        await work.driver(), work.actor.school_id, webhook.id, work.now, [delivery]
    )
    work.record(AuditEvent.WEBHOOK_TESTED, "webhook", webhook_id)
    return delivery.id
