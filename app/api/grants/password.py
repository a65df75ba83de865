"""The grant `password`: an email address and a password."""

from starlette.requests import Request
from starlette.responses import Response

from app.api.addresses import client_network
from app.api.grants.answers import command_of, hours_of, needed, token_answer, verifier
from app.api.runtime import Runtime
from app.api.schemas.sessions import TokenIn
from app.domain.people.sessions import commands


async def grant(runtime: Runtime, request: Request, form: TokenIn) -> Response:
    """Start a session."""
    asked = commands.SignIn(
        needed("username", form.username),
        needed("password", form.password),
        client_network(request.scope),
        command_of(request, form),
    )
    limits = hours_of(runtime)
    started = await commands.sign_in(runtime.database, asked, verifier(runtime), limits)
    return token_answer(runtime, started)
