"""`cairn jobs`: the worker that does what has to happen after a commit."""

import asyncio

from app.cli.failures import needed
from app.core import log as logs
from app.core.settings import Settings
from app.db.migrate import check_app_role
from app.jobs.queue import build_queue
from app.jobs.runner import adapters_of
from app.jobs.worker import work_until_told


def jobs() -> None:
    """Mail alerts and links, and clear away at night, until told to stop."""
    settings = Settings()
    logs.configure(settings.log_level)
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")
    check_app_role(url, accept_unsafe=settings.unsafe_database)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    adapters = adapters_of(settings)
    try:
        await work_until_told(build_queue(adapters))
    finally:
        await adapters.database.close()
