"""Runs periodic tasks: every worker looks at the clock, one of them takes each tick."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson
import structlog
from croniter import croniter
from procrastinate.connector import BaseConnector

from app.core import clock
from app.db.repositories.exchange.jobs import LAST_TICK, TAKE_TICK
from app.db.unit_of_work import ALERTS, ALERTS_PRIORITY
from app.jobs.runner import Task

log = structlog.get_logger()

COUNTED = 10_000


def tick_before(every: str, moment: datetime) -> datetime:
    """The last tick of a cron line (in UTC) at or before a moment."""
    start = moment.replace(microsecond=0).timestamp() + 1
    return datetime.fromtimestamp(croniter(every, start).get_prev(ret_type=float), UTC)


def tick_after(every: str, moment: datetime) -> datetime:
    """The next tick of a cron line after a moment."""
    return datetime.fromtimestamp(croniter(every, moment.timestamp()).get_next(float), UTC)


def ticks_between(every: str, last: datetime, newest: datetime) -> int:
    """How many ticks lie between two ticks, neither counted."""
    line, result = croniter(every, last.timestamp()), 0
    while result < COUNTED and line.get_next(float) < newest.timestamp():
        result += 1
    return result


class Ticks:
    """The periodic tasks of one worker."""

    def __init__(self, connector: BaseConnector, tasks: Sequence[Task]) -> None:
        self._connector = connector
        self._tasks = {task.name: task for task in tasks if task.every}
        self._next: Mapping[str, datetime] = {}

    async def keep(self, seconds: float) -> None:
        """Take ticks as they come until cancelled. Where several were missed, one run makes good.

        A database that is away costs time, not ticks.
        """
        while True:
            for task in self._due(clock.now()):
                try:
                    await self._take(task, clock.now())
                except Exception as error:
                    log.warning("tick.not_taken", task=task.name, exc_info=error)
            await asyncio.sleep(seconds)

    def _due(self, now: datetime) -> list[Task]:
        return [task for name, task in self._tasks.items() if self._next.get(name, now) <= now]

    async def _take(self, task: Task, now: datetime) -> None:
        every = str(task.every)
        tick = tick_before(every, now)
        result = await self._connector.execute_query_all_async(LAST_TICK, task=task.name)
        last = result[0]["tick_at"] if result else None
        if last is None or last < tick:
            missed = ticks_between(every, last, tick) if last else 0
            row = await self._connector.execute_query_one_async(
                TAKE_TICK, task=task.name, tick=tick, missed=missed, queue=task.queue,
                priority=ALERTS_PRIORITY if task.queue == ALERTS else 0,
                args=orjson.dumps({"timestamp": int(tick.timestamp())}).decode(),
            )  # fmt: skip
            if row["taken"]:
                log.info("tick.taken", task=task.name, tick=tick.isoformat(), missed=missed)
        self._next = {**self._next, task.name: tick_after(every, now)}
