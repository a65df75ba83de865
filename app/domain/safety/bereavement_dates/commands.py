"""Days that may be hard: set with the confirmation or by people, with quiet tasks around them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent
from app.db.models import BereavementCase, BereavementDate
from app.db.repositories.safety import bereavement_cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.errors import StateConflict
from app.domain.etags import check_version
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.errors import PartNotFound
from app.domain.safety.bereavement_cases.queries import case_for, open_case_for, require_writer
from app.domain.safety.bereavement_dates.schemas import HardDayIn
from app.domain.safety.bereavement_duties.commands import check_here
from app.domain.steps import new, record_row, touch
from app.formats.calendars import SchoolCalendar

NOON = time(12)
INQUEST = "inquest"


def begin_dates(work: UnitOfWork, case: BereavementCase, born_on: date | None) -> None:
    """Set the hard days known from the confirmation; people set others."""
    if case.died_on is None:
        return
    for kind, falls_on, yearly in rules.days_of(case.died_on, born_on):
        _add(work, case, HardDayIn(id=None, kind=kind, falls_on=falls_on, yearly=yearly))


async def add_date(work: UnitOfWork, case_id: UUID, body: HardDayIn) -> BereavementDate:
    """Set a day. Raises as `open_case_for`, `PermissionMissing`, `ValidationFailed`."""
    case = await open_case_for(work, case_id)
    require_writer(work.actor)
    if body.owner_id is not None:
        await check_here(work, body.owner_id, case, "/owner_id")
    return _add(work, case, body)


def _add(work: UnitOfWork, case: BereavementCase, body: HardDayIn) -> BereavementDate:
    row = new(work, BereavementDate, body, case_id=case.id, owner_id=body.owner_id or case.lead_id)
    work.concerns.add(row)
    record_row(
        work, AuditEvent.BEREAVEMENT_ADDED, case,
        details={"part": "date", "date_id": str(row.id), "kind": row.kind},
    )  # fmt: skip
    return row


async def change_date(
    work: UnitOfWork, case_id: UUID, date_id: UUID, version: int, changes: Mapping[str, Any]
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
    """End a hard day. Raises as `date_of`."""
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
    check_version(row, version)
    if row.ended_at is not None:
        raise StateConflict
    return case, row


def _changed(
    work: UnitOfWork, case: BereavementCase, row: BereavementDate, fields: list[str]
) -> None:
    touch(work, row)
    record_row(
        work, AuditEvent.BEREAVEMENT_CHANGED, case,
        details={"part": "date", "date_id": str(row.id), "fields": fields},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A task to set once, identified by its name."""

    name: str
    command: SetTask


async def look_after(work: UnitOfWork) -> int:
    """Set today's tasks for the hard days of this school; existing ones are not set again.

    People who asked to be left alone get no task, and a lead phones about those who moved. A yearly
    day continues as long as someone affected is on roll.
    """
    calendar = await calendar_of(work)
    today = calendar.local(work.now).date()
    driver, school_id = await work.driver(), work.actor.school_id
    days = await stored.live_dates(driver, school_id, today)
    if not days:
        return 0
    people = await stored.live_people(driver, school_id, sorted({row["case_id"] for row in days}))
    looks = [item for row in days for item in _of_day(row, people, today, work.now, calendar)]
    known = await stored.known(driver, school_id, [item.name for item in looks])
    new = [item for item in looks if item.name not in known]
    for item in new:
        await set_task(work, item.command)
    return len(new)


def _of_day(
    day: Mapping[str, Any],
    people: Iterable[Mapping[str, Any]],
    today: date,
    now: datetime,
    calendar: SchoolCalendar,
) -> list[Look]:
    items = []
    if day["kind"] == INQUEST and day["falls_on"] <= today:
        items.append(_look_back(day, now, calendar))
    on = rules.occurrence(
        day["falls_on"], today, yearly=day["yearly"], before=day["days_before"],
        after=day["days_after"],
    )  # fmt: skip
    mine = [person for person in people if person["case_id"] == day["case_id"]]
    if on is None or (day["yearly"] and not any(_on_roll(item) for item in mine)):
        return items
    due_at = max(calendar.at(on, NOON), now + timedelta(days=1))
    for item in mine:
        if item["left_alone"]:
            continue
        items.append(_look_on(day, item, on, due_at))
    return items


def _on_roll(person: Mapping[str, Any]) -> bool:
    return person["staff_id"] is not None or person["roll_status"] == "on_roll"


def _look_on(day: Mapping[str, Any], person: Mapping[str, Any], on: date, due_at: datetime) -> Look:
    """A task to check discreetly on someone here, or to phone the lead of their new school."""
    name = f"{rules.LOOK}:{day['id']}:{on.isoformat()}:{person['id']}"
    moved = person["moved_to"] is not None or not _on_roll(person)
    facts: dict[str, Any] = {"on": on.isoformat()}
    if moved:
        facts["call"] = "other_school"
    if person["staff_id"] is not None:
        facts["staff_id"] = str(person["staff_id"])
    return Look(
        name,
        SetTask(
            rules.LOOK, child_id=person["child_id"], about=(rules.PERSON, person["id"]),
            confidentiality=ANYONE, first=day["owner_id"] if moved else person["owner_id"],
            due_at=due_at, facts=facts, dedupe=name,
        ),
    )  # fmt: skip


def _look_back(day: Mapping[str, Any], now: datetime, calendar: SchoolCalendar) -> Look:
    name = f"{rules.REVIEW}:{day['id']}"
    return Look(
        name,
        SetTask(
            rules.REVIEW, about=(rules.CASE, day["case_id"]), confidentiality=ANYONE,
            first=day["owner_id"], since=min(calendar.at(day["falls_on"], NOON), now),
            facts={"look": "after_inquest"}, dedupe=name,
        ),
    )  # fmt: skip
