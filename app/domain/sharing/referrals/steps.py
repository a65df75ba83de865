"""What every step of a referral does: moves it on, starts its clock, notes and traces it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import Referral, ReferralEvent
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of, start_clock, stop_clock
from app.domain.clocks.rules import rule_on
from app.domain.record.chronology.entries import chronicle
from app.domain.sharing.referrals import rules
from app.domain.sharing.shares.content import strictest


@dataclass(frozen=True, slots=True)
class Note:
    """What an event of a referral says; `by_id` None is the agency, or Cairn itself."""

    kind: str
    at: datetime
    by_id: UUID | None = None
    by_kind: str = "staff"
    route: str | None = None
    text: str | None = None
    details: Mapping[str, Any] | None = None


def move(work: UnitOfWork, referral: Referral, state: str) -> None:
    """Put it into a state; whoever saw it before sees it anew."""
    referral.state = state
    referral.version += 1
    referral.changed_at = work.now


def end(work: UnitOfWork, referral: Referral, because: str) -> None:
    """Nothing is waited for any more."""
    referral.ended_at, referral.due_at, referral.due_rule = work.now, None, None
    stop_clock(work, referral, because)


async def go_on(
    work: UnitOfWork, referral: Referral, *, route: str | None = None, answered: bool = False
) -> None:
    """Start the clock of what is due next: no step is an answer to what the agency has asked,

    but the one that says so (`answered`).
    """
    owed = rules.approval_owed(referral.state, referral.approvals, referral.duty_of)
    rule = rules.due_rule(referral.state, referral.kind, owed=owed, route=route)
    since = rules.SINCE.get(rule)
    due = await start_clock(work, referral, rule, since=getattr(referral, since) if since else None)
    if rule == rules.FOLLOW_UP and due <= work.now:
        await start_clock(work, referral, rule)
    if not answered:
        await keep_question(work, referral)


async def keep_question(work: UnitOfWork, referral: Referral) -> None:
    """What the agency asked stays due when it was, where that is sooner."""
    events = await work.sharing.referral_events(referral.id)
    since = rules.asked_since([(event.kind, event.recorded_at) for event in events])
    if since is None or referral.due_at is None:
        return
    calendar = await calendar_of(work)
    rule = rule_on(rules.ANSWER, calendar.local(since).date())
    if rule.due(since, calendar) < referral.due_at:
        await start_clock(work, referral, rules.ANSWER, since=since)


async def bring_forward(work: UnitOfWork, referral: Referral, rule_id: str) -> None:
    """Start a clock where it falls due before the one that runs."""
    calendar = await calendar_of(work)
    rule = rule_on(rule_id, calendar.local(work.now).date())
    if referral.due_at is None or rule.due(work.now, calendar) < referral.due_at:
        await start_clock(work, referral, rule_id)


def note(work: UnitOfWork, referral: Referral, said: Note) -> UUID:
    """Keep what happened, for good; the event's id."""
    id_ = new_id()
    work.sharing.add(
        ReferralEvent(
            school_id=work.actor.school_id,
            id=id_,
            referral_id=referral.id,
            kind=said.kind,
            at=said.at,
            recorded_at=work.now,
            by_kind=said.by_kind,
            by_id=said.by_id,
            route=said.route,
            text=said.text,
            details=dict(said.details or {}),
        )
    )
    return id_


def read_by_agency(
    work: UnitOfWork,
    referral: Referral,
    details: Mapping[str, Any],
    *,
    route: str | None = None,
) -> None:
    """The agency has read it: a version of its own, that stands in the way of no step."""
    move(work, referral, referral.state)
    kept = {**details, "version": referral.version}
    note(work, referral, Note("opened", work.now, by_kind="agency", route=route, details=kept))


async def chronicled(work: UnitOfWork, referral: Referral, at: datetime) -> None:
    """Put it into the child's chronology."""
    also = [referral.concern_id] if referral.concern_id else []
    chronicle(
        work,
        child_ids=[referral.child_id],
        kind="referral",
        thing_id=referral.id,
        occurred_at=at,
        concern_id=referral.concern_id,
        confidentiality=await strictest(work, referral.items, also),
    )


def traced(
    work: UnitOfWork, referral: Referral, did: AuditEvent, details: Mapping[str, Any] | None = None
) -> None:
    """Say in the trail what was done with it."""
    work.record(
        did, "referral", referral.id, child_id=referral.child_id,
        details={"state": referral.state, **(details or {})},
    )  # fmt: skip
