"""Workers for tests: in this loop or in processes of their own, and a mail server to look into."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from app.core import clock
from app.core.words import Role
from app.jobs.accounts import SEND_LINK
from app.jobs.alerts import ALERT_TASKS
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Backoff, Task
from app.jobs.worker import Pace, work_until
from tests.world import School, World

QUICK = Pace(
    poll=0.05, heartbeat=0.3, dead_after=1.0, rescue=0.2, tick=0.1, finish_within=5.0,
    pause_after_failure=0.1,
)  # fmt: skip
SOON = Backoff(attempts=20, first=0.05, longest=0.1)
TESTED = tuple(replace(task, retry=SOON) for task in (*ALERT_TASKS, SEND_LINK))
WAITING = 60.0


class Sink:
    """Keeps what is delivered; refuses, puts off or stalls as it is told to."""

    def __init__(self) -> None:
        self.delivered: list[EmailMessage] = []
        self.answers: dict[str, list[str]] = {}
        self.stall_seconds = 0.0
        self.port = 0

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answers = self.answers.get(address, [])
        answer = answers[0] if answers else "250 OK"
        if len(answers) > 1:
            answers.pop(0)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.delivered.append(message)
        await asyncio.sleep(self.stall_seconds)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What one address got."""
        return [message for message in self.delivered if message["To"] == address]


def text_of(message: EmailMessage) -> str:
    """The words of a message."""
    return str(message.get_content())


@asynccontextmanager
async def a_worker(
    adapters: Adapters, tasks: Sequence[Task] = TESTED, pace: Pace = QUICK
) -> AsyncIterator[None]:
    """A worker that runs while the block does and ends well."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, build_queue(adapters, tasks), pace))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, WAITING)


async def eventually(condition: Callable[[], object], what: str = "it never became so") -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + WAITING
    while not condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


def states(world: World, school: School, task: str) -> list[str]:
    """How far a school's jobs of a kind have come."""
    rows = world.sql(
        "select status::text from procrastinate_jobs "
        "where task_name = %s and args->>'school_id' = %s order by id",
        task,
        str(school.id),
    )
    return [status for (status,) in rows]


def sent(world: World, school: School) -> list[Any]:
    """When each alert of a school was mailed."""
    return [at for (at,) in world.sql("select sent_at from alert where school_id = %s", school.id)]


async def raise_one(school: School, **fields: Any) -> dict[str, Any]:
    """A concern raised by the teacher through the API."""
    child = await school.child("Persephone", "Quillfeather")
    body = {
        "children": [{"child_id": str(child)}],
        "account": [{"kind": "observed", "text": "A burn shaped like an iron."}],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "occurred_precision": "about",
        "source": "child_disclosure",
        "immediacy": "today",
        "categories": ["physical_abuse"],
    } | fields
    answer = await school.staff.post("/v1/concerns", body)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def leads(school: School) -> set[str]:
    """Who is alerted."""
    return {school[Role.DSL].email, school[Role.DEPUTY_DSL].email}


BEGIN = "from tests.jobs.trial import main; main()"


@asynccontextmanager
async def a_process(adapters: Adapters) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """A worker in a process of its own, which knows the tasks of a trial as well."""
    settings = adapters.settings
    environment = {
        **os.environ,
        "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
        "CAIRN_MAIL_URL": settings.mail_url,
        "CAIRN_MAIL_FROM": settings.mail_from,
        "CAIRN_FRONT_URL": settings.front_url,
        "CAIRN_STORAGE_URL": settings.storage_url,
    }
    command = [sys.executable, "-c", BEGIN]
    with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220 - it only starts
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
