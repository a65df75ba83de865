"""Days that may be hard: set with the confirmation or by people, and looked after quietly."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import BereavementCase, BereavementDate
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import StateConflict, VersionStale
from app.domain.safety.bereavement import rules
from app.domain.safety.bereavement.duties import check_here
from app.domain.safety.bereavement.errors import PartNotFound
from app.domain.safety.bereavement.sight import case_for, open_case_for, require_writer


@dataclass(frozen=True, slots=True)
class AddDate:
    """A day that may be hard, and how many days around it somebody looks."""

    id: UUID | None
    kind: str
    falls_on: date
    yearly: bool
    owner_id: UUID | None
    days_before: int
    days_after: int


def begin(work: UnitOfWork, case: BereavementCase, born_on: date | None) -> None:
    """Set the days that a confirmation knows of; others are set by people."""
    if case.died_on is None:
        return
    for kind, falls_on, yearly in rules.days_of(case.died_on, born_on):
        wish = AddDate(
            None, kind, falls_on, yearly, case.lead_id, rules.DAYS_BEFORE, rules.DAYS_AFTER
        )
        _add(work, case, wish)


async def add_date(work: UnitOfWork, case_id: UUID, wish: AddDate) -> BereavementDate:
    """Set a day. Raises as `open_case_for`, `PermissionMissing`, `ValidationFailed`."""
    case = await open_case_for(work, case_id)
    require_writer(work.actor)
    if wish.owner_id is not None:
        await check_here(work, wish.owner_id, case, "/owner_id")
    return _add(work, case, wish)


def _add(work: UnitOfWork, case: BereavementCase, wish: AddDate) -> BereavementDate:
    row = BereavementDate(
        school_id=case.school_id, id=wish.id or new_id(), case_id=case.id, kind=wish.kind,
        falls_on=wish.falls_on, yearly=wish.yearly, owner_id=wish.owner_id or case.lead_id,
        days_before=wish.days_before, days_after=wish.days_after, set_at=work.now, version=1,
        changed_at=work.now,
    )  # fmt: skip
    work.concerns.add(row)
    work.record(
        AuditEvent.BEREAVEMENT_ADDED, rules.CASE, case.id, child_id=case.child_id,
        details={"part": "date", "date_id": str(row.id), "kind": row.kind},
    )  # fmt: skip
    return row


async def change_date(
    work: UnitOfWork, case_id: UUID, date_id: UUID, version: int, changes: dict[str, Any]
) -> BereavementDate:
    """Move a day or give it to another lead. Raises as `date_of`, `ValidationFailed`."""
    case, row = await date_of(work, case_id, date_id, version)
    if (owner := changes.get("owner_id")) is not None:
        await check_here(work, owner, case, "/owner_id")
    for name, value in changes.items():
        setattr(row, name, value)
    _changed(work, case, row, sorted(changes))
    return row


async def end_date(work: UnitOfWork, case_id: UUID, date_id: UUID, version: int) -> BereavementDate:
    """Nobody looks on this day any more. Raises as `date_of`."""
    case, row = await date_of(work, case_id, date_id, version)
    row.ended_at = work.now
    _changed(work, case, row, ["ended_at"])
    return row


async def date_of(
    work: UnitOfWork, case_id: UUID, date_id: UUID, version: int
) -> tuple[BereavementCase, BereavementDate]:
    """A live day of a case, locked, for who decides. Raises as `case_for`, `PermissionMissing`,

    `PartNotFound`, `VersionStale`, `StateConflict`.
    """
    case = await case_for(work, case_id)
    require_writer(work.actor)
    row = await work.concerns.lock(BereavementDate, date_id)
    if row is None or row.case_id != case.id:
        raise PartNotFound
    if row.version != version:
        raise VersionStale
    if row.ended_at is not None:
        raise StateConflict
    return case, row


def _changed(
    work: UnitOfWork, case: BereavementCase, row: BereavementDate, fields: list[str]
) -> None:
    row.version += 1
    row.changed_at = work.now
    work.record(
        AuditEvent.BEREAVEMENT_CHANGED, rules.CASE, case.id, child_id=case.child_id,
        details={"part": "date", "date_id": str(row.id), "fields": fields},
    )  # fmt: skip
