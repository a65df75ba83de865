"""The worker: takes jobs, saves those of workers that died, and stops when it is told to."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout

from app.db.unit_of_work import ALERTS
from app.jobs.queue import Queue

log = structlog.get_logger()
Beside = Callable[[asyncio.Event], Awaitable[None]]
"""Something else that a worker does until it is told to stop."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between the steps of a worker. NOTIFY is off (migration 0002), so it polls."""

    poll: float = 1.0
    heartbeat: float = 10.0
    dead_after: float = 30.0
    rescue: float = 5.0
    tick: float = 1.0
    finish_within: float = 20.0
    pause_after_failure: float = 5.0
    at_once: int = 4
    """Jobs of one process that run at the same time; a number, not seconds."""
    kept_for_alerts: int = 1
    """So many more run at the same time, from the queue of alerts alone."""


class Hands(Worker):
    """The library's worker with our own clock in place of its periodic deferrer.

    That one runs a task once for every tick it slept through, forgets ticks of a worker that was
    away for longer than minutes, and lets an older tick follow a newer one.
    """

    def __init__(self, *words: Any, clock: Callable[[], Awaitable[None]], **options: Any) -> None:
        super().__init__(*words, **options)
        self._clock = clock

    async def _periodic_deferrer(self) -> None:
        await self._clock()

    async def work(self) -> None:
        """Take jobs until cancelled, then let running ones end."""
        await self.run()  # type: ignore[no-untyped-call]


async def work_until(
    stop: asyncio.Event, queue: Queue, pace: Pace | None = None, beside: Sequence[Beside] = ()
) -> None:
    """Work until `stop` is set, then let running jobs end.

    A worker whose database is or went away begins again after a pause; what is done beside does
    not wait for it.
    """
    others = [asyncio.ensure_future(other(stop)) for other in beside]
    pace = pace or Pace()
    try:
        while not stop.is_set():
            try:
                await _work_open(stop, queue, pace)
            except (ConnectorException, PoolTimeout) as error:
                log.error("jobs.no_database", exc_info=error)
                await queue.close_async()
                await _pause(stop, pace.pause_after_failure)
    finally:
        stop.set()
        await asyncio.gather(*others, return_exceptions=True)


async def _work_open(stop: asyncio.Event, queue: Queue, pace: Pace) -> None:
    async with queue.open_async():
        rescuing = asyncio.create_task(_rescue(queue, pace))
        try:
            while not stop.is_set():
                await _work_once(stop, queue, pace)
        finally:
            rescuing.cancel()
            await asyncio.gather(rescuing, return_exceptions=True)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def work_until_told(
    queue: Queue, pace: Pace | None = None, beside: Sequence[Beside] = ()
) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("jobs.started")
    try:
        await work_until(stop, queue, pace, beside)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    log.info("jobs.stopped")


async def _work_once(stop: asyncio.Event, queue: Queue, pace: Pace) -> None:
    queue.jobs.lost.clear()
    hands = _hands(queue, pace)
    working = [asyncio.create_task(worker.work()) for worker in hands]
    beating = asyncio.create_task(_keep_beating(queue, hands, pace))
    ending = [asyncio.create_task(event.wait()) for event in (stop, queue.jobs.lost)]
    try:
        await asyncio.wait({*working, *ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*working, *ending):
            # Cancelling is how this library's worker is told to end well.
            task.cancel()
        ended = await asyncio.gather(*working, *ending, return_exceptions=True)
        beating.cancel()
    if not stop.is_set():
        failed = next((error for error in ended if isinstance(error, Exception)), None)
        log.error("jobs.worker_ended", exc_info=failed)
        await _pause(stop, pace.pause_after_failure)


async def _keep_beating(queue: Queue, hands: Sequence[Worker], pace: Pace) -> None:
    """Show signs of life also while the last jobs end: the library stops its own before that."""
    while True:
        await asyncio.sleep(pace.heartbeat)
        for worker in hands:
            if worker.worker_id is not None:
                with contextlib.suppress(ProcrastinateException):
                    await queue.jobs.update_heartbeat(worker.worker_id)


def _hands(queue: Queue, pace: Pace) -> list[Hands]:
    """Those that take from every queue, the alerts first, and those kept for alerts alone."""

    async def tick() -> None:
        await queue.ticks.keep(pace.tick)

    async def wait() -> None:
        await asyncio.Event().wait()

    options = {
        "listen_notify": False,
        "fetch_job_polling_interval": pace.poll,
        "update_heartbeat_interval": pace.heartbeat,
        "stalled_worker_timeout": pace.dead_after,
        "shutdown_graceful_timeout": pace.finish_within,
        "install_signal_handlers": False,
    }
    usual = Hands(queue, concurrency=pace.at_once, clock=tick, **options)
    hands = Hands(
        queue, queues=[ALERTS], name="alerts", concurrency=pace.kept_for_alerts, clock=wait,
        **options,
    )  # fmt: skip
    return [usual, hands]


async def _rescue(queue: Queue, pace: Pace) -> None:
    """Put jobs of workers that died back into the queue, now and from time to time."""
    while True:
        try:
            await rescue_once(queue, pace.dead_after)
        except Exception as error:
            log.warning("jobs.rescue_failed", exc_info=error)
        await asyncio.sleep(pace.rescue)


async def rescue_once(queue: Queue, dead_after: float) -> int:
    """Give the jobs of workers that have not been heard of to others; says how many.

    Safe beside a worker that was only slow, and beside others who do the same: whatever is not
    the newest attempt changes nothing any more.
    """
    saved = 0
    for job in await queue.jobs.get_stalled_jobs(seconds_since_heartbeat=dead_after):
        if await queue.jobs.save_job(job):
            saved += 1
            log.warning("job.saved", task=job.task_name, job=job.id)
    return saved
