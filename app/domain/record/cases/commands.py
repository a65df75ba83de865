"""Beginning, changing, reviewing and closing cases."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.schemas import ReasonIn
from app.core.vocabularies.children import SIBLING_KINDS
from app.core.words import AuditEvent, Permission
from app.db.models import CaseNote, ConcernCase
from app.db.repositories.record import cases as stored
from app.db.repositories.record.chronology import family_of
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import choose_clock
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, why_not
from app.domain.errors import ConcernNotFound, PermissionMissing
from app.domain.record.cases.errors import CaseConcernUnsuitable, CaseOwnerUnsuitable
from app.domain.record.cases.kind import CASE
from app.domain.record.cases.schemas import CasePatch, ConcernCaseIn, ReviewCaseIn
from app.domain.record.chronology.commands import chronicle
from app.domain.steps import Details, Target, new, record_row, step, touch

P = Permission
FURTHEST: Final = "due.review"
"""The rule for how far ahead a case can be reviewed."""
NO_MORE: Final = ("duplicate_of", "entered_in_error", "moved_to_adults")


async def create_case(work: UnitOfWork, body: ConcernCaseIn) -> ConcernCase:
    """Hold concerns as one case, and alert its lead worker.

    Raises `PermissionMissing` (also for someone whose role does not itself read every concern),
    `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`, `ConcernNotFound`,
    `CaseConcernUnsuitable`, `CaseOwnerUnsuitable`, `DueTimePassed`, `DueTooFar`.
    """
    policy.require(work.actor, P.CONCERN_TRIAGE)
    await child_for(work, body.child_id, P.CHILD_OPEN)
    await check_unlocked(work, body.child_id)
    case = new(
        work, ConcernCase, body, concern_ids=list(dict.fromkeys(body.concern_ids)),
        former_ids=[], owner_id=body.owner_id or work.actor.id,
    )  # fmt: skip
    await _check_concerns(work, case, case.concern_ids)
    class_ = await _check_owner(work, case)
    await choose_clock(work, case, body.review_at, FURTHEST)
    work.concerns.add(case)
    await work.session.flush()
    record_row(
        work,
        AuditEvent.CASE_BEGUN,
        case,
        after={"title": case.title, "plan": case.plan},
        details={
            "owner_id": str(case.owner_id),
            "concerns": [str(concern_id_) for concern_id_ in case.concern_ids],
        },
    )
    _write(work, case, "begun", case.title, class_)
    _tell_owner(work, case)
    return case


async def _check_concerns(work: UnitOfWork, case: ConcernCase, ids: Sequence[UUID]) -> None:
    """Raise unless the actor works on each, and each is about the child or a sibling."""
    driver, school_id = await work.driver(), work.actor.school_id
    family = await family_of(driver, school_id, case.child_id, SIBLING_KINDS)
    for id_ in sorted(ids):
        await concern_to_work_on(work, id_, P.CONCERN_TRIAGE)
    rows = await stored.about(driver, school_id, ids)
    if not {row["confidentiality"] for row in rows} <= policy.rights_of(work.actor).classes:
        raise PermissionMissing("A case is for people whose role reads every concern in it.")
    if any(row["state"] in NO_MORE or family.keys().isdisjoint(row["children"]) for row in rows):
        raise CaseConcernUnsuitable


async def _check_owner(work: UnitOfWork, case: ConcernCase) -> str:
    """The class of the case. Raise `CaseOwnerUnsuitable` unless its owner reads all it held."""
    ever = [*case.concern_ids, *case.former_ids]
    rows = await stored.about(await work.driver(), work.actor.school_id, ever)
    class_ = max(row["confidentiality"] for row in rows)
    about = {
        case.child_id,
        *ever,
        *(child for row in rows for child in row["children"]),
    }
    thing = OwnedResource(CASE.name, case.id, case.owner_id, class_, None, frozenset(about))
    people = await people_here(work, [case.owner_id])
    if why_not(next(iter(people), None), thing) is not None:
        raise CaseOwnerUnsuitable
    return str(class_)


def _hold(case: ConcernCase, ids: list[UUID]) -> None:
    """Set the concerns of a case; those it held before still decide who must not read it."""
    ever = dict.fromkeys([*case.former_ids, *case.concern_ids])
    case.concern_ids, case.former_ids = ids, [item for item in ever if item not in ids]


def _tell_owner(work: UnitOfWork, case: ConcernCase) -> None:
    if case.owner_id != work.actor.id:
        tell(work, case.owner_id, "case_set", about=(CASE.name, case.id))


def _write(work: UnitOfWork, case: ConcernCase, kind: str, note: str, class_: str) -> None:
    """Save a review with the present plan, and enter it in the child's chronology."""
    work.concerns.add(
        new(work, CaseNote, case_id=case.id, kind=kind, note=note, plan=case.plan)
    )  # fmt: skip
    chronicle(
        work, child_ids=[case.child_id], kind=CASE.name, resource_id=case.id, occurred_at=work.now,
        confidentiality=class_,
    )  # fmt: skip


