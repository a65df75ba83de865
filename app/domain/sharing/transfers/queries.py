"""Lists of transfers, of what came in, and of requests; and the public keys of a school."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.sharing import transfers as stored
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain import policy
from app.domain.errors import SchoolNotFound
from app.domain.kinds import Kind
from app.domain.sharing.transfers.keys import published
from app.domain.sharing.transfers.kind import FILE_REQUEST, INCOMING_TRANSFER, TRANSFER

NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in cursors of lists that go by name."""


async def list_destinations(reading: Reading, q: str | None, asked: PageOf) -> Page[dict[str, Any]]:
    """Other schools of this server, by name. Raises `PermissionMissing`."""
    policy.require(reading.actor, Permission.TRANSFER_READ)
    rows = await stored.destinations(reading.driver, asked, q)
    return page_of(rows, asked, key=lambda row: Cursor(NO_MOMENT, row["id"]), shape=dict)


async def list_transfers(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """Transfers of the school, newest first; filters: child_id, state."""
    return await _page(reading, TRANSFER, stored.TRANSFERS, "prepared_at", filters, asked)


async def list_incoming(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """Files that came, newest first; filters: state."""
    return await _page(reading, INCOMING_TRANSFER, stored.INCOMING, "received_at", filters, asked)


async def list_requests(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """Requests made and received, newest first; filters: direction, state."""
    return await _page(reading, FILE_REQUEST, stored.REQUESTS, "made_at", filters, asked)


async def _page(
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
    return page_of(rows, asked, key=lambda row: Cursor(row[at], row["id"]), shape=dict)


async def public_keys(database: Database, school_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """The public keys of any school of this server, for whoever asks. Raises `SchoolNotFound`."""
    async with open_work(database, Actor.system(school_id)) as work:
        found = published(await stored.all_keys(work.session, school_id))
    if not found["keys"]:
        raise SchoolNotFound("This school has published no keys.")
    return found
