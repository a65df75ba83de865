"""What every step of a concern about an adult has in common: version, event, trail."""

from collections.abc import Mapping
from typing import Any

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import AdultConcern, AdultEvent
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns import rules
from app.domain.clocks.keeping import stop_clock

NOUN = "adult_concern"


def take_step(
    work: UnitOfWork,
    concern: AdultConcern,
    did: AuditEvent,
    *,
    state: str | None = None,
    reasons: str | None = None,
    details: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
) -> None:
    """Move it on: new state and version, one event of its history, one entry of its own trail.

    `details` holds ids, codes and times for both; `content`, such as advice in words, goes to
    the event alone.
    """
    before = {"state": concern.state, "version": concern.version}
    add_event(work, concern, did, state, reasons, {**(details or {}), **(content or {})})
    if state is not None:
        concern.state = state
        concern.ended_at = work.now if state in rules.ENDED_STATES else None
        if concern.ended_at is not None:
            stop_clock(work, concern, state)
    touch(work, concern)
    after = {"state": concern.state, "version": concern.version, "reasons": reasons}
    work.record(
        did,
        NOUN,
        concern.id,
        before=before,
        after={**after, **(content or {})},
        details=details,
        register="adults",
    )


def add_event(
    work: UnitOfWork,
    concern: AdultConcern,
    did: AuditEvent,
    state: str | None,
    reasons: str | None,
    details: dict[str, Any],
) -> None:
    """One event; the system is no member of staff and writes none."""
    if work.actor.is_system:
        return
    work.adults.add(
        AdultEvent(
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
            details=details,
        )
    )


def touch(work: UnitOfWork, concern: AdultConcern) -> None:
    """Give it a new version, since something of it is new."""
    concern.version += 1
    concern.changed_at = work.now