@step(
    CASE, AuditEvent.CASE_CHANGED, P.CONCERN_TRIAGE, body=CasePatch, path="",
    errors=(ConcernNotFound, CaseConcernUnsuitable, CaseOwnerUnsuitable),
)  # fmt: skip
async def update_case(work: UnitOfWork, target: Target[ConcernCase], body: CasePatch) -> Details:
    """Update a case.

    Changes the case's title, lead worker or concerns with a merge patch.
    """
    case, sent, owner = target.row, body.model_fields_set, target.row.owner_id
    held = case.concern_ids
    for name in sent & {"title", "owner_id"}:
        setattr(case, name, getattr(body, name))
    if "concern_ids" in sent:
        _hold(case, list(dict.fromkeys(body.concern_ids)))
        await _check_concerns(
            work, case, [concern_id_ for concern_id_ in case.concern_ids if concern_id_ not in held]
        )
    if {"owner_id", "concern_ids"} & sent:
        await _check_owner(work, case)
    if case.owner_id != owner:
        _tell_owner(work, case)
    return {
        "fields": sorted(sent),
        "concerns": [str(concern_id_) for concern_id_ in case.concern_ids],
    }


@step(
    CASE, AuditEvent.CASE_REVIEWED, P.CONCERN_TRIAGE, body=ReviewCaseIn, path="review",
    errors=(DueTimePassed, DueTooFar),
)  # fmt: skip
async def review_case(work: UnitOfWork, target: Target[ConcernCase], body: ReviewCaseIn) -> Details:
    """Review a case.

    Records what you found and the plan from now on, and sets the next review.
    """
    case = target.row
    case.plan = body.plan or case.plan
    case.looked_at = work.now
    await choose_clock(work, case, body.review_at, FURTHEST)
    _write(work, case, "reviewed", body.note, target.facts.own_class or "K3")
    return None


@step(
    CASE,
    AuditEvent.CASE_CLOSED,
    P.CONCERN_TRIAGE,
    body=ReasonIn,
    path="close",
    ends="closed",
)
async def close_case(work: UnitOfWork, target: Target[ConcernCase], body: ReasonIn) -> Details:
    """Close a case.

    Ends the case with a reason. Its concerns continue one by one.
    """
    case = target.row
    case.end_reason = body.reason
    _write(work, case, "closed", body.reason, target.facts.own_class or "K3")
    return None


async def leave_cases(work: UnitOfWork, concern_id: UUID) -> None:
    """Take a concern out of each case of a child whose family it is no longer about.

    A correction made it about others: the case would show them to all of its readers.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    (concern,) = await stored.about(driver, school_id, [concern_id])
    for id_ in await stored.holding(driver, school_id, concern_id):
        case = await work.concerns.lock(ConcernCase, id_)
        if case is None:
            continue
        family = await family_of(driver, school_id, case.child_id, SIBLING_KINDS)
        if family.keys().isdisjoint(concern["children"]):
            _hold(
                case, [concern_id_ for concern_id_ in case.concern_ids if concern_id_ != concern_id]
            )
            touch(work, case)
            record_row(
                work, AuditEvent.CASE_CHANGED, case,
                details={
                    "fields": ["concern_ids"], "out": str(concern_id),
                    "concerns": [str(concern_id_) for concern_id_ in case.concern_ids],
                },
            )  # fmt: skip
