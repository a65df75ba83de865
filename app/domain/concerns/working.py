"""From acknowledging a concern to monitoring it and reopening it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Alert, Concern
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.concerns import rules
from app.domain.concerns.errors import OwnerUnsuitable
from app.domain.concerns.steps import concern_to_change, take_step
from app.domain.errors import PermissionMissing


async def acknowledge_concern(work: UnitOfWork, concern_id: UUID, version: int) -> Concern:
    """Say that a person has read it; the clock for triage starts. Any lead may."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    state = rules.next_state("acknowledge", concern.state)
    concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
    concern.due_at = rules.TRIAGE_WITHIN.due(work.now)
    concern.due_rule = rules.TRIAGE_WITHIN.id
    take_step(work, concern, Did.CONCERN_ACKNOWLEDGED, state=state)
    return concern


@dataclass(frozen=True, slots=True)
class Triage:
    """A lead's judgement of a concern, with the reasons for it."""

    level: int
    level_label: str | None
    primary_category: str
    categories: Sequence[str]
    confidentiality: str
    owner_id: UUID
    due_at: datetime
    reasons: str


async def triage_concern(work: UnitOfWork, concern_id: UUID, version: int, wish: Triage) -> Concern:
    """Set level of need, category, class, owner and next due time, with reasons.

    Raises `OwnerUnsuitable`, `DueTimePassed`, and the failures of every step.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("triage", concern.state)
    rules.check_due(wish.due_at, work.now)
    if wish.confidentiality not in policy.triage_classes(work.actor.role):
        raise PermissionMissing("You cannot put a concern into this class.")
    await check_owner(work, wish.owner_id, wish.confidentiality)
    before = concern.owner_id
    if concern.acknowledged_at is None:
        concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
    concern.level, concern.level_label = wish.level, wish.level_label
    concern.primary_category, concern.categories = wish.primary_category, list(wish.categories)
    concern.confidentiality = wish.confidentiality
    concern.owner_id, concern.due_at, concern.due_rule = wish.owner_id, wish.due_at, "set_by_lead"
    concern.triaged_at, concern.triaged_by = work.now, work.actor.id
    take_step(
        work,
        concern,
        Did.CONCERN_TRIAGED,
        state=state,
        reasons=wish.reasons,
        details={
            "level": wish.level,
            "primary_category": wish.primary_category,
            "confidentiality": wish.confidentiality,
            "owner_id": str(wish.owner_id),
            "due_at": wish.due_at.isoformat(),
        },
    )
    if before != wish.owner_id:
        tell_owner(work, concern)
    return concern


async def check_owner(work: UnitOfWork, owner_id: UUID, confidentiality: str) -> None:
    """Raise `OwnerUnsuitable` unless the person can work on a concern of this class today."""
    roles = policy.owner_roles(confidentiality)
    if not await work.concerns.holds_role(owner_id, roles, work.now.date()):
        raise OwnerUnsuitable


def tell_owner(work: UnitOfWork, concern: Concern) -> None:
    """Alert a new owner, who would not look otherwise."""
    if concern.owner_id is None or concern.owner_id == work.actor.id:
        return
    work.concerns.add(
        Alert(
            school_id=concern.school_id,
            id=new_id(),
            recipient_id=concern.owner_id,
            kind="concern_assigned",
            urgent=concern.immediacy == "immediate_danger",
            concern_id=concern.id,
            created_at=work.now,
        )
    )
    work.enqueue(Job("alert.send", {"concern_id": str(concern.id)}, queue="alerts"))


async def assign_concern(
    work: UnitOfWork,
    concern_id: UUID,
    version: int,
    owner_id: UUID,
    due_at: datetime | None,
    reasons: str,
) -> Concern:
    """Give a concern to another owner; the due time stays unless a new one is given."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.next_state("assign", concern.state)
    await check_owner(work, owner_id, concern.confidentiality)
    if due_at is not None:
        rules.check_due(due_at, work.now)
        concern.due_at, concern.due_rule = due_at, "set_by_lead"
    details = {"from": str(concern.owner_id), "to": str(owner_id)}
    told = concern.owner_id != owner_id
    concern.owner_id = owner_id
    take_step(work, concern, Did.CONCERN_ASSIGNED, reasons=reasons, details=details)
    if told:
        tell_owner(work, concern)
    return concern


async def monitor_concern(
    work: UnitOfWork, concern_id: UUID, version: int, review_at: datetime, reasons: str
) -> Concern:
    """Watch and look again at a set time."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("monitor", concern.state)
    rules.check_due(review_at, work.now)
    concern.due_at, concern.due_rule = review_at, "concern.review"
    take_step(
        work, concern, Did.CONCERN_MONITORED, state=state, reasons=reasons,
        details={"review_at": review_at.isoformat()},
    )  # fmt: skip
    return concern


async def reopen_concern(
    work: UnitOfWork, concern_id: UUID, version: int, reasons: str, due_at: datetime | None
) -> Concern:
    """Take up a closed or monitored concern again."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_CLOSE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("reopen", concern.state)
    if due_at is not None:
        rules.check_due(due_at, work.now)
    was_closed = concern.ended_at is not None
    concern.due_at = due_at or rules.REVIEW_WITHIN.due(work.now)
    concern.due_rule = "set_by_lead" if due_at else rules.REVIEW_WITHIN.id
    concern.outcome = None
    if was_closed:
        concern.owner_id = work.actor.id
    take_step(work, concern, Did.CONCERN_REOPENED, state=state, reasons=reasons)
    return concern
