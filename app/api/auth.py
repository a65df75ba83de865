"""From a request to the actor: the bearer token, strictly verified."""

from typing import TYPE_CHECKING

from starlette.requests import Request

from app.core.words import Actor, Role
from app.domain.errors import SignInNeeded, TokenInvalid
from app.integrations.tokens import TokenRefused

if TYPE_CHECKING:
    from app.api.runtime import Runtime


def authenticate(request: Request, runtime: "Runtime") -> Actor:
    """Who asks. Raises `SignInNeeded` or `TokenInvalid`; whether the session still lives is

    checked by the statement that sets the scope.
    """
    header = request.headers.get("authorization")
    if header is None:
        raise SignInNeeded
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SignInNeeded
    try:
        claims = runtime.tokens.verify(token.strip())
        role = Role(claims.role)
    except (TokenRefused, ValueError) as refused:
        raise TokenInvalid from refused
    if role is Role.SYSTEM:
        raise TokenInvalid
    return Actor(
        id=claims.sub,
        school_id=claims.org,
        role=role,
        session_id=claims.sid,
        amr=claims.amr,
        scope=claims.scope,
    )
