"""My authenticator app, my recovery codes, and proving once more who I am."""

from starlette.responses import Response

from app.api import replies
from app.api.deps import Served, Work
from app.api.grants.answers import access_of, hours_of, max_age_of, verifier
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.passkeys import RequestOptionsOut
from app.api.schemas.second_factors import (
    CodeIn,
    RecoveryCodesOut,
    StepUpIn,
    TotpConfirmedOut,
    TotpOut,
)
from app.api.schemas.sessions import StepUpOut
from app.domain.errors import StepUpNeeded
from app.domain.people.passkeys import commands as passkeys
from app.domain.people.second_factors import commands as second_factors
from app.domain.people.second_factors.errors import (
    CodeWrong,
    FactorKept,
    FactorMissing,
    NothingToConfirm,
)
from app.domain.people.sign_in_guards.errors import SignInLocked
from app.domain.people.step_ups.commands import StepUp
from app.domain.people.step_ups.commands import step_up as raise_by
from app.domain.people.step_ups.errors import ProofNeeded, ProofRefused

ops = Operations("auth")
router = ops.router


@ops.command(
    "POST", "/v1/me/totp", out=TotpOut, needs=None, etag=False, enrolling=True, secret=True,
    errors=(StepUpNeeded,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def enrol_totp(work: Work, runtime: Served) -> Response:
    """Set up an authenticator app.

    Returns the secret for an authenticator app. The app counts as a second factor once you prove a
    first code: call `confirm_totp`.

    An app you already use keeps working until then. If you have a second factor, prove it first; if
    not, you need to have signed in recently.
    """
    made = await second_factors.enrol_totp(work, runtime.vault, max_age_of(runtime))
    return replies.record({"secret": made.secret, "uri": made.uri})


@ops.command(
    "POST", "/v1/me/totp/confirm", out=TotpConfirmedOut, needs=None, etag=False, enrolling=True,
    secret=True, errors=(StepUpNeeded, NothingToConfirm, CodeWrong), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def confirm_totp(body: CodeIn, work: Work, runtime: Served) -> Response:
    """Confirm my authenticator app.

    Confirms your authenticator app with its first code. From now on it is your second factor. The
    answer has recovery codes, shown this once.
    """
    codes, raised = await second_factors.confirm_totp(
        work, body.code, runtime.vault, max_age_of(runtime)
    )
    return replies.record({**access_of(runtime, work.actor, raised), "recovery_codes": codes})


@ops.command(
    "DELETE", "/v1/me/totp", out=None, needs=None, status=204, etag=False, recent=True,
    errors=(FactorMissing, FactorKept), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def remove_totp(work: Work, runtime: Served) -> Response:
    """Remove my authenticator app.

    Removes your authenticator app. Cairn refuses if your role needs a second factor and you have no
    other.
    """
    await second_factors.remove_totp(work, max_age_of(runtime))
    return Response(status_code=204)


@ops.command(
    "POST", "/v1/me/recovery-codes", out=RecoveryCodesOut, needs=None, etag=False, recent=True,
    secret=True, errors=(FactorMissing,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def renew_recovery_codes(work: Work, runtime: Served) -> Response:
    """Renew my recovery codes.

    Gives you ten new recovery codes, shown this once. The old ones stop working.
    """
    return replies.record(
        {"recovery_codes": await second_factors.renew_codes(work, max_age_of(runtime))}
    )


@ops.command(
    "POST", "/v1/me/step-up/options", out=RequestOptionsOut, needs=None, etag=False, enrolling=True,
    secret=True, errors=(FactorMissing,), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def begin_step_up(work: Work, runtime: Served) -> Response:
    """Begin proving my identity with a passkey.

    Returns what the browser needs to check that it is you, with one of your passkeys. Next: send
    the browser's answer with `step_up`.
    """
    return replies.record(await passkeys.step_up_options(work, runtime.passkeys))


@ops.command(
    "POST", "/v1/me/step-up", out=StepUpOut, needs=None, etag=False, enrolling=True, secret=True,
    errors=(ProofNeeded, ProofRefused, SignInLocked), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def step_up(body: StepUpIn, work: Work, runtime: Served) -> Response:
    """Prove my identity again.

    Proves again that it is you (RFC 9470) and returns a new token. Then repeat the refused request
    with that token.
    """
    given = "credential" in body.model_fields_set
    credential = body.credential.as_sent() if given else None
    command = StepUp(body.otp, credential, body.password)
    raised = await raise_by(work, command, verifier(runtime), runtime.passkeys, hours_of(runtime))
    return replies.record(access_of(runtime, work.actor, raised))
