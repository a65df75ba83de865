"""Reads of calendars, their versions and days, and of the book of rules."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.words import Actor, Permission
from app.db.cards import picked
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.duty import calendars
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.deadlines.rules import Rule, rule_book
from app.domain.duty.calendars.rules import YEARS, limit_in_words
from app.domain.errors import FieldProblem, SchoolNotFound, ValidationFailed, require_row
from app.formats.calendars import Limit, SchoolCalendar, read_calendar

MOST_DAYS = 400
"""Maximum days in one answer."""

AROUND: Final = timedelta(days=14)
"""How long past events are still shown."""


async def read_school_calendar(driver: Driver, actor: Actor, school_id: UUID) -> dict[str, Any]:
    """The own school's calendar with its defaults filled in. Raises `SchoolNotFound`."""
    current = await _current(driver, actor, school_id)
    may_change = policy.may(actor, Permission.CALENDAR_CHANGE)
    return {
        **_content(current["number"], current["nation"], orjson.loads(current["content"])),
        "school_id": school_id,
        "changed_by": _person(current),
        "changed_at": current["made_at"],
        "permissions": ["update_calendar"] if may_change else [],
    }


async def list_days(
    reading: Reading, school_id: UUID, first: date, last: date
) -> list[dict[str, Any]]:
    """List what each day is, `first` to `last`. Raises `SchoolNotFound`, `ValidationFailed`."""
    known = YEARS[0] <= first.year and last.year < YEARS[1]
    if not known or not timedelta(0) <= last - first < timedelta(MOST_DAYS):
        problem = FieldProblem(
            "/query/until",
            "span_unsuitable",
            f"There can be 1 to {MOST_DAYS} days from `since` to `until`, in this century.",
        )
        raise ValidationFailed(problems=[problem])
    current = await _current(reading.driver, reading.actor, school_id)
    calendar = read_calendar(current["number"], current["nation"], orjson.loads(current["content"]))
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return [_day(calendar, day) for day in days]


def _day(calendar: SchoolCalendar, day: date) -> dict[str, Any]:
    described = calendar.describe(day)
    return {
        "on": day,
        "kind": described.kind,
        "working_day": calendar.is_working_day(day),
        "bank_holiday": described.bank_holiday,
        "term": described.term,
    }


async def list_versions(reading: Reading, school_id: UUID, asked: PageOf) -> Page[dict[str, Any]]:
    """List every calendar of the reader's school, newest first. Raises `SchoolNotFound`."""
    if school_id != reading.actor.school_id:
        raise SchoolNotFound
    rows = await calendars.versions(reading.driver, school_id, asked)
    return page_of(rows, asked, key="made_at", shape=_version)


def _version(row: Any) -> dict[str, Any]:
    content = orjson.loads(row["content"])
    return {
        **_content(row["number"], content.get("nation", "england"), content),
        "changed_by": _person(row),
        "changed_at": row["made_at"],
    }


def list_rules(rule_id: str | None) -> list[dict[str, Any]]:
    """List every version of every rule, or of one, newest version first."""
    return [
        _rule(rule)
        for name, versions in rule_book().items()
        if rule_id in (None, name)
        for rule in versions
    ]


async def _current(driver: Driver, actor: Actor, school_id: UUID) -> Any:
    if school_id != actor.school_id:
        raise SchoolNotFound
    row = require_row(await calendars.current(driver, school_id), SchoolNotFound)
    return row


def _content(number: int, nation: str, content: Mapping[str, Any]) -> dict[str, Any]:
    calendar = read_calendar(number, nation, content)
    return {
        "version": number,
        "nation": nation,
        "zone": calendar.zone,
        "opens": f"{calendar.opens:%H:%M}",
        "closes": f"{calendar.closes:%H:%M}",
        "quiet_from": f"{calendar.quiet_from:%H:%M}",
        "quiet_until": f"{calendar.quiet_until:%H:%M}",
        "digests": [f"{hour:%H:%M}" for hour in calendar.digests],
        "terms": content.get("terms", []),
        "days": content.get("days", []),
        "categories": calendar.categories,
        "own_categories": calendar.own_categories,
        "limits": {rule_id: _limit(limit) for rule_id, limit in calendar.limits.items()},
        "lead_hours": content.get("lead_hours"),
        "lead_days": content.get("lead_days", []),
        "call": content.get("call", []),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        **picked(
            rule, "id", "version", "valid_from", "title", "since", "ladder", "source",
            "in_force", "nation", "overridable",
        ),
        "limit": _limit(rule.limit), "in_words": limit_in_words(rule.limit),
        "longest": _limit(rule.longest) if rule.longest else None,
    }  # fmt: skip


def _limit(limit: Limit) -> dict[str, Any]:
    return dict(_fields_of(limit))


def _fields_of(limit: Limit) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a limit; absent fields have no value or the default."""
    yield "calendar", limit.calendar
    yield "days", limit.days
    yield "minutes", limit.minutes
    yield "months", limit.months
    yield "until", limit.until
    yield "early", limit.early
    yield "before", limit.before
    if limit.on_working_day:
        yield "on_working_day", True
    if limit.at_most is not None:
        yield "at_most", _limit(limit.at_most)


def _person(row: Any) -> dict[str, Any] | None:
    if row["made_by_name"] is None:
        return None
    return {"id": row["made_by"], "name": row["made_by_name"]}


async def on_around(work: UnitOfWork, moment: datetime) -> list[dict[str, Any]]:
    """Calendar notes for the day of a moment and the days just before, earliest first."""
    calendar = await calendar_of(work)
    first, last = calendar.local(moment - AROUND).date(), calendar.local(moment).date()
    rows = await calendars.between(await work.driver(), work.actor.school_id, first, last)
    return [dict(row) for row in rows]
