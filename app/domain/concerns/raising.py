"""Raising a concern: ninety seconds of a teacher's time, written whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission, Role
from app.db.unit_of_work import Job, UnitOfWork, content_hash
from app.domain import policy
from app.domain.chronology.entries import is_late
from app.domain.concerns import rules
from app.domain.concerns.errors import ChildUnknown
from app.domain.errors import FieldProblem

FIRST_CLASS = "K3"
"""Every concern is a safeguarding concern until a lead has triaged it (facts section 7)."""
OWNER_ORDER = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)


@dataclass(frozen=True, slots=True)
class Raised:
    """What the reporter is told: their own submission and where it stands."""

    id: UUID
    reference: str
    document: dict[str, Any]
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RaiseConcern:
    """A worry as reported; every part is kept exactly as it came."""

    id: UUID | None
    children: Sequence[tuple[UUID, str]]
    account: Sequence[dict[str, Any]]
    occurred_at: datetime
    occurred_precision: str
    place: str | None
    source: str
    context: str | None
    alleged_source_of_harm: str | None
    immediacy: str
    categories: Sequence[str]
    body_map: Sequence[dict[str, Any]]
    told_already: Sequence[dict[str, Any]]
    parents_told: dict[str, Any] | None


async def raise_concern(work: UnitOfWork, wish: RaiseConcern) -> Raised:
    """Record a worry about one or more children and alert the safeguarding leads.

    Raises `ChildUnknown`, `OccurredInFuture`.
    """
    policy.require(work.actor, Permission.CONCERN_RAISE)
    rules.check_occurred(wish.occurred_at, work.now)
    known, leads = await work.concerns.facts_for_raising(
        [child_id for child_id, _ in wish.children], work.now.date()
    )
    _check_children(wish, known)
    concern_id = wish.id or new_id()
    document = _document(work, wish, concern_id, leads)
    subject = wish.children[0][0]
    work.record(
        Did.CONCERN_RAISED,
        "concern",
        concern_id,
        child_id=subject,
        details={"children": [str(child_id) for child_id, _ in wish.children]},
    )
    work.enqueue(
        Job("alert.send", {"concern_id": str(concern_id)}, queue="alerts", priority=_urgency(wish))
    )
    entries, jobs = work.take_pending()
    entries[0]["after_hash"] = content_hash(document)
    reference = await work.concerns.raise_whole(
        {**document, "trail": entries, "jobs": jobs}, work.acting()
    )
    return Raised(concern_id, reference, document, work.now)


def _urgency(wish: RaiseConcern) -> int:
    return {"immediate_danger": 100, "today": 50}.get(wish.immediacy, 10)


def _check_children(wish: RaiseConcern, known: set[UUID]) -> None:
    unknown = [
        FieldProblem(f"/children/{place}/child_id", "child_unknown", "There is no such child.")
        for place, (child_id, _) in enumerate(wish.children)
        if child_id not in known
    ]
    if unknown:
        raise ChildUnknown(problems=unknown)


def _document(
    work: UnitOfWork, wish: RaiseConcern, concern_id: UUID, leads: list[tuple[UUID, str]]
) -> dict[str, Any]:
    rule = rules.ACKNOWLEDGE_WITHIN[wish.immediacy]
    return {
        "year": work.now.year,
        "late": is_late(wish.occurred_at, work.now),
        "author_role": work.actor.role.value,
        "event_id": str(new_id()),
        "concern": {
            "id": str(concern_id),
            "reporter_id": str(work.actor.id),
            "occurred_at": wish.occurred_at,
            "occurred_precision": wish.occurred_precision,
            "place": wish.place,
            "source": wish.source,
            "context": wish.context,
            "alleged_source_of_harm": wish.alleged_source_of_harm,
            "immediacy": wish.immediacy,
            "categories": list(wish.categories),
            "told_already": list(wish.told_already),
            "parents_told": wish.parents_told,
            "confidentiality": FIRST_CLASS,
            "primary_category": rules.primary_of(wish.categories),
            "owner_id": str(first_owner(leads, work.actor.id)),
            "due_at": rule.due(work.now),
            "due_rule": rule.id,
        },
        "children": [
            {"child_id": str(child_id), "role": role, "position": place, "entry_id": str(new_id())}
            for place, (child_id, role) in enumerate(wish.children)
        ],
        "account": [
            {**statement, "id": str(new_id()), "position": place}
            for place, statement in enumerate(wish.account)
        ],
        "body_map": [
            {**mark, "id": str(new_id()), "position": place}
            for place, mark in enumerate(wish.body_map)
        ],
        "alerts": [
            {
                "id": str(new_id()),
                "recipient_id": str(person),
                "urgent": wish.immediacy == "immediate_danger",
            }
            for person in recipients(leads)
        ],
    }


def first_owner(leads: Sequence[tuple[UUID, str]], reporter_id: UUID) -> UUID:
    """Who owns a new concern: the first lead there is; in a school without any, the reporter.

    A concern is never without an owner, and never refused because a school has no lead.
    """
    for role in OWNER_ORDER:
        for person, held in leads:
            if held == role:
                return person
    return reporter_id


def recipients(leads: Sequence[tuple[UUID, str]]) -> list[UUID]:
    """Who is alerted, each person once: every lead and deputy, or the head where there is none.

    In a school without either the administrators learn that something waits and nobody may
    read it: they can appoint somebody who may.
    """
    for rung in ((Role.DSL, Role.DEPUTY_DSL), (Role.HEADTEACHER,), (Role.SCHOOL_ADMIN,)):
        if chosen := [person for person, role in leads if role in rung]:
            return list(dict.fromkeys(chosen))
    return []
