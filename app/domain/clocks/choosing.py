"""Due times that people choose: to come, and never so far away that nobody looks again."""

from datetime import datetime

from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.errors import DueTimePassed, DueTooFar
from app.domain.clocks.keeping import Clocked, calendar_of, set_clock
from app.domain.clocks.rules import furthest_day


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
