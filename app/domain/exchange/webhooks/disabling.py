"""Giving an endpoint up: it is told nothing more until somebody has looked at it."""

from uuid import UUID

from app.core.words import AuditEvent, Role
from app.db.models import Webhook
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import start_clock
from app.domain.exchange.webhooks.owning import live_owner, menders

DISABLED, SPONSOR_LEFT = "webhook_disabled", "sponsor_left"
RULE = "webhook.repair"


async def disable(work: UnitOfWork, webhook_id: UUID, because: str) -> None:
    """Disable an endpoint that is active; its owner and the administrators are told.

    Nothing is lost by it: what it was not told stays in the trail and goes out when somebody
    enables it again.
    """
    webhook = await work.webhooks.lock(Webhook, webhook_id)
    if webhook is None or webhook.state != "active":
        return
    owner_id = await live_owner(work, webhook.owner_id)
    admins = [person for person, roles in await menders(work) if Role.SCHOOL_ADMIN in roles]
    webhook.state, webhook.disabled_at, webhook.disabled_because = "disabled", work.now, because
    webhook.owner_id = owner_id
    await start_clock(work, webhook, RULE)
    webhook.version += 1
    webhook.changed_at = work.now
    work.record(AuditEvent.WEBHOOK_DISABLED, "webhook", webhook_id, details={"because": because})
    for person in dict.fromkeys((owner_id, *admins)):
        tell(work, person, DISABLED, about=("webhook", webhook_id))
