"""Find a child's record for someone who may open it; a hidden record is not found."""

from collections.abc import Sequence
from typing import Any, NoReturn
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Permission
from app.db import visibility as atoms
from app.db.facts import Facts
from app.db.models import Child
from app.db.record_visibility import ROLE_READS_CLASS
from app.db.repositories.concern_facts import Pupil
from app.db.unit_of_work import UnitOfWork
from app.domain import policy, visibility
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.errors import (
    ChildMerged,
    ChildNotFound,
    ConflictOfInterest,
    FileLimited,
    PermissionMissing,
)
from app.domain.kinds import KINDS

WRITES_FILE = frozenset(
    {
        Permission.CHILD_SAFEGUARD,
        Permission.REVIEW_SET,
        Permission.MEETING_SET,
        Permission.SAFETY_WRITE,
    }
)
"""Permissions that write to the safeguarding file: not while another school has it."""


async def child_for(
    work: UnitOfWork,
    child_id: UUID,
    permission: Permission,
    *,
    lock: bool = False,
    adds: bool = False,
) -> Child:
    """Find a child for someone with the permission.

    `adds` allows additions to a frozen file. Raises `PermissionMissing`, `ChildNotFound`,
    `ConflictOfInterest`, `OutsideCohort`; for writes to the file also `FileLocked`, and
    `FileFrozen` unless it only `adds`.
    """
    policy.require(work.actor, permission)
    result = await (work.children.lock if lock else work.children.find)(Child, child_id)
    if result is None:
        await refuse_missing(work, child_id)
    check_reach(work.actor, child_id, result.year_group, result.registration_group)
    if permission is Permission.SAFETY_READ and not policy.reads_safety(work.actor, child_id):
        raise PermissionMissing
    if permission in WRITES_FILE:
        await check_unlocked(work, child_id, adds=adds)
    return result


async def refuse_missing(work: UnitOfWork, child_id: UUID) -> NoReturn:
    """Raise `ChildMerged` for someone who may open the remaining child, or `ChildNotFound`."""
    goes_on = await work.children.goes_on_as(child_id)
    child = await work.children.find(Child, goes_on) if goes_on is not None else None
    if child is not None:
        check_reach(work.actor, child.id, child.year_group, child.registration_group)
        raise ChildMerged(child.id)
    raise ChildNotFound


def why_reached(actor: Actor, child: Child) -> str:
    """The rule that let the actor open this child's record, for the audit log."""
    return why(actor, child.id, child.year_group, child.registration_group)


def record_child_opened(
    work: UnitOfWork, child: Child, part: str | None = None, **details: Any
) -> None:
    """Record that a child's file, or a part of it, was opened, and by which rule."""
    parts = {"part": part} if part else {}
    work.record(
        AuditEvent.CHILD_OPENED, "child", child.id, child_id=child.id,
        details={**parts, **details, "rule": why_reached(work.actor, child)},
    )  # fmt: skip


def why(
    actor: Actor, child_id: UUID, year_group: str | None, registration_group: str | None
) -> str:
    """As `why_reached`, from a child's columns."""
    facts = Facts(NIL, child=Pupil(child_id, year_group, registration_group))
    reader = visibility.reader_of(actor)
    *_, last = visibility.OF_CHILD.steps(reader, facts)
    return atoms.child_grant_of(facts, reader) or "grant" if last.rule == "grant" else last.rule


async def child_for_any(
    work: UnitOfWork, child_id: UUID, permissions: Sequence[Permission]
) -> Child:
    """Find a child for someone with one of several permissions. Raises as `child_for` does."""
    held = [permission for permission in permissions if policy.may(work.actor, permission)]
    if not held:
        raise PermissionMissing
    return await child_for(work, child_id, held[0])


def check_reach(
    actor: Actor, child_id: UUID, year_group: str | None, registration_group: str | None
) -> None:
    """Raise `ConflictOfInterest` for relatives, `OutsideCohort` outside a pastoral cohort.

    A grant of the child's record lifts `OutsideCohort`.
    """
    *_, last = child_steps(actor, Pupil(child_id, year_group, registration_group))
    if child_id in actor.conflicts.limited:
        raise FileLimited
    if child_id in actor.conflicts.children:
        raise ConflictOfInterest
    if last.rule == "outside":
        raise OutsideCohort


def child_steps(actor: Actor, child: Pupil) -> tuple[policy.Step, ...]:
    """The rules about opening a child's record, up to the one that decided."""
    facts = Facts(NIL, child=child)
    return tuple(visibility.OF_CHILD.steps(visibility.reader_of(actor), facts))


def sees_of_child(actor: Actor, resource_type: str, child: Child, confidentiality: str) -> bool:
    """Whether the actor sees a record attached to a child, in its class, by its kind's rule."""
    pupil = Pupil(child.id, child.year_group, child.registration_group)
    return KINDS[resource_type].shows(actor, Facts(NIL, own_class=confidentiality, child=pupil))


def role_reads(actor: Actor, confidentiality: str) -> bool:
    """Whether the actor's role itself reads a class of record attached to a child."""
    facts = Facts(NIL, own_class=confidentiality)
    return ROLE_READS_CLASS.holds(visibility.reader_of(actor), facts)


def opens_child(actor: Actor, child: Pupil) -> bool:
    """Whether the actor may open a child's record."""
    return child_steps(actor, child)[-1].effect is policy.Effect.ALLOW
