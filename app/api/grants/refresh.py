"""The grant `refresh_token`: going on with a session."""

from starlette.requests import Request
from starlette.responses import Response

from app.api.grants.answers import hours_of, needed, token_answer
from app.api.runtime import Runtime
from app.api.schemas.sessions import TokenIn
from app.domain.people.sessions import commands


async def grant(runtime: Runtime, _request: Request, form: TokenIn) -> Response:
    """Replace the refresh token and the access token."""
    secret = needed("refresh_token", form.refresh_token)
    started = await commands.refresh(runtime.database, secret, hours_of(runtime))
    return token_answer(runtime, started)
