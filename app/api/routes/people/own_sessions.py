"""My sessions: seeing, ending and switching them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.grants.answers import hours_of, token_answer
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.own_sessions import SessionCard, SessionListIn, SessionsEndedOut, SwitchIn
from app.api.schemas.sessions import TokenOut
from app.core.schemas import PageOut
from app.domain.people.sessions import commands, errors, queries

ops = Operations("auth")
router = ops.router


@ops.query("/v1/me/sessions", out=PageOut[SessionCard], needs=None, enrolling=True)
async def list_sessions(
    request: Request, reading: Reading, query: Annotated[SessionListIn, Query()]
) -> Response:
    """List my sessions.

    Lists your active sessions in every organisation, newest first.
    """
    return replies.page(request, await queries.list_sessions(reading, page_asked(query)))


@ops.command(
    "DELETE", "/v1/me/sessions/{session_id}", out=None, needs=None, status=204, etag=False,
    enrolling=True, errors=(errors.SessionNotFound,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def end_session(session_id: UUID, work: Work) -> Response:
    """End one of my sessions.

    Ends one of your sessions at once. It may be the one you are using.
    """
    await commands.end_session(work, session_id)
    return Response(status_code=204)


@ops.command(
    "POST", "/v1/me/sessions/revoke-others", out=SessionsEndedOut, needs=None, etag=False,
    enrolling=True, no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def end_other_sessions(work: Work) -> Response:
    """End all my other sessions.

    Ends all your sessions at once, except the one you are using.
    """
    return replies.record({"ended": await commands.revoke_others(work)})


@ops.command(
    "POST", "/v1/me/switch", out=TokenOut, needs=None, etag=False, enrolling=True, secret=True,
    errors=(errors.MembershipMissing,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def switch_role(body: SwitchIn, work: Work, runtime: Served) -> Response:
    """Switch to another of my roles.

    Starts a session in another of your roles without signing in again. The session you are using
    continues.

    The new session has the same proof of identity as this one, and ends no later than it does.
    """
    limits = hours_of(runtime)
    started = await commands.switch(work, body.organisation_id, body.role, limits)
    return token_answer(runtime, started)
