"""The grant of a passkey, which needs neither address nor password."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api.addresses import client_network
from app.api.grants.answers import command_of, hours_of, needed, token_answer
from app.api.runtime import Runtime
from app.api.schemas.passkeys import UsedCredentialIn
from app.api.schemas.sessions import TokenIn
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.passkeys import commands


async def grant(runtime: Runtime, request: Request, form: TokenIn) -> Response:
    """Start a session."""
    started = await commands.sign_in(
        runtime.database,
        _credential(needed("credential", form.credential)).as_sent(),
        client_network(request.scope),
        command_of(request, form),
        runtime.passkeys,
        hours_of(runtime),
    )
    return token_answer(runtime, started)


def _credential(text: str) -> UsedCredentialIn:
    try:
        return UsedCredentialIn.model_validate_json(text)
    except ValidationError as invalid:
        sentence = "This is not what a browser answers, as JSON."
        problem = FieldProblem("/credential", "invalid", sentence)
        raise ValidationFailed(problems=[problem]) from invalid
