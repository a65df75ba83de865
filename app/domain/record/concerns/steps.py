"""What every step of a concern has in common: version, event, trail."""

from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Concern, ConcernEvent
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.concerns import concern_to_work_on
from app.domain.clocks.keeping import stop_clock
from app.domain.errors import VersionStale
from app.domain.record.concerns import rules


async def concern_to_change(
    work: UnitOfWork,
    concern_id: UUID,
    permission: Permission,
    version: int,
    *,
    granted_too: bool = False,
) -> Concern:
    """The concern, locked, at the version the client last saw, as `concern_to_work_on`.

    Raises `PermissionMissing`, `ConcernNotFound`, `VersionStale`.
    """
    concern = await concern_to_work_on(work, concern_id, permission, granted_too=granted_too)
    if concern.version != version:
        raise VersionStale
    return concern


def take_step(
    work: UnitOfWork,
    concern: Concern,
    did: AuditEvent,
    *,
    state: str | None = None,
    reasons: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Move the concern on: new state and version, one event of its history, one trail entry.

    `details` may hold ids, codes and times; the narrative stays in `reasons` of the event.
    """
    before = {"state": concern.state, "version": concern.version}
    work.concerns.add(
        ConcernEvent(
            school_id=concern.school_id,
            id=new_id(),
            concern_id=concern.id,
            verb=did.value.partition(".")[2],
            at=work.now,
            by_id=work.actor.id,
            by_role=work.actor.role_name,
            from_state=concern.state,
            to_state=state or concern.state,
            reasons=reasons,
            details=details or {},
        )
    )
    if state is not None:
        concern.state = state
        concern.ended_at = work.now if state in rules.ENDED_STATES else None
        if concern.ended_at is not None:
            stop_clock(work, concern, state)
    touch(work, concern)
    work.record(
        did,
        "concern",
        concern.id,
        before=before,
        after={"state": concern.state, "version": concern.version, "reasons": reasons},
        details=details,
    )


def touch(work: UnitOfWork, concern: Concern) -> None:
    """Give the concern a new version, since something of it is new."""
    concern.version += 1
    concern.changed_at = work.now
