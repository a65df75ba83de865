"""What is done to webhooks at night: old deliveries are forgotten, secrets sealed anew."""

from app.core.words import AuditEvent
from app.db.repositories.exchange import webhooks as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.webhooks.rules import KEPT
from app.domain.people.sessions.vaults import Vault

AT_ONCE = 2_000
"""Deliveries that are forgotten in one go: a statement may take seconds, and years may wait."""


async def delete_old(work: UnitOfWork) -> bool:
    """Forget some that began more than 90 days ago and wait for nothing; whether more may be."""
    before = work.now - KEPT
    forgotten = await stored.forget_before(
        await work.driver(), work.actor.school_id, before, AT_ONCE
    )
    return forgotten == AT_ONCE


async def reseal(work: UnitOfWork, vault: Vault) -> None:
    """Seal anew what an older key sealed; a former secret whose time is over is forgotten."""
    for webhook in await work.webhooks.lock_living():
        bound, done = webhook.id.bytes, False
        if webhook.former_until is not None and webhook.former_until <= work.now:
            webhook.former_secret = webhook.former_until = None
            done = True
        for name in ("secret", "former_secret"):
            sealed = getattr(webhook, name)
            if sealed is not None and not vault.is_current(sealed):
                setattr(webhook, name, vault.seal(vault.open(sealed, bound), bound))
                done = True
        if done:
            work.record(
                AuditEvent.WEBHOOK_CHANGED, "webhook", webhook.id, details={"fields": ["sealed"]}
            )
