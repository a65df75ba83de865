"""Record that two children are not siblings, so that Cairn does not propose it again."""

from uuid import UUID

from app.core.vocabularies.children import SIBLING_KINDS
from app.core.words import AuditEvent, Permission
from app.db.models import Relationship
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import check_reach, child_for
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.errors import ChildNotFound
from app.domain.record.children.queries import Record
from app.domain.record.relationships import queries
from app.domain.record.relationships.errors import RelationshipExists
from app.domain.steps import new, record_row

PROPOSED = "shared_contacts"


async def dismiss_possible_sibling(
    work: UnitOfWork, child_id: UUID, other_child_id: UUID
) -> tuple[Record, int]:
    """Record that two children are not siblings: saved as a connection that was never confirmed.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`, `ConflictOfInterest`,
    `FileLocked`, `FileFrozen`, `RelationshipExists` if they are connected.
    """
    child = await child_for(work, child_id, Permission.CHILD_SAFEGUARD)
    both = await work.children.lock_two(child.id, other_child_id)
    if other_child_id == child.id or other_child_id not in both:
        raise ChildNotFound
    other = both[other_child_id]
    check_reach(work.actor, other.id, other.year_group, other.registration_group)
    await check_unlocked(work, other.id)
    if await work.children.live_relationships(child.id, other.id, SIBLING_KINDS, work.today):
        raise RelationshipExists
    row = new(
        work, Relationship, child_id=child.id, other_child_id=other.id, kind="sibling", note=None,
        source=PROPOSED, valid_from=None, valid_to=work.today, confirmed_by=None, confirmed_at=None,
        ended_by=work.actor.id,
    )  # fmt: skip
    work.children.add(row)
    record_row(
        work, AuditEvent.RELATIONSHIP_ENDED, row, child_id=child.id,
        details={"kind": row.kind, "other_child_id": str(other.id), "source": PROPOSED},
    )  # fmt: skip
    return await queries.relationship_record(work, row, other), row.version
