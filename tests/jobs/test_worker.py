"""A real worker on the real queue, mailing to a real SMTP sink."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

import app
from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, Did, Role
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain.sessions.commands import ask_for_reset
from app.jobs.accounts import SEND_LINK
from app.jobs.alerts import SEND_ALERTS, send_alerts
from app.jobs.housekeeping import CLEAR_LEFTOVERS, EXPIRE_KEYS, FORGET_DONE_JOBS, expire_keys
from app.jobs.queue import TASKS, build_queue
from app.jobs.runner import Adapters, Backoff, JobImpossible, Run, adapters_of
from app.jobs.worker import Pace, work_until
from tests.world import School, World

QUICK = Pace(poll=0.05, heartbeat=0.3, dead_after=1.0, finish_within=5.0, pause_after_failure=0.1)
SOON = Backoff(attempts=20, first=0.05, longest=0.1)
TESTED = (replace(SEND_ALERTS, retry=SOON), replace(SEND_LINK, retry=SOON))
WAITING = 15.0


class Sink:
    """Keeps what is delivered; refuses, puts off or stalls as it is told to."""

    def __init__(self) -> None:
        self.delivered: list[EmailMessage] = []
        self.answers: dict[str, list[str]] = {}
        self.stall_seconds = 0.0

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


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    sink.port = port  # type: ignore[attr-defined]
    yield sink
    controller.stop()


@pytest.fixture
async def adapters(world: World, sink: Sink) -> AsyncIterator[Adapters]:
    settings = world.runtime.settings.model_copy(
        update={
            "mail_url": f"smtp://127.0.0.1:{sink.port}",  # type: ignore[attr-defined]
            "mail_from": "Cairn <cairn@cairn.example>",
            "front_url": "https://front.example",
        }
    )
    made = adapters_of(settings)
    yield made
    await made.database.close()


@asynccontextmanager
async def a_worker(adapters: Adapters) -> AsyncIterator[None]:
    """A worker that runs while the block does and ends well."""
    stop = asyncio.Event()
    task = asyncio.create_task(work_until(stop, build_queue(adapters, TESTED), QUICK))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, WAITING)


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + WAITING
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
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


class TestQueue:
    async def test_forgets_a_job_with_its_transaction(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        job = Job("alert.send", {"concern_id": str(new_id())})
        work = UnitOfWork(world.runtime.database, Actor.system(school.id))
        await work.begin()
        work.enqueue(job)
        await work.save()
        await work.close()
        assert states(world, school, "alert.send") == []
        async with world.work(school.id) as work:
            work.enqueue(job)
        assert states(world, school, "alert.send") == ["todo"]
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])

    async def test_ends_what_can_never_be_done(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        async with world.work(school.id) as work:
            work.enqueue(Job("alert.send", {"concern_id": "not an id"}))
            work.enqueue(Job("account.send_link", {"account_id": str(new_id()), "purpose": "x"}))
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["failed"])
            await eventually(lambda: states(world, school, "account.send_link") == ["failed"])

    def test_knows_every_task_that_commands_ask_for(self) -> None:
        asked: set[str] = set()
        for file in (Path(app.__file__).parent / "domain").rglob("*.py"):
            asked |= set(re.findall(r"\bJob\(\s*\"([a-z_.]+)\"", file.read_text()))
        assert {"alert.send", "account.send_link"} <= asked
        assert asked <= {task.name for task in TASKS}

    async def test_works_on_after_its_database_connections_are_cut(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        async with a_worker(adapters):
            await asyncio.sleep(0.3)
            world.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name in ('cairn queue', 'cairn jobs')"
            )
            async with world.work(school.id) as work:
                work.enqueue(Job("alert.send", {"concern_id": str(new_id())}))
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])


class TestSendAlerts:
    async def test_tells_each_lead_without_saying_what(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        receipt = await raise_one(school)
        async with a_worker(adapters):
            await eventually(lambda: all(sent(world, school)))
        got = [message for message in sink.delivered if message["To"] in leads(school)]
        assert {message["To"] for message in got} == leads(school)
        for message in got:
            whole = message.as_string() + text_of(message)
            assert "https://front.example" in text_of(message)
            for secret in (
                "Persephone", "Quillfeather", "burn", "physical", "K3", "today", school.name,
                receipt["id"], receipt["reference"], school[Role.STAFF].name,
            ):  # fmt: skip
                assert secret not in whole
        verbs = world.sql(
            "select verb, actor_role, request_id from trail where school_id = %s and verb = %s",
            school.id,
            "alert.sent",
        )
        assert len(verbs) == 2
        assert all(role == "system" and name.startswith("job-") for _, role, name in verbs)

    async def test_tells_to_phone_first_in_immediate_danger(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        await raise_one(school, immediacy="immediate_danger")
        async with a_worker(adapters):
            await eventually(lambda: all(sent(world, school)))
        (message,) = sink.to(school[Role.DSL].email)
        assert message["Subject"].startswith("Urgent:")
        assert "phone" in text_of(message).split("sign in")[0].lower()

    async def test_lets_no_refused_address_hold_up_the_others(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        refused, put_off = school[Role.DSL].email, school[Role.DEPUTY_DSL].email
        third = await school.person(Role.DEPUTY_DSL)
        sink.answers[refused] = ["550 No such person"]
        sink.answers[put_off] = ["450 Later", "450 Later", "250 OK"]
        await raise_one(school)
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
        assert len(sink.to(put_off)) == 1
        assert len(sink.to(third.email)) == 1
        assert sink.to(refused) == []
        found = world.sql(
            "select details from trail where school_id = %s and verb = 'alert.refused'", school.id
        )
        assert found == [({"code": 550},)]
        assert sum(at is None for at in sent(world, school)) == 1

    async def test_sends_nothing_twice(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        receipt = await raise_one(school)
        async with world.work(school.id) as work:
            work.enqueue(Job("alert.send", {"concern_id": receipt["id"]}, lock="one"))
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"] * 2)
        ids = [message["Message-ID"] for message in sink.to(school[Role.DSL].email)]
        assert len(set(ids)) == 1

    async def test_skips_who_has_left(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        await raise_one(school)
        world.sql(
            "update membership set valid_to = valid_from where school_id = %s and staff_id = %s",
            school.id,
            school[Role.DEPUTY_DSL].id,
        )
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
        assert sink.to(school[Role.DEPUTY_DSL].email) == []
        assert len(sink.to(school[Role.DSL].email)) == 1

    async def test_needs_its_ids(self, adapters: Adapters) -> None:
        queue = build_queue(adapters, TESTED)
        with pytest.raises(JobImpossible):
            await send_alerts(Run(adapters, queue, {"school_id": str(new_id())}))


SCRIPT = """
import asyncio
from app.core.settings import Settings
from app.jobs.queue import build_queue
from app.jobs.runner import adapters_of
from app.jobs.worker import Pace, work_until_told
pace = Pace(poll=0.05, heartbeat=0.3, dead_after=1.0, finish_within=10.0)
asyncio.run(work_until_told(build_queue(adapters_of(Settings())), pace))
"""


@asynccontextmanager
async def a_process(adapters: Adapters) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """A worker in a process of its own."""
    settings = adapters.settings
    environment = {
        **os.environ,
        "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
        "CAIRN_MAIL_URL": settings.mail_url,
        "CAIRN_MAIL_FROM": settings.mail_from,
        "CAIRN_FRONT_URL": settings.front_url,
        "CAIRN_STORAGE_URL": settings.storage_url,
    }
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220 - it only starts
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


class TestWorker:
    async def test_takes_up_what_a_killed_worker_left(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        sink.stall_seconds = 60
        await raise_one(school)
        async with a_process(adapters) as process:
            await eventually(lambda: [one for one in sink.delivered if one["To"] in leads(school)])
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert states(world, school, "alert.send") == ["doing"]
        assert not any(sent(world, school))
        sink.stall_seconds = 0
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "alert.send") == ["succeeded"])
        assert all(sent(world, school))
        twice = [one["Message-ID"] for one in sink.delivered if one["To"] in leads(school)]
        assert len(twice) == 3
        assert len(set(twice)) == 2

    async def test_ends_its_jobs_before_it_ends(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        sink.stall_seconds = 0.5
        await raise_one(school)
        async with a_process(adapters) as process:
            await eventually(lambda: [one for one in sink.delivered if one["To"] in leads(school)])
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, WAITING) == 0
        assert states(world, school, "alert.send") == ["succeeded"]
        assert all(sent(world, school))


class TestSendLink:
    async def test_mails_a_link_that_works_once(
        self,
        world: World,
        school: School,
        adapters: Adapters,
        sink: Sink,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        teacher = school[Role.STAFF]
        await ask_for_reset(adapters.database, teacher.email.upper())
        async with a_worker(adapters):
            await eventually(lambda: sink.to(teacher.email))
        (message,) = sink.to(teacher.email)
        link = re.search(r"https://front\.example/set-password\?token=(\S+)", text_of(message))
        assert link is not None
        body = {"token": link[1], "new_password": "a long and quiet river"}
        first = await world.anybody.post("/v1/auth/password-reset/confirm", body)
        again = await world.anybody.post("/v1/auth/password-reset/confirm", body)
        assert (first.status_code, again.status_code) == (200, 422)
        said = capfd.readouterr()
        assert link[1] not in said.out + said.err
        rows = world.sql("select args::text from procrastinate_jobs")
        assert not [row for (row,) in rows if link[1] in row or teacher.email in row]

    async def test_gives_no_link_to_somebody_with_a_password(
        self, world: World, school: School, other_school: School, adapters: Adapters, sink: Sink
    ) -> None:
        known = other_school[Role.STAFF]
        await world.set_password(known)
        body = {"name": "Jo", "email": known.email, "roles": ["staff"]}
        await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        async with a_worker(adapters):
            await eventually(lambda: sink.to(known.email))
        (message,) = sink.to(known.email)
        assert "token=" not in text_of(message)

    async def test_gives_up_on_a_refused_address(
        self, world: World, school: School, adapters: Adapters, sink: Sink
    ) -> None:
        address = f"gone.{new_id().hex[-8:]}@example.org"
        sink.answers[address] = ["550 Gone"]
        body = {"name": "Jo", "email": address, "roles": ["staff"]}
        await school.api(Role.SCHOOL_ADMIN).post("/v1/staff", body)
        async with a_worker(adapters):
            await eventually(lambda: states(world, school, "account.send_link") == ["failed"])


class TestHousekeeping:
    async def test_forgets_old_idempotency_keys_only(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        async def claim(age: timedelta) -> None:
            async with open_work(world.runtime.database, Actor.system(school.id)) as work:
                await work.idempotency.claim(str(age), b"x", work.now - age)
                work.record(Did.SCHOOL_CHANGED, "school", school.id)

        await claim(timedelta(hours=1))
        await claim(timedelta(hours=49))
        await expire_keys(Run(adapters, build_queue(adapters, TESTED), {}))
        left = world.sql("select key from idempotency_key where school_id = %s", school.id)
        assert left == [(str(timedelta(hours=1)),)]

    async def test_runs_each_chore(self, adapters: Adapters) -> None:
        queue = build_queue(adapters, TESTED)
        async with queue.open_async():
            for task in (EXPIRE_KEYS, CLEAR_LEFTOVERS, FORGET_DONE_JOBS):
                await task.run(Run(adapters, queue, {"timestamp": 0}))

    def test_plans_the_chores(self, adapters: Adapters) -> None:
        queue = build_queue(adapters)
        planned = {name for name, _ in queue.periodic_registry.periodic_tasks}
        assert planned == {"keys.expire", "storage.clear_leftovers", "jobs.forget_done"}


class TestBackoff:
    def test_doubles_up_to_its_limit(self) -> None:
        backoff = Backoff(attempts=5, first=5, longest=60)
        assert [backoff.seconds_after(n) for n in range(5)] == [5, 10, 20, 40, 60]
        assert Backoff(attempts=5).seconds_after(10_000) == 600
