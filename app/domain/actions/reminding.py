"""Reminding owners of actions that will be due, and whoever stands in for them."""

from datetime import timedelta

from app.db.repositories import action_reminders as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.actions.rules import LONGEST, reminder_at
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of

DUE_SOON = "action_due_soon"


async def remind(work: UnitOfWork) -> int:
    """Tell each owner once for each due time; answers how many actions.

    Once it is due the ladder takes over. An action whose reminder would have come before it was
    set has none: its owner has just been told.
    """
    calendar = await calendar_of(work)
    rows = await stored.to_remind(
        await work.driver(), work.actor.school_id, work.now,
        work.now + LONGEST + timedelta(days=1), work.today,
    )  # fmt: skip
    reminded = 0
    for row in rows:
        when = row["remind_at"] or reminder_at(row["due_at"], calendar)
        if when > work.now or (row["remind_at"] is None and when <= row["made_at"]):
            continue
        reminded += 1
        for person in dict.fromkeys([row["owner_id"], *row["stand_ins"]]):
            tell(
                work, person, DUE_SOON, concern_id=row["concern_id"], action_id=row["id"],
                about=("action", row["id"]),
            )  # fmt: skip
    return reminded
