"""Notes what came of an attempt, and who has to know when an endpoint fails."""

from datetime import datetime
from typing import Any

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import Webhook
from app.db.repositories.exchange import webhooks as stored
from app.db.repositories.exchange.webhooks import Attempt, AttemptResult
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.exchange.webhooks import rules
from app.domain.exchange.webhooks.disabling import disable
from app.domain.exchange.webhooks.owning import live_owner
from app.domain.exchange.webhooks.relaying import Claimed
from app.domain.exchange.webhooks.rules import Outcome

FAILING = "webhook_failing"
REFUSED, GONE = "target_refused", "gone"


async def note(
    work: UnitOfWork, claimed: Claimed, outcome: Outcome, began: datetime, chance: float
) -> bool:
    """Note an attempt, and give its endpoint up where it has to be; whether it was noted.

    Where its claim has run out and another took over, nothing is noted: that one's word counts.
    """
    webhook = await work.webhooks.lock(Webhook, claimed.webhook_id)
    assert webhook is not None  # noqa: S101 - endpoints are never deleted
    driver, school_id = await work.driver(), work.actor.school_id
    lately = await stored.progress(driver, school_id, webhook.id)
    found = rules.verdict(claimed.kind, outcome, claimed.step, work.now, chance)
    came = AttemptResult(found.state, found.step, found.next_at, outcome.status, outcome.code)
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
        give_up = rules.gives_up(outcome, found, since, lately["answered_at"])
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
        work.record(AuditEvent.WEBHOOK_TARGET_REFUSED, "webhook", webhook.id)
    hold_until = work.now + outcome.hold if outcome.hold else None
    await stored.failed(
        await work.driver(), work.actor.school_id, webhook.id, work.now, code=outcome.code,
        hold_until=hold_until, told_at=told_at,
    )  # fmt: skip
