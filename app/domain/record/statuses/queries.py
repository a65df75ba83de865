"""A reader's view of a status."""

from typing import Any

from app.core.words import Actor
from app.db.cards import picked
from app.db.models import ChildStatus
from app.db.repositories.file_locks import Closed
from app.domain.etags import etag
from app.domain.record.children.queries import P, allowed


def status_record(
    child_status: ChildStatus, added_by: str, actor: Actor, closed: Closed
) -> dict[str, Any]:
    """A status whole, of a child whose file may be closed."""
    return {
        **picked(
            child_status,
            "id",
            "child_id",
            "kind",
            "detail",
            "valid_from",
            "valid_to",
            "end_reason",
            "source",
            "evidence",
            "lead_agency",
            "worker",
            "review_due",
            "confidentiality",
            "created_at",
            "changed_at",
        ),
        "added_by": {"id": child_status.added_by, "name": added_by},
        "etag": etag(child_status.version),
        "permissions": allowed(
            actor, P.CHILD_SAFEGUARD, [] if closed.shuts() else ["update_status"]
        ),
    }
