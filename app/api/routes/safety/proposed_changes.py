"""Changes of numbers to dial and of the roster guard, for a second person to decide."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.schemas.proposed_changes import ProposedChangeOut
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.errors import SecondPersonNeeded
from app.domain.safety.proposed_changes import commands, queries
from app.domain.safety.proposed_changes.errors import ChangeDecided, ProposedChangeNotFound
from app.domain.safety.support_services.errors import SupportServiceEnded

ops = Operations("support services")
router = ops.router
ONE = "/v1/proposed-changes/{change_id}"


@ops.query("/v1/proposed-changes", out=PageOut[ProposedChangeOut], needs=Permission.SCHOOL_READ)
async def list_proposed_changes(reading: Reading) -> Response:
    """List changes to confirm.

    Lists changed phone numbers and roster limits. If you cannot confirm them, only your own.
    """
    return replies.listing(await queries.list_proposed_changes(reading))


@ops.command(
    "POST", f"{ONE}/confirm", out=None, status=204, needs=Permission.CHANGE_CONFIRM, recent=True,
    errors=(ProposedChangeNotFound, ChangeDecided, SecondPersonNeeded, SupportServiceEnded),
    etag=False,
)  # fmt: skip
async def confirm_proposed_change(change_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """Confirm a change.

    Puts a change in force that another person made.
    """
    await commands.confirm_proposed_change(work, change_id, if_match)
    return Response(status_code=204)


@ops.command(
    "POST", f"{ONE}/refuse", out=None, status=204, needs=Permission.CHANGE_CONFIRM,
    errors=(ProposedChangeNotFound, ChangeDecided), etag=False,
)  # fmt: skip
async def refuse_proposed_change(
    change_id: UUID, body: ReasonIn, work: Work, if_match: IfMatch
) -> Response:
    """Refuse a change.

    Refuses a change, with a reason. The old value stays.
    """
    await commands.refuse_proposed_change(work, change_id, if_match, body.reason)
    return Response(status_code=204)
