"""Receiving a roster file, and approving a plan that waits for a person."""

from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import RosterImport
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.errors import RosterImportNotFound, VersionStale
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.leavers import waits_for_lead


@dataclass(frozen=True, slots=True)
class ReceiveRoster:
    """A stored file. `organisation_source_id` says which school of the file is this one."""

    key: str | None
    file_name: str
    source: str = rules.DEFAULT_SOURCE
    organisation_source_id: str | None = None


async def receive_roster(
    work: UnitOfWork, wish: ReceiveRoster, *, enqueue: bool = True
) -> RosterImport:
    """Note that a file has come, and ask for its import.

    `enqueue` False leaves the import to the caller. Raises `PermissionMissing`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    received = RosterImport(
        school_id=work.actor.school_id,
        id=new_id(),
        source=wish.source,
        format=rules.FORMAT,
        file_name=wish.file_name,
        key=wish.key,
        organisation_source_id=wish.organisation_source_id,
        state=rules.RECEIVED,
        done=0,
        total=0,
        counts={},
        started_by=None if work.actor.is_system else work.actor.id,
        version=1,
        created_at=work.now,
        changed_at=work.now,
    )
    work.rosters.add(received)
    await work.session.flush()
    work.record(AuditEvent.ROSTER_RECEIVED, "roster_import", received.id)
    if enqueue:
        work.enqueue(_job(work, received.id))
    return received


async def approve_import(work: UnitOfWork, import_id: UUID, version: int) -> RosterImport:
    """Let a held plan go ahead.

    Raises `PermissionMissing`, `RosterImportNotFound`, `VersionStale`, `ImportNotHeld`,
    `LeaverNotLookedAt`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    held = await work.rosters.lock(RosterImport, import_id)
    if held is None:
        raise RosterImportNotFound
    if held.version != version:
        raise VersionStale
    if held.state != rules.HELD:
        raise rules.ImportNotHeld
    if held.held_because == rules.LEAVER and await waits_for_lead(work):
        raise rules.LeaverNotLookedAt
    held.state = rules.APPROVED
    held.finished_at = None
    held.version += 1
    held.changed_at = work.now
    work.record(AuditEvent.ROSTER_APPROVED, "roster_import", held.id)
    work.enqueue(_job(work, held.id))
    return held


def _job(work: UnitOfWork, import_id: UUID) -> Job:
    return Job(
        "roster.import", {"import_id": str(import_id)}, lock=f"roster:{work.actor.school_id}"
    )
