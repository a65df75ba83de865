"""Sign-in, sessions and the own account."""

from datetime import timedelta
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.operations import Operations
from app.api.runtime import Runtime
from app.api.schemas.auth import (
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
from app.domain.errors import FieldProblem, ServiceUnavailable, ValidationFailed
from app.domain.sessions import commands, queries
from app.integrations.passwords import HasherBusy, PasswordUnusable, Verdict

ops = Operations("auth")
router = ops.router


@ops.public(
    "POST",
    "/v1/auth/token",
    out=TokenOut,
    errors=(
        commands.CredentialsRefused,
        commands.SignInLocked,
        commands.RefreshRefused,
        commands.MembershipMissing,
        commands.MembershipChoiceNeeded,
    ),
)
async def issue_token(served: Served, form: Annotated[TokenIn, Form()]) -> Response:
    """Exchange a password or a refresh token for an access token (RFC 6749).

    A token is scoped to one organisation and one role; name them with `organisation_id` and
    `role` where a person has several memberships.
    """
    limits = limits_of(served)
    if form.grant_type == "password":
        wish = commands.SignIn(
            _needed("username", form.username),
            _needed("password", form.password),
            form.organisation_id,
            form.role,
        )
        started = await commands.sign_in(served.database, wish, verifier(served), limits)
    else:
        secret = _needed("refresh_token", form.refresh_token)
        started = await commands.refresh(served.database, secret, limits)
    return token_answer(served, started)


def verifier(served: Runtime) -> commands.Verify:
    """Compares passwords; a hasher with too much to do is a reason to try again."""

    async def verify(password: str, stored: str | None) -> Verdict:
        try:
            return await served.passwords.verify(password, stored)
        except HasherBusy as busy:
            raise ServiceUnavailable from busy

    return verify


def hasher(served: Runtime) -> commands.HashPassword:
    """Hashes passwords; what cannot become one is unsuitable."""

    async def hash_password(password: str) -> str:
        try:
            return await served.passwords.hash(password)
        except PasswordUnusable as unusable:
            raise commands.PasswordUnsuitable from unusable
        except HasherBusy as busy:
            raise ServiceUnavailable from busy

    return hash_password


def limits_of(served: Runtime) -> commands.Limits:
    """How long sessions last, from the settings."""
    settings = served.settings
    return commands.Limits(
        session=timedelta(hours=settings.session_hours),
        refresh=timedelta(hours=settings.refresh_token_hours),
        failures=settings.lockout_after,
        longest_wait=settings.lockout_max_seconds,
    )


def _needed(field: str, value: str | None) -> str:
    if not value:
        problem = FieldProblem(f"/{field}", "missing", "This grant needs this field.")
        raise ValidationFailed(problems=[problem])
    return value


def token_answer(served: Runtime, started: commands.Started) -> Response:
    """The OAuth 2 answer for a session."""
    actor = started.actor
    access = served.tokens.issue(
        sub=actor.id,
        sid=started.session_id,
        org=actor.school_id,
        role=actor.role.value,
        scope=("cairn",),
        amr=actor.amr,
        auth_time=started.auth_time,
    )
    return replies.record(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(served.tokens.lifetime.total_seconds()),
            "refresh_token": started.refresh_token,
            "refresh_expires_at": started.refresh_expires_at,
            "scope": "cairn",
            "organisation_id": actor.school_id,
            "organisation": started.organisation,
            "role": actor.role.value,
        }
    )


@ops.public("POST", "/v1/auth/revoke", out=AcceptedOut)
async def revoke_token(served: Served, form: Annotated[RevokeIn, Form()]) -> Response:
    """End the session of a refresh token (RFC 7009); an unknown token is no failure."""
    await commands.sign_out(served.database, form.token)
    return replies.record({"accepted": True})


@ops.public("POST", "/v1/auth/password-reset", out=AcceptedOut, status=202)
async def ask_for_password_reset(body: PasswordResetIn, served: Served) -> Response:
    """Mail a one-time link; the answer is the same for an unknown address."""
    await commands.ask_for_reset(served.database, body.email)
    return replies.record({"accepted": True}, status=202)


@ops.public(
    "POST",
    "/v1/auth/password-reset/confirm",
    out=AcceptedOut,
    errors=(commands.PasswordUnsuitable, commands.LinkInvalid),
)
async def confirm_password_reset(body: PasswordResetConfirmIn, served: Served) -> Response:
    """Set a password with a mailed token; every session of the account ends."""
    await commands.set_password_by_link(
        served.database, body.token, body.new_password, hasher(served)
    )
    return replies.record({"accepted": True})


@ops.query("/v1/me", out=MeOut, needs=None)
async def get_me(reading: Reading) -> Response:
    """Who I am in this session, my memberships and what I may do."""
    return replies.record(await queries.who_am_i(reading))


@ops.command(
    "POST",
    "/v1/me/password",
    out=AcceptedOut,
    needs=None,
    etag=False,
    errors=(
        commands.CurrentPasswordWrong,
        commands.SignInLocked,
        commands.PasswordUnsuitable,
    ),
)
async def change_password(body: PasswordIn, work: Work, served: Served) -> Response:
    """Change my password; my other sessions end."""
    await commands.change_password(
        work,
        body.current_password,
        body.new_password,
        verifier(served),
        hasher(served),
        limits_of(served),
    )
    return replies.record({"accepted": True})


@ops.public("GET", "/.well-known/jwks.json", out=JwksOut)
async def get_jwks(served: Served) -> Response:
    """The public keys of access tokens."""
    return replies.record(served.keys.jwks())


@ops.public("GET", "/.well-known/oauth-authorization-server", out=ServerMetadataOut)
async def get_server_metadata(served: Served, request: Request) -> Response:
    """Where to sign in (RFC 8414)."""
    base = served.settings.base_url
    return replies.record(
        {
            "issuer": base,
            "token_endpoint": f"{base}/v1/auth/token",
            "revocation_endpoint": f"{base}/v1/auth/revoke",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "grant_types_supported": ["password", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "response_types_supported": [],
        }
    )
