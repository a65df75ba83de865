"""Reads of webhooks and of an endpoint's access; none shows a secret."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import ROLE_BY_NAME, Actor, Cohort, Permission, Rights, Role
from app.db.cards import with_people
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import webhook_deliveries as stored
from app.db.repositories.exchange import webhooks
from app.db.scope import known_member
from app.db.session import Driver
from app.domain import policy
from app.domain.exchange.event_audiences.kind import told_kinds
from app.domain.exchange.event_audiences.queries import (
    EventDetail,
    EventReader,
    entry_of,
    facts_for,
)
from app.domain.exchange.webhooks.errors import DeliveryNotFound, WebhookNotFound, WebhookWider
from app.domain.policy import BUILT_IN

NEVER = frozenset({"K5"})

NEXT = ("update_webhook", "rotate_webhook", "remove_webhook", "test_webhook", "replay_webhook")
WIDE = frozenset({"rotate_webhook", "replay_webhook"})
"""Steps only for people whose role reads as much as the endpoint gets."""
LOG = ("list_webhook_deliveries", "get_webhook_delivery")
HIDDEN = frozenset({"defined_classes", "sponsor", "sponsor_role"})


# An endpoint is no person. It owns nothing, is granted nothing and has no cohort; class K5 and the
# adult register never leave by it, and what its sponsor has a conflict of interest about does not
# either.
def narrowed(rights: Rights) -> Rights:
    """A role's rights, reduced to those of an endpoint."""
    return Rights(
        permissions=rights.permissions,
        classes=rights.classes - NEVER,
        cohort_only=rights.cohort_only,
    )


async def audience_of(
    driver: Driver, school_id: UUID, endpoint: Any, now: datetime
) -> Actor | None:
    """The endpoint as a reader of events; None if nobody answers for it any more.

    Its sponsor has to hold the role in which they set its address, and the role has to be one that
    may change webhooks.
    """
    name = endpoint["sponsor_role"]
    sponsor = await stored.sponsor(driver, school_id, endpoint["sponsor_id"], name, now)
    if sponsor is None:
        return None
    built_in = ROLE_BY_NAME.get(name)
    person = Actor(
        endpoint["id"], school_id, built_in or Role.CUSTOM, custom_role=None if built_in else name
    )
    reader = known_member(person, sponsor)
    rights = policy.rights_of(replace(reader, grants=()))
    if Permission.WEBHOOK_CHANGE not in rights.permissions:
        return None
    return replace(reader, rights=narrowed(rights), grants=(), cohort=Cohort())


async def still_told(
    driver: Driver, audience: Actor, sponsor_id: UUID, ids: Sequence[UUID]
) -> Collection[UUID]:
    """Events among these that the endpoint may get by the present facts."""
    rows = await stored.entries_of(driver, audience.school_id, ids)
    entries = [entry_of(row) for row in rows if row["verb"] in told_kinds()]
    access = EventReader(audience, await facts_for(driver, audience.school_id, entries), sponsor_id)
    return {entry.id for entry in entries if access.of(entry) is EventDetail.WHOLE}


def sees_as_much(actor: Actor, classes: Collection[str]) -> bool:
    """Whether a reader's role reads every class that an endpoint may be told of."""
    return frozenset(classes) - NEVER <= policy.rights_of(replace(actor, grants=())).classes


async def list_webhooks(reading: Reading, state: str, asked: PageOf) -> Page[dict[str, Any]]:
    """Endpoints in a state, newest first."""
    rows = await webhooks.webhooks_of(
        reading.driver, reading.actor.school_id, state=state, asked=asked
    )
    return page_of(rows, asked, key="created_at", shape=_shape)


async def read_webhook(driver: Driver, actor: Actor, webhook_id: UUID) -> dict[str, Any]:
    """Get one endpoint, with what this reader may do next. Raises `WebhookNotFound`."""
    result = await _require_webhook(driver, actor, webhook_id)
    return {**_shape(result), "permissions": _next_steps(actor, result)}


async def require_as_wide(driver: Driver, actor: Actor, webhook_id: UUID) -> Mapping[str, Any]:
    """The endpoint. Raises `WebhookNotFound`, and `WebhookWider` where it gets more."""
    result = await _require_webhook(driver, actor, webhook_id)
    if not _is_as_wide(actor, result):
        raise WebhookWider
    return result


