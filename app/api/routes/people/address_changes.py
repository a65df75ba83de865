"""Answering to a new address or number that others gave: signed in, or by the mailed link."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.runtime import Runtime
from app.api.schemas.address_changes import ReachIn, ReachLinkIn, ReachOut
from app.api.schemas.sessions import AcceptedOut
from app.domain.people.address_changes import commands
from app.domain.people.address_changes.errors import NothingToConfirm
from app.domain.people.passwords.errors import LinkInvalid

ops = Operations("staff")
router = ops.router


answering = partial(
    ops.command,
    "POST",
    out=ReachOut,
    needs=None,
    etag=False,
    errors=(NothingToConfirm,),
    no_if_match=NoIfMatch.OWN,
)


@answering("/v1/me/new-reach/confirm", recent=True)
async def confirm_my_reach(body: ReachIn, work: Work) -> Response:
    """Confirm my new address or number.

    Confirms a new address or phone number that a colleague entered for you. It replaces your
    present one at once.
    """
    return await _answer(work, body, confirm=True)


@answering("/v1/me/new-reach/decline")
async def decline_my_reach(body: ReachIn, work: Work) -> Response:
    """Decline my new address or number.

    Declines a new address or phone number that a colleague entered for you. Your present one stays.
    """
    return await _answer(work, body, confirm=False)


async def _answer(work: Work, body: ReachIn, *, confirm: bool) -> Response:
    staff = await commands.answer_reach(work, body.email, body.phone, confirm)
    return replies.record({"email": staff.email, "phone": staff.phone})


@ops.public(
    "POST", "/v1/new-reach/confirm", out=AcceptedOut, errors=(LinkInvalid,),
    no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def confirm_reach(request: Request, body: ReachLinkIn) -> Response:
    """Confirm a new address with a mailed token.

    Confirms a new address or phone number with the token of the link mailed to the present address.
    You do not need to sign in.
    """
    runtime: Runtime = request.app.state.runtime
    await commands.confirm_by_link(runtime.database, body.token)
    return replies.record({"accepted": True})
