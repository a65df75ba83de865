"""Raise a concern about an adult, place it with a reader, and add to it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission, Role
from app.db.models import AdultConcern, AdultEvent, AdultNote, AdultStatement
from app.db.repositories.record.concern_reports import facts_for_raising
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import AdultConcernNotFound, SubjectUnknown
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.adults.adult_concerns.queries import adult_concern_for
from app.domain.adults.adult_concerns.rules import NOUN, Placement
from app.domain.adults.adult_concerns.schemas import AdultAmendmentIn, AdultIn
from app.domain.common.alerts import commands as alerts
from app.domain.common.alerts.rules import APPOINTMENT_NEEDED, IN_ADULT_REGISTER
from app.domain.common.deadlines.commands import calendar_of, start_clock, stop_clock
from app.domain.duty.ladder.queries import team_of, thing_of
from app.domain.duty.ladder.rules import appointers, told_on
from app.domain.errors import FieldProblem, PermissionMissing
from app.domain.record.concerns.errors import ChildUnknown, StatementUnknown
from app.domain.record.concerns.rules import check_occurred
from app.domain.steps import facts_of, new, record_row, touch

HEAD = "headteacher"


def take_step(
    work: UnitOfWork,
    concern: AdultConcern,
    did: AuditEvent,
    *,
    state: str | None = None,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
    content: Mapping[str, Any] | None = None,
) -> None:
    """Move it on: new state and version, one event in its history, one entry in its own log.

    `details` holds IDs, codes and times for both; `content`, such as advice in words, is for the
    event only.
    """
    before = {"state": concern.state, "version": concern.version}
    add_event(work, concern, did, state, reason, {**(details or {}), **(content or {})})
    if state is not None:
        concern.state = state
        concern.ended_at = work.now if state in rules.ENDED_STATES else None
        if concern.ended_at is not None:
            stop_clock(work, concern, state)
    touch(work, concern)
    after = {"state": concern.state, "version": concern.version, "reason": reason}
    record_row(
        work, did, concern, before=before, after={**after, **(content or {})}, details=details,
        register="adults",
    )  # fmt: skip


def add_event(
    work: UnitOfWork,
    concern: AdultConcern,
    did: AuditEvent,
    state: str | None,
    reason: str | None,
    details: dict[str, Any],
) -> None:
    """Add one event. The system is not a member of staff and adds none."""
    if work.actor.is_system:
        return
    row = new(
        work, AdultEvent, concern_id=concern.id, verb=did.value.partition(".")[2],
        from_state=concern.state, to_state=state or concern.state, reason=reason, details=details,
    )  # fmt: skip
    work.adults.add(row)


async def find_place(
    work: UnitOfWork, *, about_head: bool, kept_out: Iterable[UUID | None], reporter_id: UUID,
    away: Collection[UUID] = (),
) -> Placement:  # fmt: skip
    """Choose the owner of a concern among those who hold a role today."""
    roles = (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN)
    people = await work.adults.people([role.value for role in roles], work.today)
    return rules.placement_of(
        people, about_head=about_head, kept_out=set(kept_out), reporter_id=reporter_id, away=away
    )


async def place_of(
    work: UnitOfWork, about: AdultIn, *, about_head: bool, kept_out: Iterable[UUID | None],
    reporter_id: UUID,
) -> tuple[Placement, set[UUID]]:  # fmt: skip
    """Choose the owner, and find staff who may be the adult described and so never have it.

    They do have it if only they could read it: a matching name must not leave it without a reader.
    """
    kept_out, away = set(kept_out), await work.adults.away(work.today)
    namesakes: set[UUID] = set()
    if about.staff_id is None and about.name:
        staff = await work.adults.names_of_staff()
        namesakes = {id_ for id_, name in staff if rules.describes(about.name, name)}

    async def place_without(out: Iterable[UUID | None]) -> Placement:
        return await find_place(
            work, about_head=about_head, kept_out=out, reporter_id=reporter_id, away=away
        )

    placement = await place_without(kept_out | namesakes)
    if placement.readable or not namesakes:
        return placement, namesakes
    placement = await place_without(kept_out)
    return placement, namesakes.difference(placement.notified if placement.readable else ())


def tell(
    work: UnitOfWork, concern: AdultConcern, notified: Iterable[UUID], *, readable: bool
) -> None:
    """Alert people of a concern, by mail at once unless it is a low-level one."""
    tell_people(
        work, notified, urgent=concern.immediate_risk, readable=readable, matter_id=concern.id,
        soon=(concern.threshold or concern.kind) != "low_level",
    )  # fmt: skip


def tell_people(
    work: UnitOfWork, notified: Iterable[UUID], *, urgent: bool, readable: bool, matter_id: UUID,
    soon: bool = False,
) -> None:  # fmt: skip
    """Alert each person except the actor, naming no record, so that the alert reveals nothing.

    If nobody may read the concern, alert administrators, who can appoint someone. `soon` mails at
    once: an allegation has to reach the designated officer in one working day.
    """
    kind = IN_ADULT_REGISTER if readable else APPOINTMENT_NEEDED
    for person in dict.fromkeys(notified):
        if person == work.actor.id and readable:
            continue
        alerts.tell(work, person, kind, urgent=urgent, matter_id=matter_id, soon=soon)


@dataclass(frozen=True, slots=True)
class RaiseAdultConcern:
    """A report about an adult; every part is saved exactly as it came."""

    id: UUID | None
    about: AdultIn
    kind: str
    account: Sequence[dict[str, Any]]
    occurred_at: datetime
    occurred_precision: str
    place: str | None
    children: Sequence[UUID]
    immediate_risk: bool
    anonymity_asked: bool
    child_report: Mapping[str, Any] | None = None
    """Further content if it was reported as a concern about children."""
    kept_out: Sequence[UUID] = ()
    """People who are named besides, or close to a child: they never read it."""
    urgent: bool = False
    """Alert at once, although no child is known to be at risk now."""
    first_reported: tuple[UUID, datetime] | None = None
    """Reporter and time if it was first kept elsewhere. Default: the actor, now."""


@dataclass(frozen=True, slots=True)
class RaisedAdultConcern:
    """Answer to the reporter: the state of their report, and who to phone."""

    id: UUID
    reference: str
    recorded_at: datetime
    advice: str | None
    call: str | None


async def raise_adult_concern(work: UnitOfWork, command: RaiseAdultConcern) -> RaisedAdultConcern:
    """Record a concern about an adult and alert those who may read it.

    Raises `PermissionMissing`, `SubjectUnknown`, `ChildUnknown`, `OccurredInFuture`.
    """
    policy.require(work.actor, Permission.ADULT_RAISE)
    check_occurred(command.occurred_at, work.now)
    about_head = await is_about_head(work, command.about, command.occurred_at)
    await _check_children(work, command.children)
    command = replace(command, kept_out=await _close_to(work, command.children))
    by_name = about_head and command.about.staff_id is None and command.about.role != HEAD
    concern, result = await keep_adult_concern(work, command, about_head=about_head)
    return RaisedAdultConcern(
        concern.id,
        concern.reference,
        concern.recorded_at,
        rules.danger_advice(result, about_head=about_head) if command.immediate_risk else None,
        _who_to_call(result, by_name=by_name),
    )


async def keep_adult_concern(
    work: UnitOfWork, command: RaiseAdultConcern, *, about_head: bool
) -> tuple[AdultConcern, Placement]:
    """Add it to the register, with its owner and its clock, and alert those who may read it."""
    reporter_id, recorded_at = command.first_reported or (work.actor.id, work.now)
    result, namesakes = await place_of(
        work,
        command.about,
        about_head=about_head,
        kept_out=[command.about.staff_id, *command.kept_out],
        reporter_id=reporter_id,
    )
    concern = _new_concern(work, command, about_head, result)
    concern.namesakes = sorted(namesakes)
    concern.reporter_id, concern.recorded_at = reporter_id, recorded_at
    nation = (await calendar_of(work)).nation
    rule_id = rules.first_clock(command.kind, immediate_risk=command.immediate_risk, nation=nation)
    await start_clock(
        work, concern, rule_id, since=work.now if rule_id == rules.AT_ONCE else recorded_at
    )
    concern.reference = await work.adults.new_reference(work.now.year)
    work.adults.add(concern)
    await work.session.flush()
    _add_account(work, concern, command.account)
    moved = {"moved": True} if command.first_reported else {}
    add_event(work, concern, AuditEvent.ADULT_RAISED, None, None, {**moved})
    record_row(
        work, AuditEvent.ADULT_RAISED, concern, after=asdict(command),
        details={
            "kind": command.kind, "about_head": about_head, "readable": result.readable, **moved,
        },
        register="adults",
    )  # fmt: skip
    urgent = command.immediate_risk or command.urgent
    tell_people(
        work, result.notified, urgent=urgent, readable=result.readable, matter_id=concern.id,
        soon=command.kind != "low_level",
    )  # fmt: skip
    return concern, result


def _who_to_call(placement: Placement, *, by_name: bool) -> str | None:
    if not placement.readable:
        return rules.NOBODY_HERE
    return rules.READ_AS_HEAD if by_name else None


async def is_about_head(work: UnitOfWork, about: AdultIn, occurred_at: datetime) -> bool:
    """Whether its adult is a head today or was on the day it happened, or is described as one.

    Who describes an adult by a head's name may mean that head: better once too often with the
    chair than once with the head. Raises `SubjectUnknown`.
    """
    if about.staff_id is None:
        if about.role == HEAD:
            return True
        heads = await work.adults.names_of_heads(work.today, clock.day_of(occurred_at))
        return rules.names_head(about.name or "", heads)
    subject = await work.adults.subject(about.staff_id, work.today, clock.day_of(occurred_at))
    if subject is None:
        problem = FieldProblem("/about/staff_id", "subject_unknown", SubjectUnknown.title)
        raise SubjectUnknown(problems=[problem])
    return subject.is_head


async def _check_children(work: UnitOfWork, children: Sequence[UUID]) -> None:
    known = await work.adults.known_children(children)
    unknown = [
        FieldProblem(f"/child_ids/{index}", "child_unknown", "Cairn cannot find this child.")
        for index, child_id in enumerate(children)
        if child_id not in known
    ]
    if unknown:
        raise ChildUnknown(problems=unknown)


async def _close_to(work: UnitOfWork, children: Sequence[UUID]) -> list[UUID]:
    """The staff with a conflict of interest about any of the children, its reporter included."""
    if not children:
        return []
    driver, school_id = await work.driver(), work.actor.school_id
    facts = await facts_for_raising(driver, school_id, children, work.today)
    return sorted(facts.locked_out)


def _new_concern(
    work: UnitOfWork, command: RaiseAdultConcern, about_head: bool, placement: Placement
) -> AdultConcern:
    return AdultConcern(
        school_id=work.actor.school_id,
        id=command.id or new_id(),
        kind=command.kind,
        occurred_at=command.occurred_at,
        occurred_precision=command.occurred_precision,
        place=command.place,
        children=list(command.children),
        immediate_risk=command.immediate_risk,
        anonymity_asked=command.anonymity_asked,
        reported_about=command.about.model_dump(mode="json"),
        child_report=command.child_report,
        staff_id=command.about.staff_id,
        adult_name=command.about.name,
        adult_role=HEAD if about_head and command.about.role == "staff" else command.about.role,
        adult_employer=command.about.employer,
        about_head=about_head,
        locked_out=sorted({*command.kept_out} - {command.about.staff_id}),
        state="raised",
        harm_tests=[],
        owner_id=placement.owner_id,
        case_manager_id=placement.case_manager_id,
        version=1,
        changed_at=work.now,
    )


def _add_account(
    work: UnitOfWork, concern: AdultConcern, account: Sequence[dict[str, Any]]
) -> None:
    for position, statement in enumerate(account):
        row = new(
            work, AdultStatement, concern_id=concern.id, position=position,
            **{"id": new_id(), **statement},
        )  # fmt: skip
        work.adults.add(row)


async def add_adult_note(
    work: UnitOfWork, concern_id: UUID, note_id: UUID | None, text: str
) -> AdultNote:
    """Record what was done or found; after assessment, this puts the concern in progress."""
    concern, facts = await adult_concern_for(work, concern_id, lock=True)
    if not rules.may_decide(work.actor, manages=work.actor.id in facts.holders):
        raise PermissionMissing
    note = _note(work, concern, note_id, kind="note", text=text)
    if concern.state in rules.WORKED_ON and not concern.pending:
        take_step(work, concern, AuditEvent.ADULT_RESUMED, state="in_progress")
    else:
        touch(work, concern)
    record_row(
        work, AuditEvent.ADULT_NOTED, concern, after={"text": text},
        details={"note_id": str(note.id)}, register="adults",
    )  # fmt: skip
    return note


async def amend_adult_concern(
    work: UnitOfWork, concern_id: UUID, body: AdultAmendmentIn
) -> AdultNote:
    """Add a correction or addition beside the original, as its reporter or one of its readers.

    Raises `PermissionMissing`, `AdultConcernNotFound`, `StatementUnknown`.
    """
    policy.require(work.actor, Permission.ADULT_RAISE)
    concern = await work.adults.lock(AdultConcern, concern_id)
    if concern is None or not (
        concern.reporter_id == work.actor.id
        or ADULT_CONCERN.shows(
            work.actor, (await facts_of(work, ADULT_CONCERN, concern_id)).get(concern_id)
        )
    ):
        raise AdultConcernNotFound
    if body.statement_id is not None and not await work.adults.has_statement(
        concern.id, body.statement_id
    ):
        raise StatementUnknown
    note = _note(
        work, concern, body.id, kind=body.kind, text=body.text,
        statement_id=body.statement_id, reason=body.reason,
    )  # fmt: skip
    touch(work, concern)
    record_row(
        work, AuditEvent.ADULT_AMENDED, concern,
        after={"text": body.text, "reason": body.reason},
        details={"note_id": str(note.id), "kind": body.kind}, register="adults",
    )  # fmt: skip
    await tell_of_more(work, concern)
    return note


async def tell_of_more(work: UnitOfWork, concern: AdultConcern) -> None:
    """Alert the owner of a concern, even a closed one, to an addition by another person.

    If its owner is away or may not read it now, its other readers; if nobody may, the people who
    can appoint someone.
    """
    if concern.owner_id == work.actor.id:
        return
    facts = await facts_of(work, ADULT_CONCERN, concern.id)
    thing = thing_of((NOUN, concern.id), facts[concern.id])
    owners = {concern.owner_id} if concern.owner_id else set()
    team = await team_of(await work.driver(), work.actor.school_id, work.now, owners)
    orders = [(step, absent) for absent in (False, True) for step in ("owner", "register")]
    asked = (told_on(step, thing, team, absent=absent) for step, absent in orders)
    people = next(filter(None, asked), ())
    tell(work, concern, people or appointers(thing, team), readable=bool(people))


def _note(
    work: UnitOfWork,
    concern: AdultConcern,
    note_id: UUID | None,
    *,
    kind: str,
    text: str,
    statement_id: UUID | None = None,
    reason: str | None = None,
) -> AdultNote:
    note = new(
        work, AdultNote, id=note_id or new_id(), concern_id=concern.id, statement_id=statement_id,
        kind=kind, text=text, reason=reason, author_id=work.actor.id,
    )  # fmt: skip
    work.adults.add(note)
    return note
