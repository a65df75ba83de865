"""Action rows to answers."""

from starlette.responses import Response

from app.api import replies
from app.core.words import Actor, Permission
from app.db.models import Action
from app.domain import policy

SHOWN = (
    "id", "concern_id", "what", "owner_id", "due_at", "remind_at", "state", "outcome", "reason",
    "set_by", "set_at", "ended_by", "ended_at",
)  # fmt: skip


def action(actor: Actor, row: Action, *, status: int = 200) -> Response:
    """One action with its ETag."""
    content = {name: getattr(row, name) for name in SHOWN}
    content["permissions"] = _next_verbs(actor, row)
    location = f"/v1/actions/{row.id}" if status == 201 else None
    return replies.record(content, status=status, version=row.version, location=location)


def _next_verbs(actor: Actor, row: Action) -> list[str]:
    if row.state != "open":
        return []
    if policy.may(actor, Permission.ACTION_SET):
        return ["complete", "drop", "reassign"]
    return ["complete"] if row.owner_id == actor.id else []
