"""Readers' view of incoming files; every view is logged."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.models import IncomingTransfer
from app.db.paging import Page, PageOf
from app.db.reading import Reading
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.sharing.incoming_transfers.kind import INCOMING_TRANSFER
from app.domain.sharing.transfers.queries import events_of, page_of_kind, person, reach

INCOMING_SHOWN = (
    "id", "reference", "is_addendum", "sender", "signer", "about", "size", "sha256",
    "manifest_sha256", "sent_at", "received_at", "state", "child_id", "decided_at", "reason_code",
    "receipt", "ended_at", "due_at", "due_rule", "changed_at",
)  # fmt: skip


async def incoming_shown(work: UnitOfWork, row: IncomingTransfer) -> dict[str, Any]:
    """What can be read of a file before anyone has accepted it, and its result."""
    await work.session.flush()
    events, names = await events_of(work, row.id, [row.owner_id, row.decided_by])
    waits = row.state == "waiting" and policy.may(work.actor, Permission.TRANSFER_ACCEPT)
    return {
        **{name: getattr(row, name) for name in INCOMING_SHOWN},
        "about": {name: row.about.get(name) for name in ("name", "date_of_birth", "upn")},
        "signer": {name: row.signer[name] for name in ("thumbprint", "trust")},
        "owner": person(row.owner_id, names),
        "decided_by": person(row.decided_by, names),
        "events": events,
        "permissions": ["accept_incoming_transfer", "reject_incoming_transfer"] if waits else [],
    }


async def incoming_for(
    work: UnitOfWork, incoming_id: UUID, permission: Permission, *, lock: bool = False
) -> IncomingTransfer:
    """Find an incoming file. Raises `PermissionMissing`, `IncomingTransferNotFound`."""
    return await reach(work, INCOMING_TRANSFER, incoming_id, permission, lock=lock)


async def list_incoming(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """List incoming files, newest first; filters: state."""
    return await page_of_kind(
        reading, INCOMING_TRANSFER, stored.INCOMING, "received_at", filters, asked
    )
