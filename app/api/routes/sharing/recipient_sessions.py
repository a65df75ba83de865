"""What a recipient does behind a link; no account, no token of ours."""

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.addresses import client_network
from app.api.attachments import FROZEN_FILE, FileNumber, give_out_frozen
from app.api.deps import Served, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import BINARY, Operations
from app.api.recipients import SESSION_HEADER
from app.api.replies import frozen_bytes
from app.api.schemas import recipient_sessions as schemas
from app.api.schemas.agency_referrals import AgencyOutcomeIn
from app.api.schemas.snapshots import SnapshotOut
from app.domain.access.share_access.errors import ReferralNotFound
from app.domain.errors import StateConflict
from app.domain.sharing.recipient_contents.commands import stand
from app.domain.sharing.recipient_links.errors import (
    CodeRefused,
    LinkExpired,
    LinkLocked,
    LinkNotFound,
    LinkStopped,
)
from app.domain.sharing.recipient_links.queries import (
    Acknowledgement,
    Answered,
    Outcome,
    Reply,
    Said,
    Shown,
)
from app.domain.sharing.recipient_sessions import commands

ops = Operations("shared")
router = ops.router
stand()

Token = Annotated[
    str, Path(description="Last part of the link.", json_schema_extra={"maxLength": 200})
]
"""Any text: one that is too long opens nothing, as any other that is not a token."""
GONE = (LinkNotFound, LinkStopped, ReferralNotFound, StateConflict)


@ops.public("GET", "/v1/shared/{token}", out=schemas.SharedStateOut, errors=(LinkNotFound,))
async def open_link(token: Token, request: Request, runtime: Served) -> Response:
    """Open a link.

    Shows what the recipient of a link has to do next, and nothing that was shared. A link that is
    unknown, from another school or ended gets the same answer. Next: `enter_code`.
    """
    result = await commands.find_next_step(runtime.database, token, client_network(request.scope))
    if result.state == "ended":
        raise LinkNotFound
    content = {
        name: getattr(result, name)
        for name in (
            "state", "school", "code_route", "code_used", "expires_at", "language",
        )
    } | {"kind": result.resource_type}  # fmt: skip
    return replies.record(content)


@ops.public(
    "POST", "/v1/shared/{token}/code", out=schemas.RecipientSessionOut, status=201,
    errors=(LinkNotFound, LinkExpired, LinkLocked, LinkStopped, CodeRefused),
    no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def enter_code(
    token: Token, body: schemas.SharedCodeIn, request: Request, runtime: Served
) -> Response:
    """Enter the code of a link.

    Starts a session with the code that came another way. The code works once; five wrong codes lock
    the link. Next: `read_shared`.
    """
    network = client_network(request.scope)
    entered = await commands.enter(runtime.database, token, body.code, network)
    content = {"session": entered.session, "expires_at": entered.expires_at}
    return replies.record(content, status=201)


@ops.public(
    "POST", "/v1/shared/{token}/code-requests", out=schemas.CodeAskedOut, status=202,
    errors=(LinkNotFound,), no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def ask_for_code(token: Token, request: Request, runtime: Served) -> Response:
    """Ask for a new code for a link.

    Asks the school for a new code. If it is asked too often the answer is the same, but nobody is
    alerted.
    """
    await commands.ask_for_code(runtime.database, token, client_network(request.scope))
    return replies.record({"asked": True}, status=202)


@ops.recipient("GET", "/v1/shared/{token}/content", out=schemas.SharedContentOut, errors=GONE)
async def read_shared(token: Token, work: Work) -> Response:
    """Read what was shared.

    Shows what was shared, exactly as it was approved. The first time in a session is recorded as an
    opening.
    """
    snapshot = await commands.read_within(work)
    return Response(_content(snapshot), 200, {}, "application/json")


@ops.recipient("GET", "/v1/shared/{token}/snapshot", out=SnapshotOut, errors=GONE)
async def download_shared_snapshot(token: Token, work: Work) -> Response:
    """Download the approved bytes through a link.

    Downloads only the approved bytes, with their SHA-256 in ETag and Content-Digest.
    """
    snapshot = await commands.read_within(work)
    return frozen_bytes(snapshot.content, snapshot.sha256)


@ops.recipient(
    "GET", "/v1/shared/{token}/attachments/{number}", out=BINARY,
    errors=(*GONE, LinkLocked, *FROZEN_FILE),
)  # fmt: skip
async def download_shared_attachment(
    token: Token, number: FileNumber, request: Request, work: Work, runtime: Served
) -> Response:
    """Download a file through a link.

    Downloads a file that was sent with it. Each download is recorded as an opening.

    The download stops if the school takes the file back.
    """
    file = await commands.give_within(work, number)
    session = request.headers[SESSION_HEADER]
    still = partial(commands.is_open, runtime.database, token, session)
    return await give_out_frozen(runtime.storage, file, while_open=still)


@ops.recipient(
    "POST", "/v1/shared/{token}/acknowledge", out=schemas.AnsweredOut, errors=GONE,
    no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def acknowledge_shared(
    token: Token, body: schemas.RecipientAcknowledgementIn, work: Work
) -> Response:
    """Acknowledge what was shared.

    Tells the school that you have received it.
    """
    acknowledgement = Acknowledgement(**body.model_dump())
    return _answered(await commands.acknowledge_within(work, acknowledgement))


@ops.recipient(
    "POST", "/v1/shared/{token}/replies", out=schemas.AnsweredOut, status=201, errors=GONE,
    no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def reply_to_shared(token: Token, body: schemas.ReplyIn, work: Work) -> Response:
    """Reply to what was shared.

    Sends the school a reply, a question or a request to correct something.
    """
    return _answered(await commands.reply_within(work, Reply(**body.model_dump())), status=201)


@ops.recipient(
    "POST",
    "/v1/shared/{token}/outcome",
    out=schemas.AnsweredOut,
    errors=GONE,
    no_if_match=NoIfMatch.NO_VERSION,
)
async def return_outcome(token: Token, body: AgencyOutcomeIn, work: Work) -> Response:
    """Return a referral's outcome through a link.

    Tells the school what your agency decided about the referral.
    """
    return _answered(await commands.outcome_within(work, Outcome(**body.model_dump())))


@ops.recipient(
    "DELETE", "/v1/shared/{token}/session", out=None, status=204, errors=(LinkStopped,),
    no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def end_recipient_session(token: Token, work: Work) -> Response:
    """End a recipient's session.

    Ends the session at once.
    """
    await commands.leave_within(work)
    return Response(status_code=204)


def _answered(answered: Answered, status: int = 200) -> Response:
    content = {"kind": answered.resource_type, "state": answered.state, "at": answered.at}
    return replies.record(content, status=status)


def _content(snapshot: Shown) -> bytes:
    """The frozen bytes stand in it as they are, so that their hash can be checked."""
    facts: dict[str, Any] = {
        "kind": snapshot.resource_type,
        "sha256": snapshot.sha256,
        "state": snapshot.state,
        "school": snapshot.school,
        "ask": snapshot.ask,
        "expires_at": snapshot.expires_at,
        "session_expires_at": snapshot.session_expires_at,
        "language": snapshot.language,
        "said": [_message_of(item) for item in snapshot.messages],
        "steps": list(snapshot.steps),
        "snapshot": orjson.Fragment(snapshot.content),
    }
    return replies.to_json_bytes(facts)


def _message_of(item: Said) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "at": item.at,
        "by": "recipient" if item.by_recipient else "school",
        "text": item.text,
        **item.details,
    }
