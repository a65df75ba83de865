"""Handing over a leaver's whole load in one step."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.shapes.hand_over import handed_over
from app.core.words import Permission
from app.domain.duty.hand_over import commands
from app.domain.duty.hand_over.schemas import HandOverOut, LoadHandOverIn
from app.domain.errors import StaffNotFound

ops = Operations("staff")
router = ops.router


@ops.command(
    "POST", "/v1/staff/{staff_id}/hand-over", out=HandOverOut, needs=Permission.WORK_HAND_OVER,
    etag=False, errors=(StaffNotFound,), recent=True, no_if_match=NoIfMatch.AT_ONCE,
)  # fmt: skip
async def hand_over_work(staff_id: UUID, body: LoadHandOverIn, work: Work) -> Response:
    """Hand over a colleague's work.

    Gives the colleague's open work to other people, as far as you may see it. A dry run (`dry_run`)
    shows what would move and changes nothing.
    """
    hand_over = await commands.hand_over(work, staff_id, body)
    return replies.record(await handed_over(work, staff_id, hand_over))
