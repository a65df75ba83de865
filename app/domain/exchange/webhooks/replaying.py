"""Sending deliveries again, one or many; each keeps the id of its event, so that receivers know it.

Webhooks that were never made, because the endpoint was not there yet, are read from the change
list instead.
"""

from datetime import datetime
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import Webhook
from app.db.repositories.exchange import webhook_reads
from app.db.repositories.exchange import webhooks as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.exchange.webhooks import rules
from app.domain.exchange.webhooks.errors import DeliveryNotFound, WebhookEnded, WebhookNotFound
from app.domain.exchange.webhooks.owning import tell_sponsor
from app.domain.exchange.webhooks.queries import require_as_wide

MOST = 10_000
FAILED, EVERYTHING = ("failed",), ("failed", "delivered", "withheld")


async def replay_delivery(work: UnitOfWork, webhook_id: UUID, delivery_id: UUID) -> None:
    """Send one delivery again, whatever became of it.

    Raises `PermissionMissing`, `WebhookNotFound`, `WebhookEnded`, `WebhookWider`,
    `DeliveryNotFound`, and `StateConflict` while it is being sent.
    """
    webhook = await _endpoint(work, webhook_id)
    driver, school_id = await work.driver(), work.actor.school_id
    await require_as_wide(driver, work.actor, webhook_id)
    if await webhook_reads.delivery_of(driver, school_id, webhook_id, delivery_id) is None:
        raise DeliveryNotFound
    if not await stored.replay_one(driver, school_id, webhook_id, delivery_id, work.now):
        raise StateConflict
    work.record(
        AuditEvent.WEBHOOK_REPLAYED,
        "webhook",
        webhook_id,
        details={"delivery_id": str(delivery_id)},
    )
    await tell_sponsor(work, webhook.id, webhook.sponsor_id)


async def replay_webhook(
    work: UnitOfWork, webhook_id: UUID, since: datetime, *, everything: bool
) -> int:
    """Send deliveries that began since then again: those that failed, or all; how many.

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
        states=EVERYTHING if everything else FAILED, most=MOST, but=rules.TEST,
    )  # fmt: skip
    work.record(
        AuditEvent.WEBHOOK_REPLAYED, "webhook", webhook_id,
        details={"since": written(since), "deliveries": replayed, "everything": everything},
    )  # fmt: skip
    await tell_sponsor(work, webhook.id, webhook.sponsor_id)
    return replayed


async def _endpoint(work: UnitOfWork, webhook_id: UUID) -> Webhook:
    policy.require(work.actor, Permission.WEBHOOK_CHANGE)
    webhook = await work.webhooks.find(Webhook, webhook_id)
    if webhook is None:
        raise WebhookNotFound
    if webhook.state == "ended":
        raise WebhookEnded
    return webhook
