"""My passkeys, and what a browser needs to sign in with one."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.grants.answers import access_of, max_age_of
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.passkeys import (
    CreationOptionsOut,
    PasskeyAddedOut,
    PasskeyIn,
    PasskeyOut,
    RequestOptionsOut,
)
from app.core.schemas import PageOut
from app.domain.errors import StepUpNeeded
from app.domain.people.passkeys import commands
from app.domain.people.passkeys.errors import PasskeyInvalid, PasskeyNotFound, TooManyPasskeys
from app.domain.people.second_factors.errors import FactorKept

ops = Operations("auth")
router = ops.router


@ops.public("POST", "/v1/auth/passkeys/options", out=RequestOptionsOut, no_if_match=NoIfMatch.OWN)
async def begin_passkey_sign_in(runtime: Served) -> Response:
    """Begin a passkey sign-in.

    Returns what the browser needs to sign somebody in with a passkey. It does not look anybody up.

    Send the browser's answer to `POST /v1/auth/token` (`issue_token`).
    """
    return replies.record(await commands.sign_in_options(runtime.database, runtime.passkeys))


@ops.command(
    "POST", "/v1/me/passkeys/options", out=CreationOptionsOut, needs=None, etag=False,
    enrolling=True, secret=True, errors=(StepUpNeeded,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def begin_passkey(work: Work, runtime: Served) -> Response:
    """Begin adding a passkey.

    Returns what the browser needs to create a passkey. If you already have a second factor, prove
    it first. Next: send the browser's answer with `add_passkey`.
    """
    max_age = max_age_of(runtime)
    return replies.record(await commands.registration_options(work, runtime.passkeys, max_age))


@ops.command(
    "POST", "/v1/me/passkeys", out=PasskeyAddedOut, needs=None, status=201, etag=False,
    enrolling=True, secret=True, errors=(StepUpNeeded, PasskeyInvalid, TooManyPasskeys),
)  # fmt: skip
async def add_passkey(body: PasskeyIn, work: Work, runtime: Served) -> Response:
    """Add a passkey.

    Adds the passkey to your account. If it is your first second factor, the answer has recovery
    codes, shown this once.
    """
    transports = body.credential.response.transports or ()
    added = await commands.add_passkey(
        work,
        body.name,
        body.credential.as_sent(),
        transports,
        runtime.passkeys,
        max_age_of(runtime),
    )
    answer = {**added.passkey, **access_of(runtime, work.actor, added.raised)}
    if added.recovery_codes is not None:
        answer["recovery_codes"] = added.recovery_codes
    return replies.record(answer, status=201, location="/v1/me/passkeys")


@ops.query("/v1/me/passkeys", out=PageOut[PasskeyOut], needs=None)
async def list_passkeys(reading: Reading) -> Response:
    """List my passkeys.

    Lists your passkeys, oldest first, on one page.
    """
    return replies.listing(await commands.list_passkeys(reading))


@ops.command(
    "DELETE", "/v1/me/passkeys/{passkey_id}", out=None, needs=None, status=204, etag=False,
    recent=True, errors=(PasskeyNotFound, FactorKept), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def remove_passkey(passkey_id: UUID, work: Work, runtime: Served) -> Response:
    """Remove one of my passkeys.

    Removes the passkey. Cairn refuses if your role needs a second factor and you have no other.
    """
    await commands.remove_passkey(work, passkey_id, max_age_of(runtime))
    return Response(status_code=204)
