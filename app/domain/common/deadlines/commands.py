"""Start, stop and resume clocks by named rules. A changed calendar moves their due times."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Protocol
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import SchoolCalendarVersion
from app.db.repositories.duty import calendars, deadlines
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.common.deadlines.rules import SET_BY_PERSON, Rule, furthest_day, rule_of, rule_on
from app.domain.kinds import audit_log_of
from app.formats.calendars import SchoolCalendar, read_calendar


class Clocked(Protocol):
    """A record with one due time while it is open; its class names it in `__clocked__`."""

    __clocked__: ClassVar[str]
    id: UUID
    due_at: Any


async def calendar_of(work: UnitOfWork) -> SchoolCalendar:
    """The school's current calendar, read once in a unit of work."""
    return calendar_from(*await work.calendar())


@lru_cache(maxsize=512)
def calendar_from(version: int, nation: str, content: str) -> SchoolCalendar:
    """Read a stored calendar; `content` is its JSON text."""
    return read_calendar(version, nation, orjson.loads(content))


async def start_clock(
    work: UnitOfWork, thing: Clocked, rule_id: str, *, since: datetime | None = None
) -> datetime:
    """Give a record its next due time by a rule, counted from now or from an earlier event.

    The clock that ran before ends. Raises KeyError for a rule that is not in the book.
    """
    calendar = await calendar_of(work)
    started = since or work.now
    rule = rule_on(rule_id, calendar.local(started).date(), calendar.nation)
    due_at = rule.due(started, calendar)
    thing.due_at = due_at
    _name_rule(thing, rule.id)
    work.keep_time(deadline_of(thing, rule, calendar, started))
    return due_at


def set_clock(work: UnitOfWork, thing: Clocked, due_at: datetime) -> None:
    """Give a record the due time that a person chose."""
    rule = rule_on(SET_BY_PERSON, work.today)
    thing.due_at = due_at
    _name_rule(thing, rule.id)
    work.keep_time(deadline_of(thing, rule, None, work.now))


def stop_clock(work: UnitOfWork, thing: Clocked, reason: str = "ended") -> None:
    """Remove the due time of a record that has ended."""
    work.stop_time(thing.__clocked__, thing.id, reason)


def _name_rule(thing: Clocked, rule_id: str) -> None:
    if hasattr(thing, "due_rule"):
        thing.due_rule = rule_id


def deadline_of(
    thing: Clocked, rule: Rule, calendar: SchoolCalendar | None, started: datetime
) -> dict[str, Any]:
    """A clock, in the form that `UnitOfWork.keep_time` takes."""
    return deadline(
        thing.__clocked__, thing.id, rule, calendar, started=started, due_at=thing.due_at
    )


def deadline(
    resource_type: str,
    resource_id: UUID,
    rule: Rule,
    calendar: SchoolCalendar | None,
    *,
    started: datetime,
    due_at: datetime,
) -> dict[str, Any]:
    """Make a clock. `calendar` is None if a person chose the time."""
    return {
        "id": str(new_id()),
        "noun": resource_type,
        "thing_id": str(resource_id),
        "rule_id": rule.id,
        "rule_version": rule.version,
        "calendar": rule.limit_in(calendar).calendar if calendar else None,
        "calendar_version": calendar.version if calendar else None,
        "ladder": rule.ladder_for(resource_type),
        "started_at": started,
        "due_at": due_at,
    }


async def choose_clock(work: UnitOfWork, thing: Clocked, due_at: datetime, *furthest: str) -> None:
    """Give a record the due time that a person chose, within the limits of these rules.

    Raises `DueTimePassed`, `DueTooFar`.
    """
    if due_at <= work.now:
        raise DueTimePassed
    await check_furthest(work, due_at, *furthest)
    set_clock(work, thing, due_at)


async def check_furthest(work: UnitOfWork, due_at: datetime, *furthest: str) -> None:
    """Raise `DueTooFar` beyond the day on which the first of these rules is over."""
    calendar = await calendar_of(work)
    latest = furthest_day(furthest, work.now, calendar)
    if calendar.local(due_at).date() > latest:
        raise DueTooFar(latest)


