"""Keep a change until another person who safeguards confirms it: until then the old value holds."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import ProposedChange
from app.db.repositories.safety import proposed_changes as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.commands import tell, tell_watchers_once
from app.domain.common.proposed_changes.rules import CONFIRMERS, KIND
from app.domain.steps import new, record_row

NUMBERS: Final = "reach_changed"
"""The news that somebody who safeguards changed a number alone."""


async def propose(
    work: UnitOfWork,
    thing: tuple[str, UUID],
    field: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Keep a change of a field that waits; it replaces what waited there.

    `before` and `after` say the value by name. Equal ones take back what waited.
    """
    school_id = work.actor.school_id
    waiting = await stored.lock_waiting(work.session, school_id, *thing, field)
    if waiting is not None:
        if waiting.after == after:
            return
        await _close(work, waiting, "replaced", AuditEvent.CHANGE_REPLACED)
    if after == before:
        await _end_alert(work)
        return
    change = new(
        work, ProposedChange, noun=thing[0], thing_id=thing[1], field=field, before=dict(before),
        after=dict(after), state="proposed", proposed_by=work.actor.id,
    )  # fmt: skip
    work.session.add(change)
    await work.session.flush()
    record_row(
        work, AuditEvent.CHANGE_PROPOSED, change, before=before, after=after,
        details={"noun": thing[0], "thing_id": str(thing[1]), "field": field},
    )  # fmt: skip
    counts = {"proposed_changes": await stored.count_waiting(work.session, school_id)}
    holders = await work.provisioning.holders([role.value for role in CONFIRMERS], work.today)
    for person in dict.fromkeys(person for person, _ in holders):
        if person != work.actor.id:
            tell(work, person, KIND, matter_id=school_id, counts=counts, rings=False)


async def proposed_by_me(
    work: UnitOfWork, thing: tuple[str, UUID], field: str
) -> Mapping[str, Any]:
    """What the actor proposed for a field and still waits; empty for nothing."""
    waiting = await stored.lock_waiting(work.session, work.actor.school_id, *thing, field)
    mine = waiting is not None and waiting.proposed_by == work.actor.id
    return waiting.after if waiting is not None and mine else {}


async def overtake(work: UnitOfWork, thing: tuple[str, UUID], field: str) -> None:
    """Take back what was proposed for a field that a person who safeguards now changes."""
    await propose(work, thing, field, {}, {})


async def settle(
    work: UnitOfWork, change: ProposedChange, state: str, did: AuditEvent, reason: str | None = None
) -> None:
    """Say what became of a change; the alert of all ends with the last that waits."""
    await _close(work, change, state, did, reason)
    await _end_alert(work)


async def _close(
    work: UnitOfWork, change: ProposedChange, state: str, did: AuditEvent, reason: str | None = None
) -> None:
    change.state, change.decided_by, change.decided_at = state, work.actor.id, work.now
    change.reason = reason
    change.version += 1
    await work.session.flush()
    record_row(
        work, did, change, reason=reason,
        details={"noun": change.noun, "thing_id": str(change.thing_id), "field": change.field},
    )  # fmt: skip


async def _end_alert(work: UnitOfWork) -> None:
    if not await stored.count_waiting(work.session, work.actor.school_id):
        work.alerts.end(work.actor.school_id, "put_right", [KIND])


async def tell_number_changed(work: UnitOfWork) -> None:
    """Alert the others who watch over safeguarding that one of them changed a number alone."""
    await tell_watchers_once(work, NUMBERS)
