"""What was on at school around a moment: it stands beside what was told, and moves none of it."""

from datetime import datetime, timedelta
from typing import Any, Final

from app.db.repositories.duty import calendar_notes
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of

AROUND: Final = timedelta(days=14)
"""How long before it something that was on is still shown."""


async def on_around(work: UnitOfWork, moment: datetime) -> list[dict[str, Any]]:
    """Notes of the calendar for the day of a moment and the days before it, earliest first."""
    calendar = await calendar_of(work)
    first, last = calendar.local(moment - AROUND).date(), calendar.local(moment).date()
    rows = await calendar_notes.between(await work.driver(), work.actor.school_id, first, last)
    return [dict(row) for row in rows]
