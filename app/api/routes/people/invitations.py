"""Being asked to join a staff: by a mailed link, or signed in somewhere else."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.runtime import Runtime
from app.api.schemas.staff import InvitationAnswerOut, InvitationIn, InvitationOut, StaffOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import StaffNotFound
from app.domain.people.invitations import commands, errors
from app.domain.people.staff import queries

ops = Operations("staff")
router = ops.router


@ops.query("/v1/me/invitations", out=PageOut[InvitationOut], needs=None)
async def list_my_invitations(reading: Reading) -> Response:
    """List my invitations.

    Lists organisations that have invited you to join their staff. Next: `accept_my_invitation` or
    `decline_my_invitation`.
    """
    return replies.listing(await queries.list_invitations(reading))


@ops.command(
    "POST", "/v1/me/invitations/{organisation_id}/accept", out=InvitationAnswerOut, needs=None,
    etag=False, errors=(errors.InvitationNotFound,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def accept_my_invitation(organisation_id: UUID, work: Work) -> Response:
    """Accept an invitation.

    Joins the organisation's staff. You can use the roles you were given there at once: call
    `switch_role`.
    """
    await commands.answer_invitation(work, organisation_id, accept=True)
    return replies.record({"organisation_id": organisation_id, "accepted": True})


@ops.command(
    "POST", "/v1/me/invitations/{organisation_id}/decline", out=InvitationAnswerOut, needs=None,
    etag=False, errors=(errors.InvitationNotFound,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def decline_my_invitation(organisation_id: UUID, work: Work) -> Response:
    """Decline an invitation.

    Turns the invitation down. The roles meant for you there end.
    """
    await commands.answer_invitation(work, organisation_id, accept=False)
    return replies.record({"organisation_id": organisation_id, "accepted": False})


@ops.public(
    "POST", "/v1/invitations/accept", out=InvitationAnswerOut, errors=(errors.InvitationInvalid,),
    no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def accept_invitation(request: Request, body: InvitationIn) -> Response:
    """Accept an invitation with a mailed token.

    Joins an organisation's staff with the token of the mailed link. You do not need to sign in.

    If you have no password yet, join by choosing one: call `confirm_password_reset` with your token
    instead.
    """
    runtime: Runtime = request.app.state.runtime
    organisation_id = await commands.accept_by_link(runtime.database, body.token)
    return replies.record({"organisation_id": organisation_id, "accepted": True})


@ops.command(
    "POST", "/v1/staff/{staff_id}/invite", out=StaffOut, needs=Permission.STAFF_CHANGE,
    errors=(StaffNotFound, errors.AcceptedAlready), no_if_match=NoIfMatch.SENDS,
)  # fmt: skip
async def invite_staff(staff_id: UUID, work: Work) -> Response:
    """Invite a member of staff again.

    Mails another invitation to somebody who has not accepted the first one.
    """
    await commands.invite_again(work, staff_id)
    staff = await queries.read_staff(await work.driver(), work.actor, work.today, staff_id)
    return replies.record(staff, version=staff.pop("version"))
