"""Sign-in, sessions and the reader's account."""

from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.addresses import client_network
from app.api.deps import Reading, Served, Work
from app.api.grants import GRANTS
from app.api.grants.answers import hasher, hours_of, max_age_of, verifier
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.sessions import (
    AcceptedOut,
    JwksOut,
    MeOut,
    PasswordIn,
    PasswordResetConfirmIn,
    PasswordResetIn,
    RevokeIn,
    ServerMetadataOut,
    TokenIn,
    TokenOut,
)
from app.domain.abuse import guards_of
from app.domain.errors import StepUpNeeded
from app.domain.people.federation.errors import (
    IdentityProviderUnavailable,
    IdentityRefused,
    IdentityUnknown,
)
from app.domain.people.passkeys.errors import PasskeyRefused
from app.domain.people.passwords import commands as passwords
from app.domain.people.passwords.errors import CurrentPasswordWrong, LinkInvalid, PasswordUnsuitable
from app.domain.people.second_factors.errors import OtpNeeded, OtpRefused
from app.domain.people.service_keys.errors import ClientRefused, ScopeRefused
from app.domain.people.sessions import commands as sessions
from app.domain.people.sessions import queries
from app.domain.people.sessions.errors import (
    CredentialsRefused,
    MembershipChoiceNeeded,
    MembershipMissing,
    RefreshRefused,
)
from app.domain.people.sign_in_guards.errors import SignInLocked
from app.domain.policy import SERVICE_SCOPES

ops = Operations("auth")
router = ops.router


@ops.public(
    "POST",
    "/v1/auth/token",
    out=TokenOut,
    errors=(
        CredentialsRefused,
        SignInLocked,
        OtpNeeded,
        OtpRefused,
        PasskeyRefused,
        RefreshRefused,
        MembershipMissing,
        MembershipChoiceNeeded,
        ClientRefused,
        ScopeRefused,
        IdentityRefused,
        IdentityUnknown,
        IdentityProviderUnavailable,
    ),
    no_if_match=NoIfMatch.OWN,
)
async def issue_token(
    runtime: Served, request: Request, form: Annotated[TokenIn, Form()]
) -> Response:
    """Get an access token.

    Gives an access token for a password, a refresh token, a passkey, a service key or an ID token
    (RFC 8693).

    A token is for one organisation and one role. Somebody with several memberships names them with
    `organisation_id` and `role`. Next: `get_me`.
    """
    return await GRANTS[form.grant_type](runtime, request, form)


@ops.public("POST", "/v1/auth/revoke", out=AcceptedOut, no_if_match=NoIfMatch.OWN)
async def revoke_token(runtime: Served, form: Annotated[RevokeIn, Form()]) -> Response:
    """Revoke a refresh token.

    Ends the session that the refresh token belongs to (RFC 7009). An unknown token also gets
    success.
    """
    await sessions.sign_out(runtime.database, form.token)
    return replies.record({"accepted": True})


@ops.public("POST", "/v1/auth/password-reset", out=AcceptedOut, status=202)
async def request_password_reset(
    body: PasswordResetIn, runtime: Served, request: Request
) -> Response:
    """Request a password reset.

    Mails a one-time link. The answer is the same whether or not Cairn knows the address. Next:
    `confirm_password_reset`.
    """
    await passwords.ask_for_reset(
        runtime.database, body.email, client_network(request.scope), guards_of(runtime.settings)
    )
    return replies.record({"accepted": True}, status=202)


@ops.public(
    "POST", "/v1/auth/password-reset/confirm", out=AcceptedOut,
    errors=(PasswordUnsuitable, LinkInvalid), no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def confirm_password_reset(
    body: PasswordResetConfirmIn, runtime: Served, request: Request
) -> Response:
    """Set a new password with a mailed token.

    Sets a new password with the token of the mailed link. Every session of the account ends.
    """
    await passwords.set_password_by_link(
        runtime.database,
        body.token,
        body.new_password,
        client_network(request.scope),
        hasher(runtime),
    )
    return replies.record({"accepted": True})


@ops.query("/v1/me", out=MeOut, needs=None, enrolling=True)
async def get_me(reading: Reading) -> Response:
    """Get my profile and permissions.

    Shows who you are in this session, your memberships and what you may do. Call it first after
    signing in.
    """
    return replies.record(await queries.who_am_i(reading))


@ops.command(
    "POST", "/v1/me/password", out=AcceptedOut, needs=None, etag=False, enrolling=True,
    errors=(StepUpNeeded, CurrentPasswordWrong, SignInLocked, PasswordUnsuitable),
    no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def change_password(body: PasswordIn, work: Work, runtime: Served) -> Response:
    """Change my password.

    Sets a new password. All your other sessions end.
    """
    await passwords.change_password(
        work,
        body.current_password,
        body.new_password,
        verifier(runtime),
        hasher(runtime),
        hours_of(runtime),
        max_age_of(runtime),
    )
    return replies.record({"accepted": True})


@ops.public("GET", "/.well-known/jwks.json", out=JwksOut)
async def get_jwks(runtime: Served) -> Response:
    """Get the public keys of access tokens.

    Returns the keys that verify access tokens, as a JSON Web Key Set.
    """
    return replies.record(runtime.keys.jwks())


@ops.public("GET", "/.well-known/oauth-authorization-server", out=ServerMetadataOut)
async def get_server_metadata(runtime: Served, request: Request) -> Response:
    """Get the sign-in server's metadata.

    Returns where and how to sign in (RFC 8414).
    """
    base = runtime.settings.base_url
    return replies.record(
        {
            "issuer": base,
            "token_endpoint": f"{base}/v1/auth/token",
            "revocation_endpoint": f"{base}/v1/auth/revoke",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "grant_types_supported": sorted(GRANTS),
            "token_endpoint_auth_methods_supported": [
                "none",
                "client_secret_basic",
                "client_secret_post",
            ],
            "response_types_supported": [],
            "scopes_supported": sorted(["cairn", *SERVICE_SCOPES]),
        }
    )
