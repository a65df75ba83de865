"""State, confirm and end relationships of children."""

from uuid import UUID

from app.core.words import BY_HAND, AuditEvent, Permission
from app.db.models import Child, Relationship
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.access.child_access.queries import child_for, record_child_opened
from app.domain.access.closed_files.queries import check_unlocked, closed_files
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.access.relationship_access.queries import (
    is_kept_from,
    reads_relationships,
    sees_relationship,
)
from app.domain.errors import (
    ConflictOfInterest,
    FieldProblem,
    PermissionMissing,
    StateConflict,
    ValidationFailed,
)
from app.domain.etags import check_version
from app.domain.record.children import queries as children_queries
from app.domain.record.children.queries import Record
from app.domain.record.relationships import queries, rules
from app.domain.record.relationships.errors import RelationshipExists, RelationshipNotFound
from app.domain.record.relationships.schemas import RelationshipIn
from app.domain.steps import new, record_row

LOOK = "child_groups.look"


async def open_relationships(work: UnitOfWork, child_id: UUID) -> list[Record]:
    """Open every relationship of a child that this reader may see, and log the view.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`.
    """
    child = await child_for(work, child_id, Permission.CHILD_OPEN)
    items = [
        (item, other)
        for item, other in await work.children.relationships_of(child.id)
        if sees_relationship(work.actor, item.kind, child.id, other.id)
    ]
    record_child_opened(work, child, "relationships")
    both = [id_ for item, _ in items for id_ in (item.child_id, item.other_child_id)]
    files = await closed_files(work, both)
    return [await queries.relationship_record(work, item, other, files) for item, other in items]


async def add_relationship(
    work: UnitOfWork, child_id: UUID, body: RelationshipIn
) -> tuple[Record, int]:
    """Connect two children; the person who states it confirms it.

    Raises `PermissionMissing`, `ChildNotFound`, `FileLocked`, `ValidationFailed`,
    `RelationshipExists`.
    """
    child = await child_for(work, child_id, Permission.CHILD_SAFEGUARD, adds=True)
    if not reads_relationships(work.actor, body.kind):
        raise PermissionMissing
    other = await _other(work, child, body.other_child_id)
    if is_kept_from(work.actor, child.id, other.id):
        raise ConflictOfInterest
    await check_unlocked(work, other.id, adds=True)
    live = await work.children.live_relationships(child.id, other.id, [body.kind], work.today)
    if any(_same_way(item, child) for item in live):
        raise RelationshipExists
    row = new(
        work, Relationship, body, child_id=child.id, other_child_id=other.id, source=BY_HAND,
        valid_to=None, confirmed_by=work.actor.id, confirmed_at=work.now, ended_by=None,
    )  # fmt: skip
    work.children.add(row)
    _record(work, AuditEvent.RELATIONSHIP_ADDED, row, child.id)
    queue_link_check(work)
    await find_conflicts(work)
    return await queries.relationship_record(work, row, other), row.version


async def confirm_relationship(
    work: UnitOfWork, child_id: UUID, relationship_id: UUID, version: int
) -> tuple[Record, int]:
    """Confirm a relationship found in a roster.

    Raises `PermissionMissing`, `ChildNotFound`, `RelationshipNotFound`, `VersionStale`,
    `StateConflict`.
    """
    row, other = await _relationship(work, child_id, relationship_id, version)
    if row.confirmed_at is not None:
        raise StateConflict("This relationship is already confirmed.")
    row.confirmed_by, row.confirmed_at = work.actor.id, work.now
    row.version += 1
    _record(work, AuditEvent.RELATIONSHIP_CONFIRMED, row, child_id)
    queue_link_check(work)
    await find_conflicts(work)
    return await queries.relationship_record(work, row, other), row.version


async def end_relationship(
    work: UnitOfWork, child_id: UUID, relationship_id: UUID, version: int
) -> tuple[Record, int]:
    """End, as of today, a relationship that has ended or never was right.

    Raises `PermissionMissing`, `ChildNotFound`, `RelationshipNotFound`, `VersionStale`,
    `StateConflict`.
    """
    row, other = await _relationship(work, child_id, relationship_id, version)
    row.valid_to, row.ended_by = work.today, work.actor.id
    row.version += 1
    _record(work, AuditEvent.RELATIONSHIP_ENDED, row, child_id)
    await find_conflicts(work)
    return await queries.relationship_record(work, row, other), row.version


async def _other(work: UnitOfWork, child: Child, other_id: UUID) -> Child:
    if other_id == child.id:
        raise _refused("same_child", "This is the same child.")
    both = await work.children.lock_two(child.id, other_id)
    if other_id not in both:
        raise _refused("child_not_found", "Cairn cannot find this child.")
    return both[other_id]


def _refused(code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem("/other_child_id", code, detail)])


def _same_way(relationship: Relationship, child: Child) -> bool:
    return relationship.kind not in rules.DIRECTED or relationship.child_id == child.id


async def _relationship(
    work: UnitOfWork, child_id: UUID, relationship_id: UUID, version: int
) -> tuple[Relationship, Child]:
    child = await child_for(work, child_id, Permission.CHILD_SAFEGUARD)
    await work.children.lock(Relationship, relationship_id)
    relationships = await work.children.relationships_of(child.id, relationship_id)
    if not relationships or not sees_relationship(
        work.actor, relationships[0][0].kind, child.id, relationships[0][1].id
    ):
        raise RelationshipNotFound
    row, other = relationships[0]
    await check_unlocked(work, other.id)
    check_version(row, version)
    if children_queries.has_ended(row.valid_to, work.today):
        raise StateConflict("This relationship has ended.")
    return row, other


def _record(work: UnitOfWork, did: AuditEvent, row: Relationship, child_id: UUID) -> None:
    other = row.other_child_id if row.child_id == child_id else row.child_id
    record_row(
        work, did, row, child_id=child_id, details={"kind": row.kind, "other_child_id": str(other)}
    )


def queue_link_check(work: UnitOfWork) -> None:
    """Run the rules after commit, because something they depend on has changed."""
    work.enqueue(Job(LOOK, {}, lock=f"{LOOK}:{work.actor.school_id}"))
