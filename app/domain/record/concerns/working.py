"""From acknowledging a concern to monitoring it and reopening it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import Concern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.roles import roles_where
from app.domain.access.conflicts.moving import is_locked_out
from app.domain.alerts.telling import tell
from app.domain.clocks.choosing import choose_clock
from app.domain.clocks.keeping import start_clock
from app.domain.errors import PermissionMissing
from app.domain.record.concerns import rules
from app.domain.record.concerns.errors import OwnerUnsuitable
from app.domain.record.concerns.reclassing import follow_class
from app.domain.record.concerns.reporters import tell_handled
from app.domain.record.concerns.steps import concern_to_change, take_step
from app.domain.safety.self_harm import pathway
from app.domain.safety.self_harm.ending import reopened
from app.domain.safety.self_harm.rules import LEAD_TOLD, kind_of
from app.domain.safety.self_harm.starting import begin


async def acknowledge_concern(work: UnitOfWork, concern_id: UUID, version: int) -> Concern:
    """Say that a person has read it, also once more where help was needed at once since.

    The clock for triage starts, or for looking again where that was done. Any lead may.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    state = rules.acknowledged_state(concern.state, again=concern.acknowledged_at is None)
    concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
    if state == "acknowledged":
        await start_clock(work, concern, "concern.triage")
    else:
        await start_clock(work, concern, rules.review_rule(concern.level, concern.immediacy))
    take_step(work, concern, AuditEvent.CONCERN_ACKNOWLEDGED, state=state)
    await pathway.advance(work, concern.id, LEAD_TOLD, {})
    await tell_handled(work, concern)
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

    Raises `OwnerUnsuitable`, `DueTimePassed`, `DueTooFar`, and the failures of every step.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("triage", concern.state)
    if not policy.triage_classes(work.actor).issuperset(
        (concern.confidentiality, wish.confidentiality)
    ):
        raise PermissionMissing("You cannot put a concern into this class, or take it out of it.")
    await check_owner(work, concern.id, wish.owner_id, wish.confidentiality)
    before = concern.owner_id
    if concern.acknowledged_at is None:
        concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
        await tell_handled(work, concern)
        await pathway.advance(work, concern.id, LEAD_TOLD, {})
    concern.level, concern.level_label = wish.level, wish.level_label
    concern.primary_category, concern.categories = wish.primary_category, list(wish.categories)
    was, concern.confidentiality = concern.confidentiality, wish.confidentiality
    concern.owner_id = wish.owner_id
    await choose_clock(work, concern, wish.due_at, *rules.furthest(wish.level, concern.immediacy))
    concern.triaged_at, concern.triaged_by = work.now, work.actor.id
    await _follow_categories(work, concern)
    take_step(
        work,
        concern,
        AuditEvent.CONCERN_TRIAGED,
        state=state,
        reasons=wish.reasons,
        details={
            "level": wish.level,
            "primary_category": wish.primary_category,
            "confidentiality": wish.confidentiality,
            "owner_id": str(wish.owner_id),
            "due_at": written(wish.due_at),
        },
    )
    await follow_class(work, concern, was)
    if before != wish.owner_id:
        tell_owner(work, concern)
    return concern


async def _follow_categories(work: UnitOfWork, concern: Concern) -> None:
    """What rings is for today at the latest, and what tells of self-harm is on the pathway."""
    concern.immediacy = rules.immediacy_of(concern.categories, concern.immediacy, concern.source)
    kind = kind_of(concern.categories)
    if kind is not None and await pathway.pathway_of(work, concern.id) is None:
        await begin(work, concern, kind)


async def check_owner(
    work: UnitOfWork, concern_id: UUID, owner_id: UUID, confidentiality: str
) -> None:
    """Raise `OwnerUnsuitable` unless the person can work on a concern of this class today.

    Somebody with a conflict of interest cannot, whatever their role.
    """
    roles = await roles_where(work, lambda rights: policy.can_own(rights, confidentiality))
    if not await work.concerns.holds_role(owner_id, roles, work.today):
        raise OwnerUnsuitable
    if await is_locked_out(work, owner_id, concern_id):
        raise OwnerUnsuitable


def tell_owner(work: UnitOfWork, concern: Concern) -> None:
    """Alert a new owner, who would not look otherwise."""
    if concern.owner_id is None or concern.owner_id == work.actor.id:
        return
    tell(
        work, concern.owner_id, "concern_assigned", concern_id=concern.id,
        about=("concern", concern.id), urgent=concern.immediacy == "immediate_danger",
    )  # fmt: skip


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
    await check_owner(work, concern.id, owner_id, concern.confidentiality)
    if due_at is not None:
        furthest = rules.furthest(concern.level, concern.immediacy)
        await choose_clock(work, concern, due_at, *furthest)
    details = {"from": str(concern.owner_id), "to": str(owner_id)}
    told = concern.owner_id != owner_id
    concern.owner_id = owner_id
    take_step(work, concern, AuditEvent.CONCERN_ASSIGNED, reasons=reasons, details=details)
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
    await choose_clock(work, concern, review_at, rules.furthest_watch(concern.level))
    take_step(
        work, concern, AuditEvent.CONCERN_MONITORED, state=state, reasons=reasons,
        details={"review_at": written(review_at)},
    )  # fmt: skip
    return concern


async def reopen_concern(
    work: UnitOfWork, concern_id: UUID, version: int, reasons: str, due_at: datetime | None
) -> Concern:
    """Take up a closed or monitored concern again."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_CLOSE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("reopen", concern.state)
    was_closed = concern.ended_at is not None
    if due_at is None:
        await start_clock(work, concern, rules.review_rule(concern.level, concern.immediacy))
    else:
        furthest = rules.furthest(concern.level, concern.immediacy)
        await choose_clock(work, concern, due_at, *furthest)
    concern.outcome = None
    if was_closed:
        concern.owner_id = work.actor.id
    take_step(work, concern, AuditEvent.CONCERN_REOPENED, state=state, reasons=reasons)
    await reopened(work, concern.id)
    return concern
