"""The queue: procrastinate on our PostgreSQL, as the application's own role."""

from collections.abc import Sequence
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector

from app.core.settings import Settings
from app.db.addresses import EACH_HOST_SECONDS, plain
from app.db.fence import TakenOver, Turn, current_turn
from app.db.unit_of_work import request_id
from app.jobs.access import NOTICE_READING
from app.jobs.accounts import SEND_LINK
from app.jobs.alerts import ALERT_TASKS
from app.jobs.attachments import ATTACHMENT_TASKS
from app.jobs.check_ins import KEEP_CHECK_INS
from app.jobs.child_merges import MERGE_TASKS
from app.jobs.credentials import FORGET_CHALLENGES, TELL
from app.jobs.documents import DOCUMENT_TASKS
from app.jobs.faults import fault_of
from app.jobs.fencing import FencedJobs
from app.jobs.housekeeping import (
    CLEAR_LEFTOVERS,
    EXPIRE_KEYS,
    FORGET_COUNTS,
    FORGET_DONE_JOBS,
    FORGET_PROOFS,
)
from app.jobs.imports import IMPORT_TASKS
from app.jobs.ladder import LADDER_TASKS
from app.jobs.linked_concerns import LINKED_TASKS
from app.jobs.orphans import SETTLE_OWNERS, SETTLE_TRUSTS
from app.jobs.recipients import RECIPIENT_TASKS
from app.jobs.referrals import REFERRAL_TASKS
from app.jobs.resealing import RESEAL
from app.jobs.runner import Adapters, Run, Task
from app.jobs.school_exports import SCHOOL_EXPORT_TASKS
from app.jobs.service_keys import TELL_OF_ENDINGS
from app.jobs.sweeps import SWEEPS
from app.jobs.ticks import Ticks
from app.jobs.transfers import TRANSFER_TASKS
from app.jobs.webhooks import WEBHOOK_TASKS

log = structlog.get_logger()

TASKS: tuple[Task, ...] = (
    *SWEEPS, NOTICE_READING, *ALERT_TASKS, *ATTACHMENT_TASKS, *LADDER_TASKS, *WEBHOOK_TASKS,
    *DOCUMENT_TASKS, *REFERRAL_TASKS, *TRANSFER_TASKS, *RECIPIENT_TASKS, *LINKED_TASKS,
    *MERGE_TASKS, *IMPORT_TASKS, *SCHOOL_EXPORT_TASKS, SEND_LINK, TELL, EXPIRE_KEYS,
    FORGET_CHALLENGES, RESEAL, CLEAR_LEFTOVERS, FORGET_COUNTS, FORGET_DONE_JOBS, SETTLE_OWNERS,
    SETTLE_TRUSTS, KEEP_CHECK_INS, TELL_OF_ENDINGS, FORGET_PROOFS,
)  # fmt: skip
CONNECTIONS = 4


class Queue(App):
    """Procrastinate with our ends of attempts and our clock; open it before use."""

    def __init__(self, adapters: Adapters, tasks: Sequence[Task]) -> None:
        connector = connector_of(adapters.settings)
        super().__init__(connector=connector)
        known = {task.name: task for task in tasks}
        self.jobs = FencedJobs(connector, adapters.database, known)
        self.ticks = Ticks(connector, tasks)
        self.job_manager = self.jobs
        for task in tasks:
            _register(self, task, adapters)


def build_queue(adapters: Adapters, tasks: Sequence[Task] = TASKS) -> Queue:
    """The queue with its tasks."""
    return Queue(adapters, tasks)


def connector_of(settings: Settings) -> PsycopgConnector:
    """The queue's own connections, as the application's role."""
    return PsycopgConnector(
        conninfo=plain(settings.database_url.get_secret_value()),
        min_size=1,
        max_size=CONNECTIONS,
        timeout=10,
        kwargs={"application_name": "cairn queue", "connect_timeout": int(EACH_HOST_SECONDS)},
    )


def _register(queue: Queue, task: Task, adapters: Adapters) -> None:
    async def run(context: JobContext, /, **args: Any) -> None:
        job_id, attempts = context.job.id or 0, context.job.attempts
        request_id.set(f"job-{job_id}")
        current_turn.set(Turn(job_id, attempts))
        bind = log.bind(task=task.name, job=job_id, attempt=attempts + 1)
        try:
            await task.run(Run(adapters, queue, args, job_id))
        except TakenOver:
            bind.warning("job.taken_over")
            return
        except Exception as error:
            queue.jobs.note(job_id, fault_of(error))
            bind.warning("job.attempt_failed", exc_info=error)
            raise
        bind.info("job.done")

    queue.task(name=task.name, retry=task.retry, queue=task.queue, pass_context=True)(run)
