"""Access to transfers, lists of them, and the shared parts of files on their way."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.cards import with_people
from app.db.models import FileRequest, IncomingTransfer, Transfer, TransferEvent
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.sharing import transfers as stored
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource, next_owner
from app.domain.errors import SchoolNotFound
from app.domain.kinds import Kind
from app.domain.sharing.transfer_keys.commands import published
from app.domain.sharing.transfers.kind import TRANSFER
from app.domain.steps import find_target, new

Row = TypeVar("Row", Transfer, IncomingTransfer, FileRequest)

NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Time in cursors of lists sorted by name."""


class NobodyToOwn(RuntimeError):
    """A school without anyone who could own a file; retried until it has someone."""


async def transfer_for(
    work: UnitOfWork, transfer_id: UUID, permission: Permission, *, lock: bool = False
) -> Transfer:
    """The transfer. Raises `PermissionMissing`, `TransferNotFound` (also for a conflict)."""
    return await reach(work, TRANSFER, transfer_id, permission, lock=lock)


async def reach(
    work: UnitOfWork, kind: Kind[Row], id_: UUID, permission: Permission, *, lock: bool
) -> Row:
    policy.require(work.actor, permission)
    return (await find_target(work, kind, id_, lock=lock)).row


async def owner_for(
    work: UnitOfWork,
    resource_type: str,
    id_: UUID,
    child_id: UUID | None,
    *,
    also: Sequence[UUID] = (),
) -> UUID:
    """Choose the owner by the usual rule; without a possible one, raise `NobodyToOwn`.

    Never anyone related to the child, or to one of `also`.
    """
    about = frozenset([*also, *([child_id] if child_id is not None else [])])
    result = next_owner(
        await people_here(work), OwnedResource(resource_type, id_, None, about=about)
    )
    if result is None:
        raise NobodyToOwn
    return result


def note(  # noqa: PLR0913 - what an event says, by name
    work: UnitOfWork,
    resource_type: str,
    resource_id: UUID,
    kind: str,
    *,
    at: datetime | None = None,
    by_id: UUID | None = None,
    route: str | None = None,
    text: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Save one step; by the actor unless that is Cairn itself."""
    by_id = by_id or (None if work.actor.is_system else work.actor.id)
    row = new(
        work, TransferEvent, noun=resource_type, thing_id=resource_id, kind=kind, at=at or work.now,
        by_id=by_id, route=route, text=text, details=details or {},
    )  # fmt: skip
    work.children.add(row)


async def list_destinations(reading: Reading, q: str | None, asked: PageOf) -> Page[dict[str, Any]]:
    """Other schools of this server, by name. Raises `PermissionMissing`."""
    policy.require(reading.actor, Permission.TRANSFER_READ)
    rows = await stored.destinations(reading.driver, asked, q)
    return page_of(rows, asked, key=lambda row: Cursor(NO_MOMENT, row["id"]), shape=dict)


async def list_transfers(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """List the school's transfers, newest first; filters: child_id, state."""
    return await page_of_kind(reading, TRANSFER, stored.TRANSFERS, "prepared_at", filters, asked)


async def page_of_kind(
    reading: Reading,
    kind: Kind[Any],
    statement: str,
    at: str,
    filters: Mapping[str, Any],
    asked: PageOf,
) -> Page[dict[str, Any]]:
    actor = reading.actor
    rows = await stored.page(
        reading.driver, actor.school_id, partial(kind.keep, actor), statement, at, filters, asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row[at], row["id"]), shape=_with_owner)


def _with_owner(row: Any) -> dict[str, Any]:
    return with_people(row, "owner")


async def public_keys(database: Database, school_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Get the public keys of any school of this server, for anyone. Raises `SchoolNotFound`."""
    async with open_work(database, Actor.system(school_id)) as work:
        result = published(await stored.all_keys(work.session, school_id))
    if not result["keys"]:
        raise SchoolNotFound("This school has published no keys.")
    return result


def person(id_: UUID | None, names: Mapping[UUID, str]) -> dict[str, Any] | None:
    return {"id": id_, "name": names.get(id_, "")} if id_ is not None else None


async def events_of(
    work: UnitOfWork, resource_id: UUID, more: Sequence[UUID | None]
) -> tuple[list[dict[str, Any]], dict[UUID, str]]:
    rows = await stored.events_of(work.session, work.actor.school_id, resource_id)
    people = {row.by_id for row in rows} | set(more)
    names = await stored.names_of(
        await work.driver(), work.actor.school_id, [item for item in people if item]
    )
    items = [
        {"kind": row.kind, "at": row.at, "recorded_at": row.recorded_at, "route": row.route,
         "text": row.text, "by": person(row.by_id, names)}
        for row in rows
    ]  # fmt: skip
    return items, names
