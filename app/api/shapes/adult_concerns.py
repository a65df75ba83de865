"""Between the bodies of concerns about adults and the commands and rows of the domain."""

from datetime import datetime
from typing import Any

from starlette.responses import Response

from app.api import replies
from app.api.schemas.adult_concerns import AdultConcernIn, AdultListIn
from app.db.cards import picked
from app.db.models import AdultConcern, AdultNote
from app.db.repositories.adults.adult_concerns import AdultFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns.commands import RaiseAdultConcern, RaisedAdultConcern

STATE = (
    "id", "reference", "state", "threshold", "about_head", "owner_id", "case_manager_id", "due_at",
    "due_rule", "outcome",
)  # fmt: skip


def command_to_raise(body: AdultConcernIn) -> RaiseAdultConcern:
    """The command of a body."""
    return RaiseAdultConcern(
        id=body.id,
        about=body.about,
        kind=body.kind,
        account=[statement.model_dump() for statement in body.account],
        occurred_at=body.occurred_at,
        occurred_precision=body.occurred_precision,
        place=body.place,
        children=body.child_ids,
        immediate_risk=body.immediate_risk,
        anonymity_asked=body.anonymity_asked,
    )


def filter_of(query: AdultListIn, now: datetime) -> AdultFilter:
    """The filter of a list's query."""
    return AdultFilter(
        states=query.state,
        staff_id=query.staff_id,
        kind=query.kind,
        threshold=query.threshold,
        overdue_at=now if query.overdue else None,
        soonest_due=query.sort == "due",
    )


def receipt(raised: RaisedAdultConcern) -> Response:
    """What the reporter is told at once."""
    content = {
        **picked(raised, "id", "reference", "recorded_at", "advice", "call"),
        "progress": "received",
    }  # fmt: skip
    return replies.record(
        content, status=201, version=1, location=f"/v1/adult-concerns/{raised.id}"
    )


async def state(work: UnitOfWork, concern: AdultConcern) -> dict[str, Any]:
    """State of the concern after a step."""
    pending = concern.pending
    return {
        **await work.accounts.name_in(picked(concern, *STATE), "owner_id", "case_manager_id"),
        "pending": pending and await work.accounts.name_in(pending, "proposed_by"),
    }


async def note(work: UnitOfWork, row: AdultNote) -> Response:
    """A new note or amendment."""
    content: dict[str, Any] = {
        **picked(row, "id", "statement_id", "kind", "text", "reason", "recorded_at"),
        "author": {
            "id": work.actor.id,
            "name": await work.accounts.staff_name(work.actor.id),
        },
    }  # fmt: skip
    return replies.record(content, status=201, location=f"/v1/adult-concerns/{row.concern_id}")
