"""Reads of service keys; none shows a secret, since none is kept."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.words import Actor
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import service_key_reads
from app.db.session import Driver
from app.domain.people.service_keys.errors import ServiceKeyNotFound
from app.domain.people.service_keys.rules import may_give


async def list_service_keys(reading: Reading, revoked: bool, asked: PageOf) -> Page[dict[str, Any]]:
    """Keys in use, or those revoked, newest first."""
    rows = await service_key_reads.keys_of(
        reading.driver, reading.actor.school_id, revoked=revoked, asked=asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=dict)


async def read_service_key(driver: Driver, actor: Actor, key_id: UUID) -> dict[str, Any]:
    """One key with what this reader may do next. Raises `ServiceKeyNotFound`."""
    found: Mapping[str, Any] | None = await service_key_reads.key_of(
        driver, actor.school_id, key_id
    )
    if found is None:
        raise ServiceKeyNotFound
    return {**found, "permissions": _next_steps(actor, found)}


def _next_steps(actor: Actor, key: Mapping[str, Any]) -> list[str]:
    if key["revoked_at"] is not None:
        return []
    if all(may_give(actor, scope) for scope in key["scopes"]):
        return ["change_service_key", "rotate_service_key", "revoke_service_key"]
    return ["revoke_service_key"]
