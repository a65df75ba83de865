"""Bodies and rows of what parents are told to wishes and answers."""

from starlette.responses import Response

from app.api import replies
from app.api.schemas.informing_parents import DecisionFields, ParentsDecidedIn
from app.api.shapes.records import content_of
from app.db.models import SharingException
from app.db.unit_of_work import UnitOfWork
from app.domain.sharing.informing_parents.commands import DecideParents
from app.domain.sharing.sharing_exceptions import commands


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


async def sharing_exception(
    work: UnitOfWork, row: SharingException, *, status: int = 200
) -> Response:
    """One sharing exception with its ETag."""
    shown = await commands.whole(work, row)
    location = f"/v1/children/{row.child_id}/sharing-exceptions" if status == 201 else None
    return replies.record(shown, status=status, version=row.version, location=location)
