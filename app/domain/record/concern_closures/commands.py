"""Ways to end a concern: close it, merge it, or withdraw it as entered in error."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.vocabularies.category_rules import IMMEDIACY
from app.core.words import AuditEvent, Permission
from app.db.models import Concern
from app.db.unit_of_work import UnitOfWork
from app.domain.access.closed_files.queries import check_not_held
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.access.conflicts.commands import spread_named
from app.domain.common.category_rules.rules import Following, following, joined, strictest
from app.domain.common.deadlines.commands import calendar_of, start_clock
from app.domain.common.deadlines.rules import acknowledge_rule, rule_on
from app.domain.errors import PermissionMissing, StateConflict
from app.domain.record.concern_closures.schemas import CloseIn, CountersignIn, MergeIn
from app.domain.record.concerns import rules
from app.domain.record.concerns.commands import (
    check_reporter,
    concern_to_change,
    is_reporter_there,
    keep_told,
    take_step,
    tell_at_once,
    tell_ended,
)
from app.domain.record.concerns.errors import MergeTargetUnsuitable
from app.domain.record.concerns.queries import may_countersign
from app.domain.safety.self_harm_concerns import commands as pathway
from app.domain.steps import touch
from app.formats.calendars import SchoolCalendar

GOES_ON_HERE = (
    "Another concern was merged into this one and goes on in it: withdraw that one first if it is "
    "wrong, too. If it is right, correct this one or close it."
)
MORE_READ_IT = (
    "More people can read that concern: give it the class of this one first, or keep both."
)


async def close_concern(work: UnitOfWork, concern_id: UUID, version: int, body: CloseIn) -> Concern:
    """Close with outcome and reason, or only propose it to a second person.

    A second person decides at level 3 or 4, and after self-harm or talk of suicide. Raises
    `ConcernHasOpenActions`, `TasksOpen`, `CheckInsOverdue`, `ReferralUnanswered` and the errors of
    every step.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_CLOSE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("close", concern.state)
    rules.check_closable(await work.concerns.open_actions(concern.id))
    on_pathway = await pathway.check_closable(work, concern)
    telling = {} if body.tell_reporter is None else {"tell_reporter": body.tell_reporter}
    if telling:
        await check_reporter(work, concern)
    if on_pathway or rules.needs_second_signature(await work.concerns.highest_level(concern.id)):
        concern.pending = _proposal(
            work, "closure", outcome=body.outcome, reason=body.reason, **telling
        )  # fmt: skip
        take_step(
            work, concern, AuditEvent.CONCERN_CLOSURE_PROPOSED, reason=body.reason,
            details={"outcome": body.outcome},
        )  # fmt: skip
    else:
        concern.outcome = body.outcome
        await _tell_reporter(work, concern, telling)
        take_step(
            work, concern, AuditEvent.CONCERN_CLOSED, state=state, reason=body.reason,
            details={"outcome": body.outcome},
        )  # fmt: skip
        await tell_ended(work, concern)
    return concern


async def _tell_reporter(work: UnitOfWork, concern: Concern, proposal: Mapping[str, Any]) -> None:
    """Tell the reporter about the end, unless they have left or sign it themselves."""
    text = proposal.get("tell_reporter")
    if text is not None and await is_reporter_there(work, concern):
        await keep_told(work, concern, text)


def _proposal(work: UnitOfWork, kind: str, **content: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "proposed_by": str(work.actor.id),
        "proposed_at": written(work.now),
        **content,
    }