async def run_on(work: UnitOfWork, rows: Sequence[Any]) -> None:
    """Resume each record's last clock, counted from the same start.

    A time that a person chose stays. A due time that has passed meanwhile is overdue.
    """
    if not rows:
        return
    clocks = await deadlines.last_clocks(
        work.session, work.actor.school_id, [row.id for row in rows]
    )
    for row in rows:
        rule_id, started = clocks[row.id]
        if rule_id == SET_BY_PERSON:
            rule = rule_on(rule_id, work.today)
            work.keep_time(deadline_of(row, rule, None, started))
        else:
            await start_clock(work, row, rule_id, since=started)


async def recompute(work: UnitOfWork) -> int:
    """Move every due time that the current calendar changes; returns how many.

    Times that people chose stay, as do clocks whose rule is no longer in the book. Repeating it
    changes nothing.
    """
    calendar = await calendar_of(work)
    driver = await work.driver()
    rows = await deadlines.by_rule(driver, work.actor.school_id)
    moving: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
    for row in rows:
        clock = _again(row, calendar)
        if clock is not None:
            moving.setdefault(row["noun"], []).append((row, clock))
    return sum(
        [await _move(work, resource_type, clocks) for resource_type, clocks in moving.items()]
    )


def _again(row: Any, calendar: SchoolCalendar) -> dict[str, Any] | None:
    """The clock with its new due time, or None if that is unchanged."""
    rule = _rule(row)
    if rule is None or (due_at := rule.due(row["started_at"], calendar)) == row["due_at"]:
        return None
    return {
        "old_id": str(row["id"]),
        "id": str(new_id()),
        "thing_id": str(row["thing_id"]),
        "calendar": rule.limit_in(calendar).calendar,
        "calendar_version": calendar.version,
        "due_at": due_at,
    }


def _rule(row: Any) -> Rule | None:
    try:
        return rule_of(row["rule_id"], row["rule_version"])
    except KeyError:
        return None


async def _move(
    work: UnitOfWork, resource_type: str, clocks: Sequence[tuple[Any, dict[str, Any]]]
) -> int:
    moved = await deadlines.move(
        await work.driver(), work.actor.school_id, resource_type, [clock for _, clock in clocks],
        by=work.actor.id, at=work.now,
    )  # fmt: skip
    for row, clock in clocks:
        if row["id"] in moved:
            work.record(
                AuditEvent.DEADLINE_RECOMPUTED, resource_type, row["thing_id"],
                child_id=moved[row["id"]], before={"due_at": written(row["due_at"])},
                after={"due_at": written(clock["due_at"])},
                details={
                    "rule": row["rule_id"], "from": written(row["due_at"]),
                    "to": written(clock["due_at"]),
                    "calendar_version": clock["calendar_version"],
                },
                register=audit_log_of(resource_type),
            )  # fmt: skip
    return len(moved)


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """A version of the school calendar about to be saved."""

    number: int
    nation: str
    content: Mapping[str, Any]


async def nation_changed(work: UnitOfWork) -> None:
    """Save a version with another nation's bank holidays; the school is locked and changed."""
    current = await calendars.current(await work.driver(), work.actor.school_id)
    content = orjson.loads(current["content"])
    version = CalendarVersion(current["number"] + 1, current["nation"], content)
    await keep_calendar(work, version, content, ("nation",))


async def keep_calendar(
    work: UnitOfWork, version: CalendarVersion, before: Mapping[str, Any], fields: Collection[str]
) -> None:
    """Save a version of the school's calendar, and count every open clock by it."""
    content = {**version.content, "nation": version.nation}
    row = SchoolCalendarVersion(
        school_id=work.actor.school_id, id=new_id(), number=version.number, content=content,
        made_by=work.actor.id, made_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    work.know_calendar(version.number, version.nation, orjson.dumps(content).decode())
    moved = await recompute(work)
    work.record(
        AuditEvent.CALENDAR_CHANGED, "calendar", row.id, before=before, after=content,
        details={"number": version.number, "fields": sorted(fields), "recomputed": moved},
    )  # fmt: skip
