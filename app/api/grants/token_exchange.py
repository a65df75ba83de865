"""The grant of RFC 8693: an ID token of the school's own identity provider."""

from starlette.requests import Request
from starlette.responses import Response

from app.api.addresses import client_network
from app.api.grants.answers import command_of, hours_of, needed, token_answer
from app.api.id_tokens import prove
from app.api.runtime import Runtime
from app.api.schemas.sessions import ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE, TokenIn
from app.core.limits import Policy
from app.core.words import Actor
from app.db.limits import give_back, take
from app.domain.abuse import MINUTE
from app.domain.errors import FieldProblem, TooManyRequests, ValidationFailed
from app.domain.people.federation.commands import exchange
from app.domain.people.federation.errors import IdentityRefused
from app.domain.people.sessions.commands import Started

TRIES = Policy("token_exchange", 120, MINUTE, burst=120)
"""ID tokens from one network that proved nobody."""


async def grant(runtime: Runtime, request: Request, form: TokenIn) -> Response:
    """Start a session for the person the token proves."""
    if needed("subject_token_type", form.subject_token_type) != ID_TOKEN_TYPE:
        sentence = f"Only {ID_TOKEN_TYPE} is taken."
        raise ValidationFailed(problems=[FieldProblem("/subject_token_type", "unknown", sentence)])
    network = client_network(request.scope)
    taken = await take(runtime.database, network, TRIES)
    if not taken.allowed:
        raise TooManyRequests(TRIES, taken.retry_after_seconds)
    refused = False
    try:
        started = await _exchanged(runtime, request, form)
    except IdentityRefused:
        refused = True
        raise
    finally:
        if not refused:
            await give_back(runtime.database, network, TRIES)
    return token_answer(runtime, started, issued_token_type=ACCESS_TOKEN_TYPE)


async def _exchanged(runtime: Runtime, request: Request, form: TokenIn) -> Started:
    token = needed("subject_token", form.subject_token)
    verifier = needed("nonce_verifier", form.nonce_verifier)
    if form.organisation_id is None:
        needed("organisation_id", None)
    assert form.organisation_id is not None  # noqa: S101 - it would have been refused
    looking = Actor.system(form.organisation_id)
    proof = await prove(runtime, looking, token, verifier)
    return await exchange(
        runtime.database, form.organisation_id, proof, command_of(request, form), hours_of(runtime)
    )