async def withdraw_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: ReasonIn
) -> Concern:
    """Propose that it was entered in error; it stays until a second person agrees."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_WITHDRAW, version)
    await check_not_held(work, concern.id)
    rules.check_not_pending(concern.pending)
    rules.next_state("withdraw", concern.state)
    await _check_holds_none(work, concern)
    concern.pending = _proposal(work, "withdrawal", reason=body.reason)
    take_step(work, concern, AuditEvent.CONCERN_WITHDRAWAL_PROPOSED, reason=body.reason)
    return concern


async def _check_holds_none(work: UnitOfWork, concern: Concern) -> None:
    """Raise `StateConflict` while a report that was merged into it would end with it, unread."""
    if await work.concerns.merged_into(concern.id):
        raise StateConflict(GOES_ON_HERE)


async def countersign_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: CountersignIn
) -> Concern:
    """Agree to a proposal, or refuse it, as the second person.

    A lead or head signs a closure; someone who may propose a withdrawal signs one. If nobody else
    reads the class, a lead grants it to the signatory. Raises `NothingToSign`,
    `SecondPersonNeeded`, `ConcernHasOpenActions`.
    """
    concern = await concern_to_change(
        work, concern_id, Permission.CONCERN_READ, version, granted_too=True
    )
    pending = concern.pending or {}
    rules.check_second_person(pending, pending.get("proposed_by"), str(work.actor.id))
    if not may_countersign(work.actor, pending):
        raise PermissionMissing
    if body.agree and pending["kind"] == "withdrawal":
        await check_not_held(work, concern.id)
        await _check_holds_none(work, concern)
    if not body.agree:
        concern.pending = None
        refused = {
            "closure": AuditEvent.CONCERN_CLOSURE_REFUSED,
            "withdrawal": AuditEvent.CONCERN_WITHDRAWAL_REFUSED,
        }[pending["kind"]]
        take_step(work, concern, refused, reason=body.reason)
        return concern
    if pending["kind"] == "closure":
        rules.check_closable(await work.concerns.open_actions(concern.id))
        await pathway.check_closable(work, concern)
        await pathway.closed(work, concern.id)
        state, did = rules.next_state("close", concern.state), AuditEvent.CONCERN_CLOSED
        concern.outcome = pending["outcome"]
        await _tell_reporter(work, concern, pending)
    else:
        await pathway.withdrawn(work, concern.id)
        state, did = rules.next_state("withdraw", concern.state), AuditEvent.CONCERN_WITHDRAWN
    concern.pending = None
    take_step(
        work, concern, did, state=state, reason=body.reason,
        details={"proposed_by": pending["proposed_by"], "signed_by": str(work.actor.id)},
    )  # fmt: skip
    await tell_ended(work, concern)
    return concern


async def merge_concern(work: UnitOfWork, concern_id: UUID, version: int, body: MergeIn) -> Concern:
    """Mark a concern as a duplicate of another about a common child; both stay readable.

    Its categories, urgency, self-harm answers and outstanding work continue in the other one, so
    nobody may read that one who does not read this one. Raises `MergeTargetUnsuitable`.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_CLOSE, version)
    await check_not_held(work, concern.id)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("merge", concern.state)
    rules.check_closable(await work.concerns.open_actions(concern.id))
    if body.into == concern.id:
        raise MergeTargetUnsuitable
    target = await concern_to_work_on(work, body.into, Permission.CONCERN_CLOSE)
    shares = await work.concerns.shares_child(concern.id, target.id)
    if not shares or target.state not in rules.OPEN_STATES:
        raise MergeTargetUnsuitable
    if target.confidentiality < concern.confidentiality:
        raise MergeTargetUnsuitable(MORE_READ_IT)
    await pathway.merged(work, concern, target)
    concern.duplicate_of = target.id
    take_step(
        work, concern, AuditEvent.CONCERN_MERGED, state=state, reason=body.reason,
        details={"into": str(target.id)},
    )  # fmt: skip
    rings = await _take_in(work, concern, target)
    await spread_named(work, concern.id)
    if rings:
        await tell_at_once(work, target, "concern_urgent")
    await tell_ended(work, concern)
    return concern


async def _take_in(work: UnitOfWork, concern: Concern, into: Concern) -> bool:
    """Make the other concern cover this one, as urgently; returns whether to alert leads.

    If nobody has read it yet, it falls due as soon as it would if raised now. Entries frozen at a
    child's death stay unchanged.
    """
    if into.frozen_at is not None:
        return False
    calendar = await calendar_of(work)

    def follows() -> Following:
        return following(
            into.categories, calendar.categories, harm_from=into.alleged_source_of_harm
        )

    rang = _rings(follows(), into.immediacy)
    both = dict.fromkeys([*into.categories, *concern.categories])
    into.categories = [item for item in both if item != "not_sure"] or list(both)
    into.own_categories = joined(into.own_categories, concern.own_categories)
    into.primary_category = into.primary_category or concern.primary_category
    now = follows()
    soonest = (into.immediacy, concern.immediacy, now.immediacy)
    into.immediacy = strictest(IMMEDIACY, soonest)
    if into.acknowledged_at is None:
        await _read_sooner(work, into, calendar)
    touch(work, into)
    return _rings(now, into.immediacy) and not rang


def _rings(follows: Following, immediacy: str) -> bool:
    return follows.is_urgent or immediacy == IMMEDIACY[0]


async def _read_sooner(work: UnitOfWork, concern: Concern, calendar: SchoolCalendar) -> None:
    on_pathway = await work.concerns.pathway_of(concern.id) is not None
    rule_id = acknowledge_rule(concern.immediacy, on_pathway=on_pathway)
    due_at = rule_on(rule_id, work.today, calendar.nation).due(work.now, calendar)
    if concern.due_at is None or due_at < concern.due_at:
        await start_clock(work, concern, rule_id)
