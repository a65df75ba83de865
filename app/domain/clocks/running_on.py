"""Clocks that were stopped by mistake run on as they were counted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.db.models import Deadline
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import deadline_of, start_clock
from app.domain.clocks.rules import SET_BY_PERSON, rule_on


async def run_on(work: UnitOfWork, rows: Sequence[Any]) -> None:
    """Each record is due again by the clock that it had last, counted since the same moment.

    What a person chose is due when they chose. What fell due meanwhile is overdue.
    """
    if not rows:
        return
    found = await work.session.execute(
        select(Deadline.thing_id, Deadline.rule_id, Deadline.started_at)
        .where(
            Deadline.school_id == work.actor.school_id,
            Deadline.thing_id.in_([row.id for row in rows]),
        )
        .order_by(Deadline.made_at, Deadline.id)
    )
    clocks = {thing_id: (rule_id, started_at) for thing_id, rule_id, started_at in found}
    for row in rows:
        rule_id, started = clocks[row.id]
        if rule_id == SET_BY_PERSON:
            rule = rule_on(rule_id, work.today)
            work.keep_time(deadline_of(row, rule, None, started))
        else:
            await start_clock(work, row, rule_id, since=started)
