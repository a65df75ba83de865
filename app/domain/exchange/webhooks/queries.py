"""Reads of webhooks; no secret is ever among them, nor what a receiver said."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.words import ROLE_BY_NAME, Actor
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import webhook_reads
from app.db.session import Driver
from app.domain.exchange.webhooks.audience import sees_as_much
from app.domain.exchange.webhooks.errors import DeliveryNotFound, WebhookNotFound, WebhookWider
from app.domain.policy import BUILT_IN

NEXT = ("change_webhook", "rotate_webhook", "remove_webhook", "test_webhook", "replay_webhook")
WIDE = frozenset({"rotate_webhook", "replay_webhook"})
"""Steps for those alone whose role reads as much as the endpoint is told."""
LOG = ("list_webhook_deliveries", "get_webhook_delivery")
HIDDEN = frozenset({"defined_classes", "sponsor_id", "sponsor_role"})


async def list_webhooks(reading: Reading, ended: bool, asked: PageOf) -> Page[dict[str, Any]]:
    """Endpoints, or those that were removed, newest first."""
    rows = await webhook_reads.webhooks_of(
        reading.driver, reading.actor.school_id, ended=ended, asked=asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=_shape)


async def read_webhook(driver: Driver, actor: Actor, webhook_id: UUID) -> dict[str, Any]:
    """One endpoint with what this reader may do next. Raises `WebhookNotFound`."""
    found = await _found(driver, actor, webhook_id)
    return {**_shape(found), "permissions": _next_steps(actor, found)}


async def require_as_wide(driver: Driver, actor: Actor, webhook_id: UUID) -> Mapping[str, Any]:
    """The endpoint. Raises `WebhookNotFound`, and `WebhookWider` where it is told of more."""
    found = await _found(driver, actor, webhook_id)
    if not _is_as_wide(actor, found):
        raise WebhookWider
    return found


async def list_deliveries(
    reading: Reading, webhook_id: UUID, state: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """What went to an endpoint, newest first. Raises `WebhookNotFound`, `WebhookWider`."""
    await require_as_wide(reading.driver, reading.actor, webhook_id)
    rows = await webhook_reads.deliveries_of(
        reading.driver, reading.actor.school_id, webhook_id, state=state, asked=asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=dict)


async def read_card(
    driver: Driver, actor: Actor, webhook_id: UUID, delivery_id: UUID
) -> dict[str, Any]:
    """A delivery as lists show it. Raises `DeliveryNotFound`."""
    row = await webhook_reads.delivery_of(driver, actor.school_id, webhook_id, delivery_id)
    if row is None:
        raise DeliveryNotFound
    return dict(row)


async def read_delivery(
    driver: Driver, actor: Actor, webhook_id: UUID, delivery_id: UUID
) -> dict[str, Any]:
    """One delivery with its attempts.

    Raises `WebhookNotFound`, `WebhookWider`, `DeliveryNotFound`.
    """
    webhook = await require_as_wide(driver, actor, webhook_id)
    row = await read_card(driver, actor, webhook_id, delivery_id)
    attempts = await webhook_reads.attempts_of(driver, actor.school_id, delivery_id)
    return {
        **row,
        "attempt_log": [dict(one) for one in attempts],
        "permissions": [] if webhook["state"] == "ended" else ["replay_webhook_delivery"],
    }


async def _found(driver: Driver, actor: Actor, webhook_id: UUID) -> Mapping[str, Any]:
    found = await webhook_reads.webhook_of(driver, actor.school_id, webhook_id)
    if found is None:
        raise WebhookNotFound
    return found


def _shape(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in HIDDEN}
    return {**kept, "sees_as": {"person_id": row["sponsor_id"], "role": row["sponsor_role"]}}


def _is_as_wide(actor: Actor, row: Mapping[str, Any]) -> bool:
    role = ROLE_BY_NAME.get(row["sponsor_role"])
    classes = BUILT_IN[role].classes if role else frozenset(row["defined_classes"] or ())
    return sees_as_much(actor, classes)


def _next_steps(actor: Actor, row: Mapping[str, Any]) -> list[str]:
    steps = [] if row["state"] == "ended" else list(NEXT)
    if _is_as_wide(actor, row):
        return [*steps, *LOG]
    return [step for step in steps if step not in WIDE]
