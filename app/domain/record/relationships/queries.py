"""What a reader sees of a relationship."""

from typing import Any

from app.db.cards import picked
from app.db.models import Child, Relationship
from app.db.unit_of_work import UnitOfWork
from app.domain.etags import etag
from app.domain.record.children.queries import P, allowed, has_ended, shown_name


async def relationship_record(work: UnitOfWork, one: Relationship, other: Child) -> dict[str, Any]:
    """A relationship as seen from the child who is not `other`."""
    live = not has_ended(one.valid_to, work.today)
    verbs = ["end_relationship"] if live else []
    if live and one.confirmed_at is None:
        verbs.insert(0, "confirm_relationship")
    shown = {
        **picked(
            one, "id", "kind", "note", "source", "valid_from", "valid_to", "added_by",
            "confirmed_by", "confirmed_at", "created_at",
        ),
        "stated_from": "this_child" if one.other_child_id == other.id else "other_child",
        "other_child": {"id": other.id, "name": " ".join(shown_name(other))},
        "etag": etag(one.version), "permissions": allowed(work.actor, P.CHILD_SAFEGUARD, verbs),
    }  # fmt: skip
    return await work.accounts.name_in(shown, "added_by", "confirmed_by")
