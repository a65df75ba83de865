"""What an administrator does about a colleague's sign-in."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.own_sessions import SessionsEndedOut
from app.api.schemas.second_factors import SecondFactorResetIn
from app.api.schemas.sessions import AcceptedOut
from app.core.words import Permission
from app.domain.errors import SecondPersonNeeded, StaffNotFound
from app.domain.people.second_factors.errors import FactorMissing
from app.domain.people.staff_sign_in import commands
from app.domain.people.staff_sign_in.errors import WorksElsewhere

ops = Operations("staff")
router = ops.router


@ops.command(
    "POST", "/v1/staff/{staff_id}/sessions/revoke", out=SessionsEndedOut,
    needs=Permission.STAFF_CHANGE, etag=False, recent=True, errors=(StaffNotFound,),
    no_if_match=NoIfMatch.AT_ONCE,
)  # fmt: skip
async def end_staff_sessions(staff_id: UUID, work: Work) -> Response:
    """End a colleague's sessions.

    Ends all of a colleague's sessions in this school at once. Cairn alerts the colleague, leads,
    headteachers and chairs of governors.
    """
    return replies.record({"ended": await commands.revoke_sessions(work, staff_id)})


@ops.command(
    "POST", "/v1/staff/{staff_id}/second-factor/reset", out=AcceptedOut,
    needs=Permission.STAFF_CHANGE, etag=False, recent=True,
    errors=(StaffNotFound, SecondPersonNeeded, FactorMissing, WorksElsewhere),
    no_if_match=NoIfMatch.AT_ONCE,
)  # fmt: skip
async def reset_second_factor(staff_id: UUID, body: SecondFactorResetIn, work: Work) -> Response:
    """Reset a colleague's second factor.

    Removes the second factors of a colleague who has lost them. Their sessions end, and their
    accounts at identity providers are unlinked.

    Cairn emails the colleague, and alerts leads and headteachers. You cannot do this for yourself.
    """
    await commands.reset_second_factor(work, staff_id, body.reason)
    return replies.record({"accepted": True})
