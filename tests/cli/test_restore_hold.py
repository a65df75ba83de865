"""A copy that an operator holds sends nothing and does nothing until it is released."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import AuditEvent, Role
from app.db.migrate import migrate
from app.db.unit_of_work import Job
from app.main import build_app, build_runtime
from tests.jobs.working import eventually, raise_one
from tests.receiver import Receiver, a_receiver
from tests.sampling import in_turn
from tests.world import School, World

pytestmark = pytest.mark.machine_time

HOOK = "/hook"
HELD_SECONDS = 8
"""Longer than any pace of a worker: it polls every second, and looks for a release every five."""
LEFT = {
    "jobs": "select status::text, attempts from procrastinate_jobs order by id",
    "ticks": "select count(*) from periodic_tick",
    "deliveries": "select state, attempts from webhook_delivery order by id",
    "attempts": "select count(*) from webhook_attempt",
    "mails": "select id, sent_at from alert order by id",
    "rungs": "select id, rung, round from deadline order by id",
    "trail": "select count(*) from trail",
    "seals": "select count(*) from trail_leaf",
    "workers": "select count(*) from procrastinate_workers",
}
"""What a worker that does anything changes."""


@dataclass
class Copy:
    """A copied database with work that waits, and what a command of it is started with."""

    world: World
    school: School
    environment: dict[str, str]
    mail: Path
    receiver: Receiver

    def cairn(self, *words: str) -> str:
        """Run a command; what it said."""
        done = subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", *words],
            env={**os.environ, **self.environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def worker(self) -> Iterator["subprocess.Popen[bytes]"]:
        """`cairn worker`, as operators start it."""
        command = [sys.executable, "-c", "from app.cli import main; main()", "worker"]
        with subprocess.Popen(command, env={**os.environ, **self.environment}) as process:
            try:
                yield process
            finally:
                process.kill()

    def left(self) -> dict[str, list[Any]]:
        """Everything that a worker would change."""
        return {name: self.world.sql(statement) for name, statement in LEFT.items()}

    def mailed(self) -> list[Path]:
        """Every message that was sent."""
        return list(self.mail.glob("*.eml")) if self.mail.exists() else []

    def rang(self) -> bool:
        """Whether somebody was alerted of what is overdue."""
        return bool(self.world.sql("select 1 from alert where kind = 'overdue'"))


@pytest.fixture
async def copy(admin_url: str, tmp_path: Path) -> AsyncIterator[Copy]:
    """A mail, a webhook and a job wait, and a deadline was missed an hour ago."""
    owner, app = World.new_database(admin_url, migrate)
    settings = Settings(
        database_url=app, keys_dir=tmp_path / "keys",
        checkpoint_file=tmp_path / "checkpoints.txt", storage_url=f"file://{tmp_path / 'files'}",
        mail_url=f"file://{tmp_path / 'mail'}", base_url="http://cairn.test",
        password_cost="test", unsafe_database=True, unsafe_addresses=True, log_level="error",
    )  # fmt: skip
    runtime = build_runtime(settings)
    world = World(build_app(settings, runtime), runtime, owner_url=owner)
    environment = {
        "CAIRN_DATABASE_URL": app, "CAIRN_MIGRATION_DATABASE_URL": owner,
        "CAIRN_KEYS_DIR": str(settings.keys_dir),
        "CAIRN_CHECKPOINT_FILE": str(settings.checkpoint_file),
        "CAIRN_STORAGE_URL": settings.storage_url, "CAIRN_MAIL_URL": settings.mail_url,
        "CAIRN_UNSAFE_DATABASE": "true", "CAIRN_UNSAFE_ADDRESSES": "true",
        "CAIRN_WEBHOOK_ALLOWED_NETWORKS": '["127.0.0.0/8", "::1/128"]',
        "CAIRN_WEBHOOK_SECONDS": "0.1", "CAIRN_SEAL_SECONDS": "0.5",
        "CAIRN_LADDER_SECONDS": "0.5", "CAIRN_LOG_LEVEL": "error",
    }  # fmt: skip
    school = await world.a_school()
    with a_receiver() as receiver:
        made = await school.api(Role.SCHOOL_ADMIN).post(
            "/v1/webhooks", {"url": f"http://receiver.example:{receiver.port}{HOOK}"}
        )
        assert made.status_code == 201, made.text
        world.sql("update webhook set url = %s", f"http://localhost:{receiver.port}{HOOK}")
        await raise_one(school, immediacy="immediate_danger")
        world.sql(
            "update deadline set due_at = now() - interval '1 hour', "
            "next_at = now() - interval '1 hour' where next_at is not null"
        )
        yield Copy(world, school, environment, tmp_path / "mail", receiver)
    await runtime.drain()
    await runtime.database.close()


class TestAHeldCopy:
    @in_turn(3)
    async def test_sends_nothing_until_it_is_released(self, copy: Copy) -> None:
        before = copy.left()
        assert ("todo", 0) in before["jobs"]
        assert [sent for _, sent in before["mails"]].count(None) > 0
        sessions = "select count(*) from auth_session where revoked_at is null"
        assert copy.world.sql(sessions) != [(0,)]
        assert copy.cairn("restore", "hold", "--reason", "A snapshot of 3 May.").startswith("held:")
        assert copy.world.sql(sessions) == [(0,)]
        with copy.worker() as process:
            await asyncio.sleep(HELD_SECONDS)
            assert process.poll() is None
            assert copy.left() == before
            assert (copy.mailed(), copy.receiver.got(HOOK)) == ([], [])
            copy.cairn("restore", "release", "--reason", "The old server is gone.")
            await eventually(copy.mailed, "no mail went out")
            await eventually(lambda: copy.receiver.got(HOOK), "no webhook went out")
            await eventually(copy.rang, "nobody was alerted of what is overdue")

    @pytest.mark.long
    async def test_stops_a_worker_that_runs_already(self, copy: Copy) -> None:
        with copy.worker() as process:
            await eventually(lambda: copy.receiver.got(HOOK), "no webhook went out")
            copy.cairn("restore", "hold", "--reason", "Held too late.")
            await asyncio.sleep(HELD_SECONDS)
            sent = (len(copy.mailed()), len(copy.receiver.got(HOOK)))
            async with copy.world.work(copy.school.id) as work:
                work.record(AuditEvent.STAFF_CHANGED, "staff", copy.school[Role.STAFF].id)
                work.enqueue(Job("alert.send", {"concern_id": str(new_id())}))
            before = copy.left()
            await asyncio.sleep(HELD_SECONDS)
            assert copy.left() == before
            assert (len(copy.mailed()), len(copy.receiver.got(HOOK))) == sent
            copy.cairn("restore", "release", "--reason", "It was the right server.")
            await eventually(lambda: len(copy.receiver.got(HOOK)) > sent[1], "it did not go on")
            process.terminate()
            process.wait(30)
