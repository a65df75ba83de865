"""Readers' view of a request; every view is logged."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.models import FileRequest
from app.db.paging import Page, PageOf
from app.db.reading import Reading
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.sharing.file_requests.kind import FILE_REQUEST
from app.domain.sharing.transfers.queries import events_of, page_of_kind, person, reach

REQUEST_SHOWN = (
    "id", "direction", "child_id", "other_school_id", "other", "about", "note", "transfer_id",
    "state", "answer", "made_at", "answered_at", "ended_at", "due_at", "due_rule", "changed_at",
)  # fmt: skip


async def request_shown(work: UnitOfWork, row: FileRequest) -> dict[str, Any]:
    """Build the answer for a request, for the asking school or the one asked."""
    await work.session.flush()
    events, names = await events_of(work, row.id, [row.owner_id, row.answered_by])
    theirs = row.direction == "made" and row.other_school_id is not None
    waits = row.state == "open" and not theirs and policy.may(work.actor, Permission.TRANSFER_WRITE)
    return {
        **{name: getattr(row, name) for name in REQUEST_SHOWN},
        "about": {name: row.about.get(name) for name in ("name", "date_of_birth", "upn")},
        "owner": person(row.owner_id, names),
        "answered_by": person(row.answered_by, names),
        "events": events,
        "permissions": ["answer_file_request"] if waits else [],
    }


async def request_for(
    work: UnitOfWork, request_id: UUID, permission: Permission, *, lock: bool = False
) -> FileRequest:
    """The request. Raises `PermissionMissing`, `FileRequestNotFound`."""
    return await reach(work, FILE_REQUEST, request_id, permission, lock=lock)


async def list_requests(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """List requests made and received, newest first; filters: direction, state."""
    return await page_of_kind(reading, FILE_REQUEST, stored.REQUESTS, "made_at", filters, asked)
