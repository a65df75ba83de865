"""The worker: takes jobs, saves those of workers that died, and stops when it is told to."""

import asyncio
import contextlib
import signal
from dataclasses import dataclass

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException, ProcrastinateException

from app.core import clock

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between the steps of a worker. NOTIFY is off (migration 0002), so it polls."""

    poll: float = 1.0
    heartbeat: float = 10.0
    dead_after: float = 30.0
    finish_within: float = 20.0
    pause_after_failure: float = 5.0
    at_once: int = 4
    """Jobs of one process that run at the same time; a number, not seconds."""


async def work_until(stop: asyncio.Event, queue: App, pace: Pace | None = None) -> None:
    """Work until `stop` is set, then let running jobs end.

    A worker whose database went away is started again after a pause.
    """
    pace = pace or Pace()
    async with queue.open_async():
        rescuing = asyncio.create_task(_rescue(queue, pace))
        try:
            while not stop.is_set():
                await _work_once(stop, queue, pace)
        finally:
            rescuing.cancel()
            await asyncio.gather(rescuing, return_exceptions=True)


async def work_until_told(queue: App, pace: Pace | None = None) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("jobs.started")
    await work_until(stop, queue, pace)
    log.info("jobs.stopped")


async def _work_once(stop: asyncio.Event, queue: App, pace: Pace) -> None:
    working = asyncio.create_task(
        queue.run_worker_async(
            concurrency=pace.at_once,
            listen_notify=False,
            fetch_job_polling_interval=pace.poll,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.dead_after,
            shutdown_graceful_timeout=pace.finish_within,
            install_signal_handlers=False,
        )
    )
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # Cancelling is how this library's worker is told to end well.
        working.cancel()
        stopping.cancel()
        (ended, _) = await asyncio.gather(working, stopping, return_exceptions=True)
    if not stop.is_set():
        failed = ended if isinstance(ended, Exception) else None
        log.error("jobs.worker_ended", exc_info=failed)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pace.pause_after_failure)


async def _rescue(queue: App, pace: Pace) -> None:
    """Put jobs of workers that died back into the queue, now and from time to time."""
    while True:
        try:
            await rescue_once(queue, pace.dead_after)
        except ConnectorException as error:
            log.warning("jobs.rescue_failed", exc_info=error)
        await asyncio.sleep(pace.dead_after)


async def rescue_once(queue: App, dead_after: float) -> int:
    """Put jobs whose worker has not been heard of back into the queue; says how many.

    Safe beside a worker that was only slow: jobs are idempotent.
    """
    saved = 0
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=dead_after):
        with contextlib.suppress(ProcrastinateException):
            await queue.job_manager.retry_job(job, retry_at=clock.now())
            saved += 1
            log.warning("job.saved", task=job.task_name, job=job.id)
    return saved
