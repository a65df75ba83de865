"""What a reader sees of a status."""

from typing import Any

from app.core.words import Actor
from app.db.models import ChildStatus
from app.domain.etags import etag
from app.domain.record.children.queries import P, allowed


def status_record(one: ChildStatus, added_by: str, actor: Actor) -> dict[str, Any]:
    """A status whole."""
    return {
        "id": one.id,
        "child_id": one.child_id,
        "kind": one.kind,
        "detail": one.detail,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "end_reason": one.end_reason,
        "source": one.source,
        "evidence": one.evidence,
        "lead_agency": one.lead_agency,
        "worker": one.worker,
        "review_due": one.review_due,
        "confidentiality": one.confidentiality,
        "added_by": {"id": one.added_by, "name": added_by},
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "etag": etag(one.version),
        "permissions": allowed(actor, P.CHILD_SAFEGUARD, ["change_status"]),
    }
