"""Proves an ID token before any transaction begins, since Cairn may have to ask its provider."""

import hashlib
from dataclasses import dataclass

from pydantic import ValidationError
from starlette.requests import Request

from app.api.receiving import read_body, read_fields
from app.api.runtime import Runtime
from app.api.schemas.federation import IdentityIn
from app.core import clock
from app.core.words import Actor
from app.db.reading import open_reading
from app.domain.people.federation import rules
from app.domain.people.federation.commands import Proof
from app.domain.people.federation.errors import IdentityProviderUnavailable, IdentityRefused
from app.domain.people.federation.queries import trusted_providers
from app.integrations.id_tokens import IdTokenRefused, check_claims, prove_signature, read_id_token
from app.integrations.oidc import KeyUnknown, ProviderUnavailable


async def prove(runtime: Runtime, actor: Actor, id_token: str, verifier: str) -> Proof:
    """Prove that a provider trusted by the actor's organisation issued the token for us.

    Raises `IdentityRefused`, `IdentityProviderUnavailable`, `SessionEnded`.
    """
    try:
        token = read_id_token(id_token)
        async with open_reading(runtime.database, actor) as reading:
            trusted = await trusted_providers(reading)
        provider = rules.provider_of(trusted, token.issuer, token.audiences, token.claims)
        if provider is None:
            raise IdentityRefused
        key = await runtime.providers.key_of(token.issuer, token.kid, token.alg)
        prove_signature(token, key)
        check_claims(token, issuer=token.issuer, client_id=provider.client_id, now=clock.now())
    except (IdTokenRefused, KeyUnknown) as refused:
        raise IdentityRefused from refused
    except ProviderUnavailable as away:
        raise IdentityProviderUnavailable from away
    return Proof(provider, token.claims, hashlib.sha256(token.signed).digest(), verifier)


@dataclass(slots=True)
class Shown:
    """A body with an ID token; `proof` is None for a body that will be refused."""

    digest: bytes
    proof: Proof | None

    async def discard(self) -> None:
        """Do nothing: nothing was stored."""


async def prove_shown(request: Request, runtime: Runtime, actor: Actor) -> Shown:
    """Prove the token of a body before the command's transaction begins."""
    body = await read_body(request, runtime.settings.max_body_bytes)
    read_fields(request, request.scope["route"], body)
    digest = hashlib.sha256(body).digest()
    try:
        asked = IdentityIn.model_validate_json(body)
    except ValidationError:
        return Shown(digest, None)
    proof = await prove(runtime, actor, asked.id_token, asked.nonce_verifier)
    return Shown(digest, proof)
