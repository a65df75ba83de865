"""Raising a concern about an adult: written whole, placed with somebody who may read it, told."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import AdultConcern, AdultStatement
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import SubjectUnknown
from app.domain.adults.adult_concerns.rules import Placement
from app.domain.adults.adult_concerns.steps import NOUN, add_event
from app.domain.adults.adult_concerns.telling import find_place, tell
from app.domain.clocks.keeping import start_clock
from app.domain.errors import FieldProblem
from app.domain.record.concerns.errors import ChildUnknown
from app.domain.record.concerns.rules import check_occurred

HEAD = "headteacher"


@dataclass(frozen=True, slots=True)
class Adult:
    """Whom it is about: a member of staff, or somebody described by name and role."""

    staff_id: UUID | None
    name: str | None
    role: str
    employer: str | None

    def as_kept(self) -> dict[str, Any]:
        """As the report keeps it."""
        return {**asdict(self), "staff_id": self.staff_id and str(self.staff_id)}


@dataclass(frozen=True, slots=True)
class RaiseAdultConcern:
    """A worry about an adult as reported; every part is kept exactly as it came."""

    id: UUID | None
    about: Adult
    kind: str
    account: Sequence[dict[str, Any]]
    occurred_at: datetime
    occurred_precision: str
    place: str | None
    children: Sequence[UUID]
    immediate_risk: bool
    anonymity_asked: bool


@dataclass(frozen=True, slots=True)
class RaisedAdultConcern:
    """What the reporter is told: where their report stands, and whom to phone."""

    id: UUID
    reference: str
    recorded_at: datetime
    advice: str | None
    call: str | None


async def raise_adult_concern(work: UnitOfWork, wish: RaiseAdultConcern) -> RaisedAdultConcern:
    """Record a worry about an adult and tell those who may read it.

    Raises `PermissionMissing`, `SubjectUnknown`, `ChildUnknown`, `OccurredInFuture`.
    """
    policy.require(work.actor, Permission.ADULT_RAISE)
    check_occurred(wish.occurred_at, work.now)
    about_head = await is_about_head(work, wish.about, wish.occurred_at)
    await _check_children(work, wish.children)
    found = await find_place(
        work,
        about_head=about_head,
        kept_out=[wish.about.staff_id],
        reporter_id=work.actor.id,
    )
    by_name = about_head and wish.about.staff_id is None and wish.about.role != HEAD
    concern = _new_concern(work, wish, about_head, found)
    await start_clock(
        work, concern, rules.first_clock(wish.kind, immediate_risk=wish.immediate_risk)
    )
    concern.reference = await work.adults.new_reference(work.now.year)
    work.adults.add(concern)
    await work.session.flush()
    _add_account(work, concern, wish.account)
    add_event(work, concern, AuditEvent.ADULT_RAISED, None, None, {})
    work.record(
        AuditEvent.ADULT_RAISED, NOUN, concern.id, after=asdict(wish),
        details={"kind": wish.kind, "about_head": about_head, "readable": found.readable},
        register="adults",
    )  # fmt: skip
    tell(work, concern, found.told, readable=found.readable)
    return RaisedAdultConcern(
        concern.id,
        concern.reference,
        concern.recorded_at,
        rules.danger_advice(found, about_head=about_head) if wish.immediate_risk else None,
        _whom_to_call(found, by_name=by_name),
    )


def _whom_to_call(found: Placement, *, by_name: bool) -> str | None:
    if not found.readable:
        return rules.NOBODY_HERE
    return rules.READ_AS_HEAD if by_name else None


async def is_about_head(work: UnitOfWork, about: Adult, occurred_at: datetime) -> bool:
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
        FieldProblem(f"/child_ids/{place}", "child_unknown", "There is no such child.")
        for place, child_id in enumerate(children)
        if child_id not in known
    ]
    if unknown:
        raise ChildUnknown(problems=unknown)


def _new_concern(
    work: UnitOfWork, wish: RaiseAdultConcern, about_head: bool, found: Placement
) -> AdultConcern:
    return AdultConcern(
        school_id=work.actor.school_id,
        id=wish.id or new_id(),
        reporter_id=work.actor.id,
        recorded_at=work.now,
        kind=wish.kind,
        occurred_at=wish.occurred_at,
        occurred_precision=wish.occurred_precision,
        place=wish.place,
        children=list(wish.children),
        immediate_risk=wish.immediate_risk,
        anonymity_asked=wish.anonymity_asked,
        reported_about=wish.about.as_kept(),
        staff_id=wish.about.staff_id,
        adult_name=wish.about.name,
        adult_role=HEAD if about_head and wish.about.role == "staff" else wish.about.role,
        adult_employer=wish.about.employer,
        about_head=about_head,
        locked_out=[],
        state="raised",
        harm_tests=[],
        owner_id=found.owner_id,
        case_manager_id=found.case_manager_id,
        version=1,
        changed_at=work.now,
    )


def _add_account(
    work: UnitOfWork, concern: AdultConcern, account: Sequence[dict[str, Any]]
) -> None:
    for position, statement in enumerate(account):
        work.adults.add(
            AdultStatement(
                school_id=concern.school_id,
                id=new_id(),
                concern_id=concern.id,
                position=position,
                **statement,
            )
        )
