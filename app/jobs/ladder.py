"""Lets alerts climb, in every worker and beside its queue, so that no backlog holds them up."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories.duty import ladder as stored
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.duty.alerts.commands import note_acknowledged_in_trust
from app.domain.duty.ladder.commands import BATCH, Pass, ring_due
from app.jobs.runner import Backoff, JobImpossible, Run, Task

log = structlog.get_logger()
ONE_BY_ONE = 500
"""How many clocks of a school are rung alone, where a whole batch could not be."""
LATE = timedelta(seconds=60)
"""What rings later than this is worth a warning."""


@dataclass(slots=True)
class Rung:
    """What one tick did in all schools."""

    escalated: int = 0
    put_off: int = 0
    waited: timedelta = timedelta()
    failed: list[Exception] = field(default_factory=list)

    def add(self, school_id: UUID, done: Pass) -> None:
        """Count a pass, and log what nobody in the school can be told of."""
        self.escalated += done.escalated
        self.put_off += done.put_off
        self.waited = max(self.waited, done.waited)
        for deadline_id in done.nobody:
            log.error("ladder.nobody", school=str(school_id), deadline=str(deadline_id))
        for deadline_id in done.inconsistent:
            log.error("ladder.astray", school=str(school_id), deadline=str(deadline_id))


async def ring_everywhere(database: Database, *, only: UUID | None = None) -> Rung:
    """Ring whatever is due in every school, or in one.

    Any number of workers may do so at once. A school that fails holds up no other, and a clock
    that fails no other of its school.
    """
    async with open_reading(database, Actor.system(NIL)) as reading:
        schools = await stored.schools_with_due(reading.driver, reading.now)
    done = Rung()
    for school_id in schools:
        if only is None or only == school_id:
            await _ring_school(database, school_id, done)
    return done


async def _ring_school(database: Database, school_id: UUID, done: Rung) -> None:
    looked = BATCH
    while looked >= BATCH:
        try:
            async with open_work(database, Actor.system(school_id)) as work:
                result = await ring_due(work)
        except Exception as error:
            log.warning("ladder.batch_failed", school=str(school_id), exc_info=error)
            await _ring_one_by_one(database, school_id, done)
            return
        done.add(school_id, result)
        looked = result.looked


async def _ring_one_by_one(database: Database, school_id: UUID, done: Rung) -> None:
    try:
        async with open_reading(database, Actor.system(school_id)) as reading:
            waiting = await stored.due_ids(reading.driver, school_id, reading.now, ONE_BY_ONE)
    except Exception as error:
        done.failed.append(error)
        return
    for deadline_id in waiting:
        try:
            async with open_work(database, Actor.system(school_id)) as work:
                result = await ring_due(work, only=deadline_id)
        except Exception as error:
            done.failed.append(error)
        else:
            done.add(school_id, result)


async def keep_ringing(stop: asyncio.Event, database: Database, seconds: float) -> None:
    """Ring until told to stop; a failure is logged and the next tick goes on."""
    while not stop.is_set():
        try:
            _tell(await ring_everywhere(database))
        except Exception as error:
            log.error("ladder.not_rung", exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


def _tell(done: Rung) -> None:
    for error in done.failed:
        log.error("ladder.not_rung", exc_info=error)
    if done.escalated or done.put_off:
        waited = round(done.waited.total_seconds(), 1)
        warning = log.warning if done.waited > LATE else log.info
        warning("ladder.rang", rung=done.escalated, put_off=done.put_off, oldest_seconds=waited)


async def acknowledge_for_trust(run: Run) -> None:
    """Carry a trust lead's acknowledgement over to the school's clock."""
    round_ = run.args.get("round")
    if not isinstance(round_, str) or not round_.isdecimal():
        raise JobImpossible("the job has no usable round")
    async with open_work(run.adapters.database, run.actor) as work:
        await note_acknowledged_in_trust(
            work, run.id("deadline_id"), int(round_), run.id("staff_id")
        )


ACKNOWLEDGE = Task("ladder.acknowledge", acknowledge_for_trust, Backoff(attempts=1_000))
LADDER_TASKS: tuple[Task, ...] = (ACKNOWLEDGE,)
