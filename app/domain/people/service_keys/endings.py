"""Which keys end soon, and who is told."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import ServiceKey
from app.db.unit_of_work import UnitOfWork
from app.domain.people.service_keys.rules import TOLD_BEFORE
from app.domain.policy import roles_with


class Ending(NamedTuple):
    """Keys that end soon, and (account id, address) of each administrator of keys."""

    keys: Sequence[UUID]
    told: Sequence[tuple[UUID, str]]


async def keys_that_end(work: UnitOfWork) -> Ending:
    """Live keys of which nobody was told, and those to tell."""
    keys = await work.service_keys.ending(work.now, work.now + TOLD_BEFORE)
    if not keys:
        return Ending((), ())
    permission = Permission.KEY_CHANGE
    told = await work.service_keys.told_of(permission.value, roles_with(permission), work.now)
    return Ending([key.id for key in keys], told)


async def note_told(work: UnitOfWork, key_ids: Sequence[UUID]) -> None:
    """The administrators were told of these keys."""
    for key_id in key_ids:
        key = await work.service_keys.lock(ServiceKey, key_id)
        if key is not None:
            key.expiry_told_at = work.now
            work.record(AuditEvent.SERVICE_KEY_EXPIRY_TOLD, "service_key", key_id)
