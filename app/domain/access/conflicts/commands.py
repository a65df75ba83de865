"""Declare, find, confirm and end conflicts of interest, and move the open work they affect."""

import json
from collections.abc import Collection, Sequence
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import BY_HAND, AuditEvent, Permission, Role
from app.db.models import Child, Concern, Conflict, Contact, Staff
from app.db.repositories.access import conflicts as stored
from app.db.trails import Register
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import (
    concern_for,
    own_concern_to_work_on,
    reads_concern,
)
from app.domain.access.conflicts import rules
from app.domain.access.conflicts.errors import ConflictKnown, ConflictNotFound, NobodyLeft
from app.domain.access.conflicts.queries import (
    CHECK,
    IN_FORCE,
    JUDGES,
    NOUN,
    SUGGESTED,
    candidates_for,
    is_locked_out,
    judges_among,
    leaves_nobody,
    say_ground,
)
from app.domain.access.conflicts.schemas import ConflictEndIn, ConflictIn
from app.domain.common.alerts.commands import tell
from app.domain.common.owners.commands import settle_things
from app.domain.common.owners.queries import ownerless, people_here
from app.domain.common.owners.rules import is_apart
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import (
    ChildNotFound,
    ConcernNotFound,
    FieldProblem,
    PermissionMissing,
    SecondPersonNeeded,
    ServiceUnavailable,
    StaffNotFound,
    StateConflict,
    ValidationFailed,
    require_row,
)
from app.domain.etags import check_version
from app.domain.steps import new, record_row


async def declare_conflict(work: UnitOfWork, body: ConflictIn) -> UUID:
    """Lock someone out of a child's record: oneself, or anyone for people who grant access.

    It is only a suggestion if no lead, deputy or head could still read the record, or only the
    person who declares it about someone else. Leads and heads are then alerted, as they are for
    every declaration about someone else. Raises `PermissionMissing`, `ChildNotFound`,
    `StaffNotFound`, `ConflictKnown`, `ValidationFailed` (a contact that the child does not have).
    """
    policy.require(work.actor, Permission.CONFLICT_DECLARE)
    person = body.staff_id or work.actor.id
    if person != work.actor.id:
        policy.require(work.actor, Permission.ACCESS_GRANT)
    if await work.children.find(Child, body.child_id) is None:
        raise ChildNotFound
    if await work.staff.find(Staff, person) is None:
        raise StaffNotFound
    driver, school_id = await work.driver(), work.actor.school_id
    waits = await stored.is_declared(driver, school_id, person, body.child_id)
    if waits or await is_locked_out(work, person, children=[body.child_id]):
        raise ConflictKnown
    await _check_contact(work, body)
    row = _new(work, person, body.reason, "declared", id_=body.id, child_id=body.child_id)
    row.contact_id = body.contact_id
    if person != work.actor.id and await leaves_nobody(work, row, besides=work.actor.id):
        row.state, row.typed_by = SUGGESTED, [work.actor.id]
    await begin_conflict(work, row)
    record_row(
        work,
        AuditEvent.CONFLICT_SUGGESTED if row.state == SUGGESTED else AuditEvent.CONFLICT_DECLARED,
        row, child_id=body.child_id, after={"reason": body.reason},
        details={"staff_id": str(person), "kind": "declared"},
    )  # fmt: skip
    if row.state == SUGGESTED or person != work.actor.id:
        await tell_leads(work, [person], asks=row.state == SUGGESTED)
    if row.state != SUGGESTED:
        await move_work(work, [person])
    return row.id


async def _check_contact(work: UnitOfWork, body: ConflictIn) -> None:
    if body.contact_id is None:
        return
    contact = await work.children.find(Contact, body.contact_id)
    if contact is None or contact.child_id != body.child_id:
        detail = "Cairn cannot find this contact of the child."
        raise ValidationFailed(problems=[FieldProblem("/contact_id", "unknown_contact", detail)])


def _new(
    work: UnitOfWork,
    staff_id: UUID,
    reason: str | None,
    kind: str,
    *,
    id_: UUID | None = None,
    child_id: UUID | None = None,
    concern_id: UUID | None = None,
) -> Conflict:
    return new(
        work, Conflict, id=id_ or new_id(), staff_id=staff_id, child_id=child_id,
        concern_id=concern_id, kind=kind, reason=reason, contact_id=None, state="in_force",
    )  # fmt: skip


