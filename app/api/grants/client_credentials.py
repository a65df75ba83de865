"""The grant `client_credentials`: a program and its service key (RFC 6749, 4.4)."""

import base64
import binascii
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.addresses import client_network
from app.api.auth import address_of
from app.api.grants.answers import needed
from app.api.problems import problem_response
from app.api.runtime import Runtime
from app.api.schemas.sessions import TokenIn
from app.core.words import Role
from app.domain.abuse import guards_of
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.service_keys.commands import Admitted, ShowKey, sign_in_key
from app.domain.people.service_keys.errors import ClientRefused

CHALLENGE = {"WWW-Authenticate": 'Basic realm="cairn", charset="UTF-8"'}


async def grant(runtime: Runtime, request: Request, form: TokenIn) -> Response:
    """Give a program an access token, and nothing to refresh it with: it shows its key again."""
    try:
        client_id, secret = _credentials_of(request, form)
        command = ShowKey(
            client_id, secret, form.scope, address_of(request), client_network(request.scope)
        )
        admitted = await sign_in_key(runtime.database, command, guards_of(runtime.settings))
    except ClientRefused as refused:
        instance = request.scope.get("request_id")
        return problem_response(refused, instance=instance, headers=CHALLENGE)
    return _answer(runtime, admitted)


def _credentials_of(request: Request, form: TokenIn) -> tuple[str, str]:
    """Id and secret, from the header or from the form, never from both.

    Raises `ClientRefused`, `ValidationFailed`.
    """
    header = request.headers.get("authorization")
    if header is None:
        return needed("client_id", form.client_id), needed("client_secret", form.client_secret)
    if form.client_secret is not None:
        sentence = "Send the secret in the header or in the form, not in both."
        raise ValidationFailed(problems=[FieldProblem("/client_secret", "repeated", sentence)])
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise ClientRefused
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as unreadable:
        raise ClientRefused from unreadable
    if not colon or form.client_id not in (None, unquote_plus(client_id)):
        raise ClientRefused
    return unquote_plus(client_id), unquote_plus(secret)


def _answer(runtime: Runtime, admitted: Admitted) -> Response:
    access = runtime.tokens.issue(
        sub=admitted.key_id,
        sid=admitted.key_id,
        org=admitted.school_id,
        role=Role.SERVICE_KEY.value,
        scope=admitted.scopes,
        amr=(),
        auth_time=admitted.at,
    )
    return replies.record(
        {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(runtime.tokens.lifetime.total_seconds()),
            "scope": " ".join(admitted.scopes),
            "organisation_id": admitted.school_id,
            "organisation": admitted.organisation,
            "role": Role.SERVICE_KEY.value,
        }
    )
