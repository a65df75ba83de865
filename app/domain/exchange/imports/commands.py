"""Find, lock and end imports of any sort."""

from typing import Any, TypeVar
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models.exchange.imports import FileImport
from app.db.unit_of_work import UnitOfWork
from app.domain.etags import check_version
from app.domain.exchange.imports import rules
from app.domain.exchange.imports.errors import ImportNotFound
from app.domain.steps import touch

Row = TypeVar("Row", bound=FileImport)


async def receive(work: UnitOfWork, model: type[Row], did: AuditEvent, **fields: Any) -> Row:
    """Record that a file has arrived; this imports nothing."""
    row = model(
        school_id=work.actor.school_id, id=new_id(), state=rules.RECEIVED, done=0, total=0,
        counts={}, started_by=None if work.actor.is_system else work.actor.id,
        created_at=work.now, version=1, changed_at=work.now, **fields,
    )  # fmt: skip
    work.rosters.add(row)
    await work.session.flush()
    work.record(did, model.__tablename__, row.id, details=row.details)
    return row


async def found_import(
    work: UnitOfWork, model: type[Row], import_id: UUID, *, lock: bool = False
) -> Row:
    """The import, locked where asked. Raises `ImportNotFound`."""
    find = work.rosters.lock if lock else work.rosters.find
    row: Row | None = await find(model, import_id)
    if row is None or not rules.is_theirs(work.actor, row.started_by):
        raise ImportNotFound
    return row


async def import_to_change(
    work: UnitOfWork, model: type[Row], import_id: UUID, version: int
) -> Row:
    """Lock the import at the caller's version. Raises `ImportNotFound`, `VersionStale`."""
    row = await found_import(work, model, import_id, lock=True)
    check_version(row, version)
    return row


def end(work: UnitOfWork, row: FileImport, state: str, reason: str | None) -> None:
    """Put the import into a state that stays until someone acts."""
    row.state, row.because, row.ended_at = state, reason, work.now
    touch(work, row)


async def fail_import(
    work: UnitOfWork, model: type[FileImport], import_id: UUID, did: AuditEvent, reason: str
) -> None:
    """Record that an import failed, and why; one that has ended stays unchanged."""
    row = await found_import(work, model, import_id, lock=True)
    if row.state not in rules.ENDED:
        end(work, row, rules.FAILED, reason)
        work.record(did, model.__tablename__, import_id, details={"code": reason})
