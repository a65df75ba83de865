"""Pure rules of support services: how long one stays confirmed after somebody has looked."""

from datetime import date, datetime, time
from typing import Final

from app.domain.clocks.rules import furthest_day
from app.domain.errors import FieldProblem
from app.formats.calendars import SchoolCalendar

NOUN: Final = "support_service"
AUTHORITY_CONTACTS: Final = "authority_contacts"
FURTHEST: Final = "support_service.check_by"
"""The rule that says for how long a check holds."""
TASK: Final = "support_service_check"
MUST_LOOK: Final = frozenset({"channels", "hours"})
"""What nobody changes without having looked it up."""


def is_confirmed(check_by: date | None, today: date) -> bool:
    """Whether somebody has looked, and not too long ago."""
    return check_by is not None and today <= check_by


def latest_check(checked_on: date, calendar: SchoolCalendar) -> date:
    """The last day on which a check of a day still holds."""
    return furthest_day((FURTHEST,), _morning(checked_on, calendar), calendar)


def problems_of(
    checked_on: date, check_by: date, today: date, calendar: SchoolCalendar
) -> list[FieldProblem]:
    """What is wrong with the days of a check."""
    found = []
    if checked_on > today:
        found.append(FieldProblem("/checked_on", "in_future", "Nobody has looked yet."))
    latest = latest_check(checked_on, calendar)
    if check_by > latest:
        detail = f"Look again by {latest.isoformat()} at the latest."
        found.append(FieldProblem("/check_by", "too_far", detail))
    if check_by < checked_on:
        found.append(FieldProblem("/check_by", "too_early", "It lies before the check."))
    return found


def _morning(day: date, calendar: SchoolCalendar) -> datetime:
    return calendar.at(day, time(12))
