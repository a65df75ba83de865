"""Finds the actor of a request from its bearer token, strictly verified."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request

from app.core.networks import address_from
from app.core.words import ROLE_BY_NAME, Actor, Role
from app.domain.errors import SignInNeeded, TokenInvalid
from app.integrations.tokens import Refusal, TokenRefused

if TYPE_CHECKING:
    from app.api.runtime import Runtime


def authenticate(request: Request, runtime: "Runtime", *, late: timedelta = timedelta()) -> Actor:
    """The request's actor. Raises `SignInNeeded` or `TokenInvalid`.

    The statement that sets the scope checks whether the session is still live. For `late` after it
    runs out, a token still identifies its person, but opens nothing.
    """
    header = request.headers.get("authorization")
    if header is None:
        raise SignInNeeded
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SignInNeeded
    return actor_of(token.strip(), request, runtime, late=late)


def actor_of(
    token: str, request: Request, runtime: "Runtime", *, late: timedelta = timedelta()
) -> Actor:
    """The person or program an access token was issued to. Raises `TokenInvalid`."""
    try:
        claims = runtime.tokens.verify(token, late=late)
    except TokenRefused as refused:
        is_expired = refused.reason is Refusal.EXPIRED
        raise TokenInvalid("It has expired." if is_expired else None) from refused
    role = ROLE_BY_NAME.get(claims.role, Role.CUSTOM)
    if role in (Role.SYSTEM, Role.RECIPIENT):
        raise TokenInvalid
    request.state.token_expires_at = datetime.fromtimestamp(claims.exp, UTC)
    return Actor(
        id=claims.sub,
        school_id=claims.org,
        role=role,
        custom_role=claims.role if role is Role.CUSTOM else None,
        session_id=None if role is Role.SERVICE_KEY else claims.sid,
        address=address_of(request),
        scopes=claims.scope if role is Role.SERVICE_KEY else (),
    )


def address_of(request: Request) -> str | None:
    """The client's address, for comparison with networks; None for a local socket."""
    address = address_from(request.client.host) if request.client else None
    return str(address).partition("%")[0] if address else None
