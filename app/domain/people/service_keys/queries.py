"""Reads of service keys and of those that end soon; none shows a secret, since none is stored."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.cards import with_people
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import service_keys
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.people.service_keys.errors import ServiceKeyNotFound
from app.domain.people.service_keys.rules import TOLD_BEFORE, may_give
from app.domain.policy import roles_with


async def list_service_keys(reading: Reading, state: str, asked: PageOf) -> Page[dict[str, Any]]:
    """Keys in a state, newest first."""
    rows = await service_keys.keys_of(
        reading.driver, reading.actor.school_id, state=state, asked=asked
    )
    return page_of(rows, asked, key="created_at", shape=_named)


async def read_service_key(driver: Driver, actor: Actor, key_id: UUID) -> dict[str, Any]:
    """Get one key, with what this reader may do next. Raises `ServiceKeyNotFound`."""
    key: Mapping[str, Any] | None = await service_keys.key_of(driver, actor.school_id, key_id)
    if key is None:
        raise ServiceKeyNotFound
    return {**_named(key), "permissions": _next_steps(actor, key)}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return with_people(row, "created_by")


def _next_steps(actor: Actor, key: Mapping[str, Any]) -> list[str]:
    if key["revoked_at"] is not None:
        return []
    if all(may_give(actor, scope) for scope in key["scopes"]):
        return ["update_service_key", "rotate_service_key", "revoke_service_key"]
    return ["revoke_service_key"]


class Ending(NamedTuple):
    """Keys that end soon, and (account id, address) of each administrator of keys."""

    keys: Sequence[UUID]
    recipients: Sequence[tuple[UUID, str]]


async def keys_that_end(work: UnitOfWork) -> Ending:
    """Live keys about whose end nobody has been alerted, and the people to alert."""
    keys = await work.service_keys.ending(work.now, work.now + TOLD_BEFORE)
    if not keys:
        return Ending((), ())
    permission = Permission.KEY_CHANGE
    recipients = await work.service_keys.told_of(permission.value, roles_with(permission), work.now)
    return Ending([key.id for key in keys], recipients)