async def lock_out_named_staff(
    work: UnitOfWork, concern_id: UUID, staff_id: UUID, reason: str | None
) -> UUID:
    """Record that a concern names a member of staff, who is locked out of it at once.

    If no lead or head could still read it, it is only a suggestion and leads and heads are alerted.
    A reporter's statement covers their own concern; it covers merged concerns once a reader
    confirms it. The reporter and anyone who works on the whole concern may do this. A reporter does
    not hear that others named the person already: both statements are kept. Work in it that the
    person owns moves on. Raises `PermissionMissing`, `ConcernNotFound`, `StaffNotFound`,
    `ConflictKnown`.
    """
    concern = await own_concern_to_work_on(work, concern_id, Permission.CONCERN_AMEND, adds=True)
    if await work.staff.find(Staff, staff_id) is None:
        raise StaffNotFound
    driver, school_id = await work.driver(), work.actor.school_id
    reads = await _reads(work, concern)
    named = await stored.live_named(driver, school_id, [concern.id], staff_id)
    if any(reads or item["created_by"] == work.actor.id for item in named):
        raise ConflictKnown
    row = await _keep_or_suggest(work, concern, staff_id, reason)
    if reads:
        await spread_named(work, concern.id)
    elif row.state == "in_force" and len(await stored.chain_of(driver, school_id, concern.id)) > 1:
        row.state = "to_confirm"
    if await move_work(work, [staff_id]):
        return row.id
    if concern.owner_id is not None and concern.ended_at is None:
        tell_of_concern(work, concern.owner_id, "staff_named", concern)
    return row.id


async def _reads(work: UnitOfWork, concern: Concern) -> bool:
    return reads_concern(work.actor, await work.concerns.access_to(concern.id))


async def _keep_or_suggest(
    work: UnitOfWork, concern: Concern, staff_id: UUID, reason: str | None
) -> Conflict:
    """Lock out, unless no lead, deputy or head were left to read it: then a person decides."""
    row = _new(work, staff_id, reason, "named", concern_id=concern.id)
    await begin_conflict(work, row)
    _record_named(work, row)
    if row.state == SUGGESTED:
        await tell_leads(work, [staff_id], asks=True)
    return row


def keep_named(
    work: UnitOfWork,
    concern_id: UUID,
    staff_id: UUID,
    reason: str | None,
    register: Register = "children",
) -> Conflict:
    """Lock a person out of one concern that names them; `register` is the audit log used."""
    row = _new(work, staff_id, reason, "named", concern_id=concern_id)
    work.concerns.add(row)
    _record_named(work, row, register)
    return row


def _record_named(work: UnitOfWork, row: Conflict, register: Register = "children") -> None:
    work.record(
        AuditEvent.CONFLICT_SUGGESTED if row.state == SUGGESTED else AuditEvent.CONFLICT_DECLARED,
        "conflict", row.id, after={"reason": row.reason},
        details={"staff_id": str(row.staff_id), "kind": "named", "concern_id": str(row.concern_id)},
        register=register,
    )  # fmt: skip


async def spread_named(work: UnitOfWork, concern_id: UUID) -> None:
    """Lock people named in one concern of a chain of merges out of the whole chain."""
    driver, school_id = await work.driver(), work.actor.school_id
    chain = await stored.chain_of(driver, school_id, concern_id)
    named = await stored.named_in(driver, school_id, chain)
    if len(chain) == 1 or not named:
        return
    live = await stored.live_named(driver, school_id, chain)
    known = {(item["staff_id"], item["concern_id"]) for item in live}
    for staff_id, reason in named.items():
        for item in chain:
            if (staff_id, item) not in known:
                await _spread(work, item, staff_id, reason)
    await move_work(work, list(named))


async def _spread(work: UnitOfWork, concern_id: UUID, staff_id: UUID, reason: str | None) -> None:
    if (concern := await work.concerns.find(Concern, concern_id)) is not None:
        await _keep_or_suggest(work, concern, staff_id, reason)


async def confirm_conflict(work: UnitOfWork, conflict_id: UUID, version: int) -> Conflict:
    """Confirm a suggested or doubtful conflict; a named one then covers all merges.

    The person concerned may confirm, as they may declare it. No other person who typed its
    grounds may. Raises `PermissionMissing`, `ConflictNotFound`, `VersionStale`, `StateConflict`,
    `SecondPersonNeeded`, `NobodyLeft`.
    """
    row = await _to_judge(work, conflict_id, version)
    if row.ended_at is not None:
        raise StateConflict("It has already ended.")
    if row.state == "in_force":
        raise StateConflict("It is already in force.")
    if row.state == SUGGESTED:
        await _check_second(work, row)
        if await leaves_nobody(work, row):
            raise NobodyLeft
    row.state = "in_force"
    row.version += 1
    await confirmation_answered(work, row.id, "confirmed")
    record_row(
        work, AuditEvent.CONFLICT_CONFIRMED, row,
        details={"staff_id": str(row.staff_id), "kind": row.kind},
    )  # fmt: skip
    await work.session.flush()
    if row.concern_id is not None:
        await spread_named(work, row.concern_id)
    await move_work(work, [row.staff_id])
    return row


