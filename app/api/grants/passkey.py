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


async def grant(served: Runtime, request: Request, form: TokenIn) -> Response:
    """Start a session."""
    started = await commands.sign_in(
        served.database,
        _credential(needed("credential", form.credential)).as_sent(),
        client_network(request.scope),
        command_of(request, form),
        served.passkeys,
        hours_of(served),
    )
    return token_answer(served, started)


def _credential(text: str) -> UsedCredentialIn:
    try:
        return UsedCredentialIn.model_validate_json(text)
    except ValidationError as invalid:
        sentence = "This is not what a browser answers, as JSON."
        problem = FieldProblem("/credential", "invalid", sentence)
        raise ValidationFailed(problems=[problem]) from invalid
