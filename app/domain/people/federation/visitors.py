"""What people who are not signed in are given: a nonce, and where they can sign in."""

from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Actor
from app.db.limits import Policy, take
from app.db.reading import open_reading
from app.db.session import Database
from app.domain.abuse import MINUTE, TooManyRequests
from app.domain.people.federation.queries import list_sign_in_providers
from app.domain.people.federation.rules import NONCE_LASTS
from app.domain.people.federation.signing_in import new_nonce

NONCES = Policy("nonce", 600, MINUTE, burst=600)
"""Of one network, a whole school perhaps."""


async def issue_nonce(database: Database, network: str) -> dict[str, Any]:
    """A nonce, its verifier and its end. Raises `TooManyRequests`."""
    taken = await take(database, network, NONCES)
    if not taken.allowed:
        raise TooManyRequests(NONCES, taken.retry_after_seconds)
    expires_at = clock.now() + NONCE_LASTS
    made = await new_nonce(database)
    return {"nonce": made.nonce, "nonce_verifier": made.verifier, "expires_at": expires_at}


async def providers_of(database: Database, organisation_id: UUID) -> list[dict[str, Any]]:
    """Where people of an organisation can sign in."""
    async with open_reading(database, Actor.system(organisation_id)) as reading:
        return await list_sign_in_providers(reading)
