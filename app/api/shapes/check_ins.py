"""Bodies and rows of check-ins to filters, commands and answers."""

from datetime import datetime

from starlette.responses import Response

from app.api import replies
from app.api.schemas.check_ins import CheckInListIn, FinishCheckInIn
from app.db.models import CheckIn
from app.db.repositories.safety.check_ins import CheckInFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.check_ins import queries
from app.domain.safety.check_ins.commands import CheckInResult

ANSWERS = {"how_are_things", "plan_still_right", "home_may_know", "next"}


def asked(query: CheckInListIn, at: datetime) -> CheckInFilter:
    """The filters of a list."""
    return CheckInFilter(
        ended=query.state == "ended", overdue_at=at if query.overdue else None,
        child_id=query.child_id, owner_id=query.owner_id, due_before=query.due_before,
    )  # fmt: skip


def went(body: FinishCheckInIn) -> CheckInResult:
    """How it went, as the command takes it."""
    answers = body.model_dump(mode="json", include=ANSWERS, exclude_none=True)
    return CheckInResult(body.how, answers, body.worried_more)


async def check_in(work: UnitOfWork, row: CheckIn) -> Response:
    """One check-in with its ETag."""
    await work.session.flush()
    return replies.record(await queries.whole(work, row), version=row.version)
