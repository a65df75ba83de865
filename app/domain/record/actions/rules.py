"""Rules for reminding the owner of an action."""

from datetime import datetime, timedelta

from app.domain.errors import FieldProblem, ValidationFailed
from app.formats.calendars import SchoolCalendar

FURTHEST = "due.action"
"""The rule for how far away its due time may be."""
REVIEW = "action.review"
"""The rule for its due time if none was given."""
LONGEST = timedelta(days=7)
"""Earliest reminder before the due time: a reminder before the holidays helps nobody."""


def reminder_at(due_at: datetime, calendar: SchoolCalendar) -> datetime:
    """Opening time on the last school day before the due day, in UTC.

    If that is more than a week before, the last working day; if there is none, the day before.
    """
    day = calendar.local(due_at).date()
    before = [day - timedelta(days=number) for number in range(1, LONGEST.days + 1)]
    school = next((item for item in before if calendar.is_school_day(item)), None)
    working = next((item for item in before if calendar.is_working_day(item)), before[0])
    return calendar.at(school or working, calendar.opens)


def check_reminder(remind_at: datetime | None, due_at: datetime, now: datetime) -> None:
    """Raise `ValidationFailed` unless a chosen reminder is before the due time."""
    if remind_at is not None and not now < remind_at < due_at:
        problem = FieldProblem("/remind_at", "outside", "It must be between now and the due time.")
        raise ValidationFailed(problems=[problem])
