"""The queue: procrastinate on our PostgreSQL, as the application's own role."""

from collections.abc import Sequence
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from sqlalchemy.engine import make_url

from app.db.unit_of_work import request_id
from app.jobs.accounts import SEND_LINK
from app.jobs.alerts import SEND_ALERTS
from app.jobs.housekeeping import CLEAR_LEFTOVERS, EXPIRE_KEYS, FORGET_DONE_JOBS
from app.jobs.rosters import IMPORT_ROSTER
from app.jobs.runner import Adapters, Run, Task

log = structlog.get_logger()

TASKS: tuple[Task, ...] = (
    SEND_ALERTS,
    SEND_LINK,
    IMPORT_ROSTER,
    EXPIRE_KEYS,
    CLEAR_LEFTOVERS,
    FORGET_DONE_JOBS,
)
CONNECTIONS = 4


def build_queue(adapters: Adapters, tasks: Sequence[Task] = TASKS) -> App:
    """The queue with its tasks; open it before use."""
    url = make_url(adapters.settings.database_url.get_secret_value())
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connector = PsycopgConnector(
        conninfo=conninfo,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=10,
        kwargs={"application_name": "cairn queue"},
    )
    queue = App(connector=connector)
    for task in tasks:
        _register(queue, task, adapters)
    return queue


def _register(queue: App, task: Task, adapters: Adapters) -> None:
    async def run(context: JobContext, /, **args: Any) -> None:
        request_id.set(f"job-{context.job.id}")
        said = log.bind(task=task.name, job=context.job.id, attempt=context.job.attempts + 1)
        try:
            await task.run(Run(adapters, queue, args))
        except Exception as error:
            said.warning("job.attempt_failed", exc_info=error)
            raise
        said.info("job.done")

    registered: Any = queue.task(name=task.name, retry=task.retry, pass_context=True)(run)
    if task.every is not None:
        queue.periodic(cron=task.every)(registered)
