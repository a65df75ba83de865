"""A reader's view of a relationship."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.db.cards import picked
from app.db.models import Child, Relationship
from app.db.repositories.file_locks import Closed
from app.db.unit_of_work import UnitOfWork
from app.domain.access.closed_files.queries import closed_files
from app.domain.etags import etag
from app.domain.record.children.queries import P, allowed, has_ended, shown_name


async def relationship_record(
    work: UnitOfWork,
    relationship: Relationship,
    other: Child,
    files: Mapping[UUID, Closed] | None = None,
) -> dict[str, Any]:
    """A relationship as seen from the child who is not `other`; `files` are those of both."""
    if files is None:
        files = await closed_files(work, [relationship.child_id, relationship.other_child_id])
    shut = any(files[id_].shuts() for id_ in (relationship.child_id, relationship.other_child_id))
    live = not has_ended(relationship.valid_to, work.today) and not shut
    verbs = ["end_relationship"] if live else []
    if live and relationship.confirmed_at is None:
        verbs.insert(0, "confirm_relationship")
    record = {
        **picked(
            relationship,
            "id",
            "kind",
            "note",
            "source",
            "valid_from",
            "valid_to",
            "added_by",
            "confirmed_by",
            "confirmed_at",
            "created_at",
        ),
        "stated_from": "this_child" if relationship.other_child_id == other.id else "other_child",
        "other_child": {"id": other.id, "name": " ".join(shown_name(other))},
        "etag": etag(relationship.version),
        "permissions": allowed(work.actor, P.CHILD_SAFEGUARD, verbs),
    }
    return await work.accounts.name_in(record, "added_by", "confirmed_by")
