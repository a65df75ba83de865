"""Reports about adults that could not be taken: whose they are, by the adult register's rules."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import AuditEvent, Role
from app.db.models import IncompleteReport
from app.db.repositories.safety import reintegrations as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns.raising import HEAD
from app.domain.adults.adult_concerns.rules import Placement, names_head, says_name
from app.domain.adults.adult_concerns.telling import find_place, tell_people
from app.domain.record.incomplete_reports import rules

KEEPERS = (HEAD, Role.CHAIR_OF_GOVERNORS.value, Role.SCHOOL_ADMIN.value)


async def place(work: UnitOfWork, row: IncompleteReport, body: Any) -> Placement:
    """Give a new one to those who may read it, and alert them; `body` None: unreadable.

    A person its words may name does not get it. Where nobody can make out who it is about, it is
    treated as one about a head: no head reads it.
    """
    fields = body if isinstance(body, dict) else {}
    about = fields.get("about") if isinstance(fields.get("about"), dict) else None
    words = " ".join(text for _, text in rules.texts_of(about)) if about else row.body
    row.barred = sorted({*row.barred, *await _named_keepers(work, words)})
    row.about_head = await _may_be_about_head(work, about, fields.get("occurred_at"))
    found = await keepers_of(work, row)
    row.keeper_id = found.owner_id
    tell_people(work, found.told, urgent=row.urgent, readable=found.readable)
    return found


async def keepers_of(work: UnitOfWork, row: IncompleteReport) -> Placement:
    """The people who may read one, among those who hold a role today."""
    heads = await work.adults.people([HEAD], work.today)
    about_head = row.about_head or any(person in row.barred for person, _ in heads)
    return await find_place(
        work, about_head=about_head, kept_out=row.barred, reporter_id=row.reporter_id
    )


async def settle_incomplete_reports(work: UnitOfWork) -> int:
    """Give every open one whose keeper may not read it to somebody who may; how many moved."""
    moved = 0
    driver = await work.driver()
    for incomplete_report_id in await stored.open_about_adults(driver, work.actor.school_id):
        row = await work.concerns.lock(IncompleteReport, incomplete_report_id)
        if row is None or row.state != rules.OPEN:
            continue
        found = await keepers_of(work, row)
        if row.keeper_id in {found.owner_id, *(found.told if found.readable else ())}:
            continue
        before, row.keeper_id = row.keeper_id, found.owner_id
        row.version += 1
        row.changed_at = work.now
        work.record(
            AuditEvent.ADULT_ASSIGNED, rules.NOUN, row.id, reason="The keeper may not read it.",
            details={"from": str(before), "to": str(row.keeper_id)}, register="adults",
        )  # fmt: skip
        tell_people(work, found.told, urgent=row.urgent, readable=found.readable)
        moved += 1
    return moved


async def _may_be_about_head(work: UnitOfWork, about: Mapping[str, Any] | None, at: Any) -> bool:
    """Whether its adult is a head, or may be one as far as anybody can read."""
    if about is None:
        return True
    then = _day_of(at, work.today)
    heads = await work.adults.names_of_heads(work.today, then)
    if any(names_head(text, heads) for _, text in rules.texts_of(about)):
        return True
    staff_id, name = rules.id_of(about.get("staff_id")), about.get("name")
    if staff_id is None:
        return not (isinstance(name, str) and name.strip())
    subject = await work.adults.subject(staff_id, work.today, then)
    return subject is None or subject.is_head


async def _named_keepers(work: UnitOfWork, words: str) -> list[UUID]:
    """Those who could get it and who its adult may be by name."""
    people = await work.adults.people(KEEPERS, work.today)
    names = await work.adults.names_of([person for person, _ in people])
    return [person for person, name in names.items() if says_name(words, name)]


def _day_of(at: Any, today: date) -> date:
    """The day on which it happened, or today where that cannot be read."""
    try:
        return clock.day_of(datetime.fromisoformat(at))
    except (TypeError, ValueError, OverflowError):
        return today