async def list_deliveries(
    reading: Reading, webhook_id: UUID, state: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """List an endpoint's deliveries, newest first, of what the actor may know too.

    Raises `WebhookNotFound`, `WebhookWider`.
    """
    webhook = await require_as_wide(reading.driver, reading.actor, webhook_id)
    told: list[Mapping[str, Any]] = []
    place, more = asked, True
    while more and len(told) < asked.fetch:
        rows = await webhooks.deliveries_of(
            reading.driver, reading.actor.school_id, webhook_id, state=state, asked=place
        )
        told += await _told(reading.driver, reading.actor, webhook, rows)
        if more := len(rows) == asked.fetch:
            place = replace(asked, after=Cursor(rows[-1]["created_at"], rows[-1]["id"]))
    return page_of(told, asked, key="created_at", shape=dict)


async def _told(
    driver: Driver, actor: Actor, webhook: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Deliveries of events that are not hidden from the actor."""
    entries = await stored.entries_of(driver, actor.school_id, [row["event_id"] for row in rows])
    events = [entry_of(entry) for entry in entries if entry["verb"] in told_kinds()]
    facts = await facts_for(driver, actor.school_id, events)
    access = EventReader(actor, facts, webhook["sponsor_id"])
    hidden = {event.id for event in events if access.of(event) is not EventDetail.WHOLE}
    return [row for row in rows if row["event_id"] not in hidden]


async def read_card(
    driver: Driver, actor: Actor, webhook_id: UUID, delivery_id: UUID
) -> dict[str, Any]:
    """A delivery as lists show it. Raises `DeliveryNotFound`."""
    row = await webhooks.delivery_of(driver, actor.school_id, webhook_id, delivery_id)
    if row is None:
        raise DeliveryNotFound
    return dict(row)


async def require_delivery(
    driver: Driver, actor: Actor, webhook: Mapping[str, Any], delivery_id: UUID
) -> dict[str, Any]:
    """A delivery that the actor may know of. Raises `DeliveryNotFound`."""
    row = await read_card(driver, actor, webhook["id"], delivery_id)
    if not await _told(driver, actor, webhook, [row]):
        raise DeliveryNotFound
    return row


async def read_delivery(
    driver: Driver, actor: Actor, webhook_id: UUID, delivery_id: UUID
) -> dict[str, Any]:
    """Get one delivery with its attempts.

    Raises `WebhookNotFound`, `WebhookWider`, `DeliveryNotFound`.
    """
    webhook = await require_as_wide(driver, actor, webhook_id)
    row = await require_delivery(driver, actor, webhook, delivery_id)
    attempts = await webhooks.attempts_of(driver, actor.school_id, delivery_id)
    return {
        **row,
        "attempt_log": [dict(attempt) for attempt in attempts],
        "permissions": [] if webhook["state"] == "ended" else ["replay_webhook_delivery"],
    }


async def _require_webhook(driver: Driver, actor: Actor, webhook_id: UUID) -> Mapping[str, Any]:
    webhook = await webhooks.webhook_of(driver, actor.school_id, webhook_id)
    if webhook is None:
        raise WebhookNotFound
    return webhook


def _shape(row: Mapping[str, Any]) -> dict[str, Any]:
    webhook = with_people(row, "owner", "sponsor", "created_by")
    sees_as = {"person": webhook["sponsor"], "role": row["sponsor_role"]}
    visible = {name: value for name, value in webhook.items() if name not in HIDDEN}
    return {**visible, "sees_as": sees_as}


def _is_as_wide(actor: Actor, row: Mapping[str, Any]) -> bool:
    role = ROLE_BY_NAME.get(row["sponsor_role"])
    classes = BUILT_IN[role].classes if role else frozenset(row["defined_classes"] or ())
    return sees_as_much(actor, classes)


def _next_steps(actor: Actor, row: Mapping[str, Any]) -> list[str]:
    steps = [] if row["state"] == "ended" else list(NEXT)
    if _is_as_wide(actor, row):
        return [*steps, *LOG]
    return [step for step in steps if step not in WIDE]
