"""What the grants share: checked fields, bounded password work, and the OAuth 2 answer."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.runtime import Runtime
from app.api.schemas.sessions import TokenIn
from app.core.words import Actor
from app.domain.abuse import guards_of
from app.domain.errors import FieldProblem, ServiceUnavailable, ValidationFailed
from app.domain.people.passwords.errors import PasswordUnsuitable
from app.domain.people.second_factors.commands import Raised
from app.domain.people.sessions import rules
from app.domain.people.sessions.commands import HashPassword, Limits, SignInRequest, Started, Verify
from app.integrations.password_strength import weakness_of
from app.integrations.passwords import HasherBusy, PasswordUnusable, Verdict


def verifier(runtime: Runtime) -> Verify:
    """Compares passwords; a hasher with too much to do is a reason to try again."""

    async def verify(password: str, stored: str | None) -> Verdict:
        try:
            return await runtime.passwords.verify(password, stored)
        except HasherBusy as busy:
            raise ServiceUnavailable from busy

    return verify


def hasher(runtime: Runtime) -> HashPassword:
    """Hashes new passwords that are strong enough; what cannot become one is unsuitable."""

    async def hash_password(password: str, about: Sequence[str]) -> str:
        weakness = await asyncio.to_thread(weakness_of, password, about)
        if weakness is not None:
            raise PasswordUnsuitable(weakness)
        try:
            return await runtime.passwords.hash(password)
        except PasswordUnusable as unusable:
            raise PasswordUnsuitable("too_long") from unusable
        except HasherBusy as busy:
            raise ServiceUnavailable from busy

    return hash_password


def hours_of(runtime: Runtime) -> Limits:
    """How long sessions last, from the settings."""
    settings = runtime.settings
    return Limits(
        session=timedelta(hours=settings.session_hours),
        refresh=timedelta(hours=settings.refresh_token_hours),
        guards=guards_of(settings),
        vault=runtime.vault,
    )


def max_age_of(runtime: Runtime) -> int:
    """How many seconds ago a person may have proved who they are for what is sensitive."""
    return runtime.settings.step_up_minutes * 60


def needed(field: str, value: str | None) -> str:
    if not value:
        problem = FieldProblem(f"/{field}", "missing", "This grant needs this field.")
        raise ValidationFailed(problems=[problem])
    return value


def command_of(request: Request, form: TokenIn) -> SignInRequest:
    """Where somebody wants to work, and what is kept of the device and network they ask from."""
    client = request.client
    return SignInRequest(
        form.organisation_id,
        form.role,
        form.otp,
        device=rules.device_of(request.headers.get("user-agent")),
        network=rules.network_kind(client.host if client else None),
    )


def access_of(runtime: Runtime, actor: Actor, raised: Raised) -> dict[str, Any]:
    """A fresh access token for a session that was proved once more."""
    assert actor.session_id is not None  # noqa: S101 - a person has a session
    access = runtime.tokens.issue(
        sub=actor.id,
        sid=actor.session_id,
        org=actor.school_id,
        role=actor.role_name,
        scope=("cairn",),
        amr=raised.amr,
        auth_time=raised.auth_time,
    )
    return {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": int(runtime.tokens.lifetime.total_seconds()),
        "amr": list(raised.amr),
        "auth_time": raised.auth_time,
        "second_factor": raised.second_factor,
    }


def token_answer(runtime: Runtime, started: Started, **more: str) -> Response:
    """The OAuth 2 answer for a session; a grant may have something to add."""
    actor = started.actor
    access = runtime.tokens.issue(
        sub=actor.id,
        sid=started.session_id,
        org=actor.school_id,
        role=actor.role_name,
        scope=("cairn",),
        amr=actor.amr,
        auth_time=started.auth_time,
    )
    return replies.record(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(runtime.tokens.lifetime.total_seconds()),
            "refresh_token": started.refresh_token,
            "refresh_expires_at": started.refresh_expires_at,
            "scope": "cairn",
            "organisation_id": actor.school_id,
            "organisation": started.organisation,
            "role": actor.role_name,
            "second_factor": started.second_factor,
            **more,
        }
    )
