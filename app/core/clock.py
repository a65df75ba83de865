"""Tells the time, in UTC, and the day at school; tests stop or move it for the whole process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SCHOOL_ZONE: Final = ZoneInfo("Europe/London")
"""Where days begin that have no time: of roles, cover, absences. Statements write its name out."""

_frozen_at: datetime | None = None
_shift = timedelta()


def now() -> datetime:
    """The present moment as an aware UTC datetime."""
    if _frozen_at is not None:
        return _frozen_at + _shift
    return datetime.now(UTC) + _shift


def day_of(moment: datetime) -> date:
    """The day at school at an aware moment: in summer it begins an hour before that of UTC."""
    return moment.astimezone(SCHOOL_ZONE).date()


def moved_by() -> timedelta:
    """How far `now()` is from the machine's own time: nothing, except in tests."""
    if _frozen_at is not None:
        return now() - datetime.now(UTC)
    return _shift


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock at an aware moment; a surrounding `shifted` no longer counts inside."""
    if at.tzinfo is None:
        raise ValueError("the clock can only be frozen at a moment with a time zone")
    with _set(at.astimezone(UTC), timedelta()):
        yield


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Move the clock, running or frozen, by some time."""
    with _set(_frozen_at, _shift + by):
        yield


@contextmanager
def _set(frozen_at: datetime | None, shift: timedelta) -> Iterator[None]:
    global _frozen_at, _shift
    before = (_frozen_at, _shift)
    _frozen_at, _shift = frozen_at, shift
    try:
        yield
    finally:
        _frozen_at, _shift = before
