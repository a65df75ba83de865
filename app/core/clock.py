"""Tells the time, in UTC, and the day at school; only tests stop or move it, and sandboxes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SCHOOL_ZONE: Final = ZoneInfo("Europe/London")
"""Where days begin that have no time: of roles, cover, absences. Statements write its name out."""

_frozen_at: datetime | None = None
_shift = timedelta()
_ahead = timedelta()
_lived_at: ContextVar[datetime | None] = ContextVar("lived_at", default=None)


def now() -> datetime:
    """The present moment as an aware UTC datetime."""
    if (lived := _lived_at.get()) is not None:
        return lived
    if _frozen_at is not None:
        return _frozen_at + _shift + _ahead
    return datetime.now(UTC) + _shift + _ahead


def day_of(moment: datetime) -> date:
    """The day at school at an aware moment: in summer it begins an hour before that of UTC."""
    return moment.astimezone(SCHOOL_ZONE).date()


def moved_by() -> timedelta:
    """How far `now()` is from the machine's own time: nothing, except in tests and sandboxes."""
    if _frozen_at is not None:
        return now() - datetime.now(UTC)
    return _shift + _ahead


def in_queue(moment: datetime) -> datetime:
    """When the queue, which goes by the database's clock, has to take a job at a moment of ours."""
    return moment - _ahead


def ahead() -> timedelta:
    """How far a sandbox has moved on: nothing elsewhere."""
    return _ahead


def go_ahead(by: timedelta) -> None:
    """Be so far before the machine's time from now on; never less than before."""
    global _ahead  # noqa: PLW0603 - a process has one clock
    _ahead = max(_ahead, by)


@contextmanager
def lived_at(moment: datetime) -> Iterator[None]:
    """Stop the clock at an aware moment for the present task alone, and those it starts."""
    token = _lived_at.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _lived_at.reset(token)


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
    global _ahead, _frozen_at, _shift
    before = (_frozen_at, _shift, _ahead)
    _frozen_at, _shift = frozen_at, shift
    try:
        yield
    finally:
        _frozen_at, _shift, _ahead = before
