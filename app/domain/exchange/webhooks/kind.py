"""The kind of a webhook: read by people who may change it. It is open while it is disabled."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Webhook
from app.domain import visibility
from app.domain.exchange.webhooks.errors import WebhookEnded, WebhookNotFound
from app.domain.kinds import NEW, Kind, kind
from app.domain.owning import Owning, carries

P = Permission
WEBHOOK = kind(
    Kind(
        "webhook",
        Webhook,
        reads=P.WEBHOOK_CHANGE,
        visible=visibility.EVERYBODY,
        missing=WebhookNotFound,
        ended=WebhookEnded,
        reassigned=AuditEvent.WEBHOOK_CHANGED,
        moves={
            "add_webhook": {NEW: "active"},
            "update_webhook": {
                "active": "paused", "paused": "active", "disabled": ("active", "paused"),
            },
            "it fails, or its sponsor leaves": {"active": "disabled"},
            "remove_webhook": dict.fromkeys(("active", "paused", "disabled"), "ended"),
        },
        events=(
            AuditEvent.WEBHOOK_ADDED, AuditEvent.WEBHOOK_CHANGED, AuditEvent.WEBHOOK_ROTATED,
            AuditEvent.WEBHOOK_DISABLED,
            AuditEvent.WEBHOOK_REMOVED,
        ),
        owning=Owning(
            carries(P.WEBHOOK_CHANGE),
            last=(Role.SCHOOL_ADMIN, Role.DSL, Role.HEADTEACHER),
            casework=False,
        ),
    )
)  # fmt: skip
