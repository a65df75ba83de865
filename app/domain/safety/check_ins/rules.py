"""Pure rules of check-ins: what counts as done, and on which days they fall."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor, Permission
from app.domain import policy
from app.formats.calendars import WEEKDAYS as NAMES
from app.formats.calendars import SchoolCalendar

NOUN: Final = "check_in"
OPEN, DONE, DECLINED, SETTLED, DROPPED = "open", "done", "declined", "settled", "dropped"
SAW_ONLY, ABSENT = "saw_only", "absent"
NOT_NEEDED: Final = "not_needed"
WINDOW, COVER, LEAD = "check_in.window", "check_in.cover", "check_in.lead"
COVER_AHEAD: Final = "check_in.cover_ahead"
"""Limits for the window, for an answer by the person asked, and for alerting a lead."""
AHEAD: Final = timedelta(days=7)
"""How far ahead check-ins are made."""
WEEKDAYS: Final[Mapping[int, tuple[int, ...]]] = {
    1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4),
}  # fmt: skip
"""Weekdays (Monday is 0) for each number of check-ins a week if nobody chose the days."""


def has_begun(opens_at: datetime, now: datetime, calendar: SchoolCalendar) -> bool:
    """Whether the day of a check-in has come: nobody records its result earlier."""
    return calendar.local(opens_at).date() <= calendar.local(now).date()


def counts(how: str, before: str | None) -> bool:
    """Whether this result completes a check-in; "seen" without talk does not twice in a row."""
    return how != ABSENT and not (how == SAW_ONLY and before == SAW_ONLY)


def next_verbs(
    actor: Actor, *, is_open: bool, begun: bool, mine: bool, asked: bool, missed: bool
) -> list[str]:
    """List what someone who sees it may do next; `begun` from its day on."""
    leads = policy.may(actor, Permission.SAFETY_WRITE).allowed
    verbs = ["report_worry"] if mine or leads else []
    if not is_open:
        return verbs
    if (mine or leads) and begun:
        verbs += ["complete_check_in", "record_check_in_declined"]
    if mine or leads:
        verbs.append("ask_for_cover")
    if asked:
        verbs.append("accept_cover")
    if leads:
        verbs.append("assign_check_in")
    if leads and missed:
        verbs.append("settle_check_in")
    return verbs


def days_of(
    cadence: Sequence[Mapping[str, Any]],
    began_on: date,
    first: date,
    last: date,
    calendar: SchoolCalendar,
) -> list[date]:
    """School days, from one to another, on which check-ins fall by a cadence.

    A day without pupils is replaced by another of the same week. The last part of a cadence
    continues: nothing lapses with time.
    """
    monday = first - timedelta(days=first.weekday())
    days: list[date] = []
    while monday <= last:
        days += _of_week(cadence, began_on, monday, calendar)
        monday += timedelta(days=7)
    return [day for day in days if first <= day <= last]


def _of_week(
    cadence: Sequence[Mapping[str, Any]], began_on: date, monday: date, calendar: SchoolCalendar
) -> list[date]:
    week = [monday + timedelta(days=number) for number in range(7)]
    school = [day for day in week if day >= began_on and calendar.is_school_day(day)]
    chosen: list[date] = []
    for day in week:
        part = part_of(cadence, began_on, day, calendar)
        if day < began_on or day.weekday() not in weekdays_of(part):
            continue
        nearest = sorted(school, key=lambda other: (other < day, abs((other - day).days)))
        spare = next((other for other in nearest if other not in chosen), None)
        if spare is not None:
            chosen.append(spare)
    return sorted(chosen)


def weekdays_of(part: Mapping[str, Any]) -> Sequence[int]:
    """The days of a week on which check-ins of a part of a cadence fall."""
    named = [NAMES.index(name) for name in part.get("weekdays") or ()]
    return named or WEEKDAYS[part["per_week"]]


def part_of(
    cadence: Sequence[Mapping[str, Any]], began_on: date, day: date, calendar: SchoolCalendar
) -> Mapping[str, Any]:
    """The part of a cadence on a day; the last one continues without end."""
    number = (day - began_on).days
    for part in cadence:
        if (limit := part.get("school_days")) is not None:
            gone = (began_on + timedelta(days=gap) for gap in range(max(number, 0)))
            if sum(1 for item in gone if calendar.is_school_day(item)) < limit:
                return part
        elif (last := part.get("to_day")) is not None and number <= last:
            return part
    return cadence[-1]


def is_away(absences: Iterable[tuple[UUID, date, date]], person: UUID, day: date) -> bool:
    """Whether someone is away on a day."""
    return any(who == person and first <= day < end for who, first, end in absences)


def span_of(window: Mapping[str, Any]) -> tuple[time, time]:
    """From and to, as local times."""
    return time.fromisoformat(window["from"]), time.fromisoformat(window["to"])