async def _check_second(work: UnitOfWork, row: Conflict) -> None:
    """Raise `SecondPersonNeeded` if the actor typed the grounds of a suggestion about another."""
    contact = await work.children.find(Contact, row.contact_id) if row.contact_id else None
    typed = {*row.typed_by, contact.typed_by if contact else None}
    if not rules.is_second(work.actor.id, row.staff_id, typed):
        raise SecondPersonNeeded("Another lead or the head has to decide it.")


async def end_conflict(
    work: UnitOfWork, conflict_id: UUID, version: int, body: ConflictEndIn
) -> Conflict:
    """End a wrong or past conflict, never the actor's own; a named one ends for all merges.

    People who typed a suggestion's grounds cannot reject it, because a rejection is final. Raises
    `PermissionMissing`, `ConflictNotFound`, `VersionStale`, `SecondPersonNeeded`, `StateConflict`.
    """
    row = await _to_judge(work, conflict_id, version)
    if row.staff_id == work.actor.id:
        raise SecondPersonNeeded("Another lead or the head has to end it.")
    if row.ended_at is not None:
        raise StateConflict("It has already ended.")
    if row.state == SUGGESTED:
        await _check_second(work, row)
    for item in await _all_of(work, row):
        item.ended_at, item.ended_by, item.end_reason = work.now, work.actor.id, body.reason
        item.version += 1
        await confirmation_answered(work, item.id, "ended")
        record_row(
            work, AuditEvent.CONFLICT_ENDED, item, after={"reason": body.reason},
            details={"staff_id": str(item.staff_id), "kind": item.kind},
        )  # fmt: skip
    return row


async def _to_judge(work: UnitOfWork, conflict_id: UUID, version: int) -> Conflict:
    if not any(policy.may(work.actor, item) for item in JUDGES):
        raise PermissionMissing
    row = require_row(await work.concerns.lock(Conflict, conflict_id), ConflictNotFound)
    if row.concern_id is not None:
        await _check_sees(work, row.concern_id)
    check_version(row, version)
    return row


async def _check_sees(work: UnitOfWork, concern_id: UUID) -> Concern:
    try:
        return await concern_for(work, concern_id, Permission.CONCERN_READ)
    except ConcernNotFound:
        raise ConflictNotFound from None


async def _all_of(work: UnitOfWork, row: Conflict) -> list[Conflict]:
    if row.concern_id is None:
        return [row]
    driver, school_id = await work.driver(), work.actor.school_id
    chain = await stored.chain_of(driver, school_id, row.concern_id)
    live = await stored.live_named(driver, school_id, chain, row.staff_id)
    items = [await work.concerns.lock(Conflict, id_) for id_ in sorted(item["id"] for item in live)]
    return [item for item in items if item is not None]


async def begin_conflict(work: UnitOfWork, row: Conflict) -> None:
    """Add a conflict that someone stated, in force unless it would leave nobody.

    In that case it locks nobody out, and a second person is asked.
    """
    if row.state == IN_FORCE and await leaves_nobody(work, row):
        row.state = SUGGESTED
    work.concerns.add(row)
    await work.session.flush()  # the next one is judged with this one
    if row.state == SUGGESTED:
        await ask_to_confirm(work, row)


async def ask_to_confirm(work: UnitOfWork, row: Conflict, *, tells: bool = True) -> None:
    """Ask someone who did not type the suggestion to confirm or end it by a due time.

    The person concerned is asked only if nobody else may answer and it names no concern. The check
    for work without an owner finds a school with nobody at all.
    """
    judges = judges_among(await people_here(work), row)
    first = next(iter(judges), None)
    hidden = [] if first == row.staff_id else [row.staff_id]
    command = SetTask(
        CHECK, child_id=row.child_id, concern_id=row.concern_id, about=(NOUN, row.id),
        first=first, barred=hidden, tells=tells,
    )  # fmt: skip
    try:
        await set_task(work, command)
    except ServiceUnavailable:
        return


