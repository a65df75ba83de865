"""Bodies and rows of what parents are told to wishes and answers."""

from typing import Any

from starlette.responses import Response

from app.api import replies
from app.api.schemas.parents import DecisionFields, ParentsContentOut, ParentsDecidedIn
from app.api.shapes.safety_records import content_of, filled
from app.db.models import SafetyRecord, SharingException
from app.db.paging import Page
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.records import reading
from app.domain.sharing.parents import rules, sharing_exceptions
from app.domain.sharing.parents.deciding import DecideParents


def wish(body: ParentsDecidedIn) -> DecideParents:
    """A decision as the command takes it."""
    return DecideParents(
        body.outcome,
        body.why,
        content_of(body, DecisionFields),
        id=body.id,
        child_id=body.child_id,
        at=body.at,
        review_at=body.review_at,
        second_lead_id=body.second_lead_id,
        source_of_harm=body.source_of_harm,
    )


def _decision(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "content": filled(row["content"], ParentsContentOut),
        "still_to_write": rules.still_to_write(row["content"]),
    }


def decisions(page: Page[dict[str, Any]]) -> Page[dict[str, Any]]:
    """A page of decisions."""
    return Page([_decision(row) for row in page.items], page.next)


async def decision(work: UnitOfWork, record: SafetyRecord, *, status: int = 200) -> Response:
    """One decision."""
    shown = _decision(await reading.whole(work, record))
    path = f"/v1/children/{shown['child_id']}/parents-decisions/{shown['id']}"
    return replies.record(shown, status=status, location=path if status == 201 else None)


async def sharing_exception(
    work: UnitOfWork, row: SharingException, *, status: int = 200
) -> Response:
    """One sharing exception with its ETag."""
    shown = await sharing_exceptions.whole(work, row)
    location = f"/v1/children/{row.child_id}/sharing-exceptions" if status == 201 else None
    return replies.record(shown, status=status, version=row.version, location=location)
