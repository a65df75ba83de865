"""Concern bodies to commands, and rows to answers."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.schemas.concerns import AmendmentIn, ConcernIn, ConcernListIn
from app.api.shapes import lead_availability, self_harm
from app.core.moments import rewritten
from app.core.schemas import ListIn
from app.db.cards import picked
from app.db.models import Amendment, Comment, Concern, ConcernQuestion, Decision
from app.db.repositories.record.concern_reads import ConcernFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.record.concern_amendments.rules import Answers, in_words
from app.domain.record.concern_notes.commands import AmendConcern
from app.domain.record.concern_reports.commands import RaiseConcern, Raised
from app.domain.record.concerns.queries import state_verbs
from app.domain.safety.self_harm_messages.rules import REVIEW

MARK_DETAILS = ("skin_broken", "swelling", "painful", "first_aid")


class MineIn(ListIn):
    """The own submissions take no filters."""


def command_to_raise(body: ConcernIn) -> RaiseConcern:
    """The command of a body."""
    only_child = body.children[0].child_id if body.children else None
    return RaiseConcern(
        id=body.id,
        children=[(child.child_id, child.role) for child in body.children],
        account=[statement.model_dump() for statement in body.account],
        occurred_at=body.occurred_at,
        occurred_precision=body.occurred_precision,
        reported=body.model_dump(mode="json", include={*Concern.__reported__}),
        immediacy=body.immediacy,
        categories=body.categories,
        body_map=[_mark(mark.model_dump(mode="json"), only_child) for mark in body.body_map],
        staff_named=body.staff_named,
        self_harm=None if body.self_harm is None else self_harm.disclosure_of(body.self_harm),
        unmatched=None
        if body.unmatched_child is None
        else body.unmatched_child.model_dump(mode="json"),
    )


def _mark(mark: dict[str, Any], only_child: UUID | None) -> dict[str, Any]:
    details = {name: mark.pop(name) for name in MARK_DETAILS}
    mark["details"] = {name: value for name, value in details.items() if value is not None}
    if mark["child_id"] is None:
        mark["child_id"] = only_child and str(only_child)
    return mark


def receipt(raised: Raised) -> Response:
    """What the reporter is told at once."""
    content = {
        "id": raised.id,
        "reference": raised.reference,
        "register": "adults" if raised.in_adult_register else "children",
        "progress": "received",
        "recorded_at": raised.recorded_at,
        "received": True,
        "lead_availability": raised.availability
        and lead_availability.to_response(raised.availability, saved=True),
        "guidance": _guidance(raised),
        "ask_next": [asdict(item) for item in raised.ask_next],
        "possible_duplicates": [
            {"id": id_, "reference": reference} for id_, reference in raised.alike
        ],
    }
    text = "adult-concerns" if raised.in_adult_register else "concerns"
    return replies.record(content, status=201, version=1, location=f"/v1/{text}/{raised.id}")


def _guidance(raised: Raised) -> dict[str, Any]:
    """What to do and say first, by what it is about."""
    return {
        "first": list(raised.first),
        "never": list(raised.never),
        "after": raised.after,
        "review": REVIEW,
    }


def command_to_amend(body: AmendmentIn) -> AmendConcern:
    """The command of a body."""
    answers = Answers(
        told_already=[item.model_dump(mode="json") for item in body.told_already],
        statement_kind=body.statement_kind,
        immediacy=body.immediacy,
        categories=body.categories,
        self_harm=None if body.self_harm is None else self_harm.disclosure_of(body.self_harm),
    )
    text = body.text or in_words(answers)
    return AmendConcern(body.id, body.kind, body.statement_id, text, body.reason, answers)


def filter_of(query: ConcernListIn, now: datetime) -> ConcernFilter:
    """The filter of a list's query."""
    return ConcernFilter(
        states=query.state,
        child_id=query.child_id,
        owner_id=query.owner_id,
        reporter_id=query.reporter_id,
        category=query.category,
        level=query.level,
        immediacy=query.immediacy,
        overdue_at=now if query.overdue else None,
        since=query.since,
        until=query.until,
        soonest_due=query.sort == "due",
    )


async def state(work: UnitOfWork, concern: Concern) -> dict[str, Any]:
    """State of a concern after a step."""
    return {
        **await work.accounts.name_in(picked(
            concern, "id", "reference", "state", "level", "confidentiality", "primary_category",
            "owner_id", "due_at", "outcome", "duplicate_of",
        ), "owner_id"),
        "pending": await _pending(work, concern.pending),
        "permissions": await state_verbs(work, concern),
    }  # fmt: skip


async def _me(work: UnitOfWork) -> dict[str, Any]:
    name = await work.accounts.staff_name(work.actor.id)
    return {"id": work.actor.id, "name": name}


async def asked(work: UnitOfWork, row: ConcernQuestion, status: int = 200) -> Response:
    """A question to the reporter."""
    content = picked(row, "id", "text", "asked_at", "answer", "answered_at")
    name = await work.accounts.staff_name(row.asked_by)
    content["asked_by"] = {"id": row.asked_by, "name": name}
    return replies.record(content, status=status)


async def amendment(work: UnitOfWork, row: Amendment) -> Response:
    """A new amendment."""
    content = {
        **picked(
            row, "id", "statement_id", "kind", "text", "reason", "told_already", "statement_kind",
            "immediacy", "categories", "self_harm", "recorded_at", "post_event",
        ),
        "author": await _me(work),
    }  # fmt: skip
    return _added(content, row.concern_id, "amendments")


async def comment(work: UnitOfWork, row: Comment) -> Response:
    """A new comment."""
    content = {**picked(row, "id", "text", "recorded_at"), "author": await _me(work)}
    return _added(content, row.concern_id, "comments")


async def decision(work: UnitOfWork, row: Decision) -> Response:
    """A new decision."""
    content = {
        **picked(
            row, "id", "kind", "question", "options", "decision", "reason", "advice", "decided_at",
            "recorded_at", "review_on",
        ),
        "decided_by": await _me(work),
    }  # fmt: skip
    return _added(content, row.concern_id, "decisions")


def _added(content: dict[str, Any], concern_id: Any, part: str) -> Response:
    return replies.record(content, status=201, location=f"/v1/concerns/{concern_id}/{part}")


async def _pending(work: UnitOfWork, pending: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What needs a second person, its moment as all are written."""
    if pending is None:
        return None
    named = await work.accounts.name_in(pending, "proposed_by")
    return named | {"proposed_at": rewritten(pending["proposed_at"])}
