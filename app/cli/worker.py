"""`cairn worker`: the process that does what has to happen after a commit."""

import asyncio
from functools import partial

import structlog

from app.cli.failures import needed
from app.core import log as logs
from app.core.settings import Settings
from app.db.app_role import check_app_role
from app.db.sandbox import check_mark
from app.jobs.held import stop_when_held, wait_for_release
from app.jobs.ladder import keep_ringing
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, adapters_of
from app.jobs.sandbox import keep_following
from app.jobs.sealing import keep_sealing, sealing_of
from app.jobs.webhooks import delivering_of, keep_delivering
from app.jobs.worker import Beside, work_until_told

log = structlog.get_logger()


def worker() -> None:
    """Do what is asked for after commits until told to stop: mail, climb, send, seal, clear away.

    As many as you like may run beside one another, on as many machines.
    """
    settings = Settings()
    logs.configure(settings.log_level)
    if settings.unsafe:
        log.critical("settings.unsafe", settings=settings.unsafe)
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    check_app_role(url, settings.durability, accept_unsafe=settings.unsafe_database)
    check_mark(url, on=settings.sandbox)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    adapters = adapters_of(settings)
    try:
        held = asyncio.Event()
        held.set()
        while held.is_set():
            await wait_for_release(adapters.database)
            held.clear()
            await _work_until_held(settings, adapters, held)
    finally:
        await adapters.database.close()


async def _work_until_held(settings: Settings, adapters: Adapters, held: asyncio.Event) -> None:
    """Work until told to stop, or until an operator holds the database, which sets `held`."""
    sealing = sealing_of(settings, adapters.database)
    seal = partial(keep_sealing, sealing=sealing, seconds=settings.seal_seconds)
    ring = partial(keep_ringing, database=adapters.database, seconds=settings.ladder_seconds)
    send = partial(
        keep_delivering,
        delivering=delivering_of(settings, adapters.database),
        seconds=settings.webhook_seconds,
    )
    watch = partial(stop_when_held, database=adapters.database, held=held)
    beside: list[Beside] = [seal, ring, send, watch]
    if settings.sandbox:
        beside.append(partial(keep_following, database=adapters.database))
    await work_until_told(build_queue(adapters), beside=beside)