async def confirmation_answered(work: UnitOfWork, conflict_id: UUID, outcome: str) -> None:
    """End the question about a conflict."""
    await finish_all(work, [CHECK], outcome=outcome, about_id=conflict_id)


async def find_conflicts(
    work: UnitOfWork,
    *,
    by_roster: bool = False,
    import_id: UUID | None = None,
    brought_by: UUID | None = None,
) -> int:
    """Suggest conflicts that matching shows and doubt those it no longer shows; returns how many.

    A match locks nobody out until a person confirms it who did not bring it; only what a person
    writes about themselves acts at once. `brought_by` started the import (default: the actor).
    The question stays open if its grounds are gone, unless a roster (`by_roster`) withdraws its own
    statement, or the import is undone. Call it after any change to contacts, relationships or staff
    addresses: it is one statement, and repeating it changes nothing. Leads and heads are alerted
    once if the person reads concerns, or if an import brought it.
    """
    changed = await stored.find_from_roster(
        await work.driver(), work.acting(), (rules.FAMILY, rules.HOUSEHOLD),
        [role.value for role in rules.LEAD_ORDER], BY_HAND, by_roster=by_roster,
        brought_by=brought_by or (work.actor.id if work.actor.id != NIL else None),
        import_id=import_id,
    )  # fmt: skip
    if changed["found"]:
        await move_work(work)
    tasks = json.loads(changed["tasks"])
    for conflict_id, becomes in tasks.items():
        await _follow(work, UUID(conflict_id), becomes, notified=changed["sighted"])
    asks = not {"asked", "listed"}.isdisjoint(tasks.values())
    if changed["sighted"]:
        await tell_leads(work, changed["sighted"], asks=asks)
    elif "listed" in tasks.values():
        await tell_leads(work, (), asks=True, urgent=False)
    return int(changed["changed"])


async def _follow(
    work: UnitOfWork, conflict_id: UUID, becomes: str, *, notified: Collection[UUID]
) -> None:
    """Update the question to a second person as the suggestion changes."""
    if becomes == "asked":
        await _ask(work, conflict_id, notified=notified)
    elif becomes in ("doubted", "borne_out"):
        await say_ground(work, conflict_id, gone=becomes == "doubted")
    elif becomes == "ended":
        await confirmation_answered(work, conflict_id, becomes)


async def _ask(work: UnitOfWork, conflict_id: UUID, *, notified: Collection[UUID]) -> None:
    row = await work.concerns.find(Conflict, conflict_id)
    if row is not None:
        await ask_to_confirm(work, row, tells=row.staff_id not in notified)


async def tell_leads(
    work: UnitOfWork, about: Collection[UUID], *, asks: bool, urgent: bool = True
) -> None:
    """Alert every lead and head that a reader was found to have a conflict.

    If the alert `asks` one of them to decide, it ends once nothing is left to decide. The person
    concerned is not alerted; an administrator is, if there is nobody else.
    """
    people = await candidates_for(work, None, [])
    only = next(iter(about)) if len(set(about)) == 1 else None
    others = [item for item in people if item.id != only]
    items = {item.id for item in others if item.role in rules.LEAD_ORDER}
    items = items or {item.id for item in others if item.role == Role.SCHOOL_ADMIN}
    matter_id = work.actor.school_id if asks else None
    for person in sorted(items):
        tell(work, person, "conflict_found", urgent=urgent, matter_id=matter_id)


async def move_work(work: UnitOfWork, staff: Sequence[UUID] | None = None) -> int:
    """Give open work of people who are locked out to others who are not.

    Covers the given people, or everyone. Returns how much moved. Work that nobody can take stays
    where it is: every concern needs an owner.
    """
    things = [item for item in await ownerless(work, staff) if item.fault == "conflict"]
    things = [thing for thing in things if not is_apart(thing.resource_type)]
    return len((await settle_things(work, things, reason="conflict_of_interest")).moved)


def tell_of_concern(
    work: UnitOfWork, person: UUID, kind: str, concern: Concern, *, action_id: UUID | None = None
) -> None:
    """Alert someone about a concern, unless they are the actor."""
    if person == work.actor.id:
        return
    tell(
        work, person, kind, concern_id=concern.id, action_id=action_id,
        about=("action", action_id) if action_id else ("concern", concern.id),
        urgent=concern.immediacy == "immediate_danger" and concern.acknowledged_at is None,
    )  # fmt: skip
