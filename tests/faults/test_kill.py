"""`kill -9` of the server at random moments: what was acknowledged is there, once and whole."""

import asyncio
import os
import random
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.core import clock
from app.core.ids import made_by, new_id
from app.core.settings import Settings
from app.core.words import Role
from app.db.embedded import RunningServer, erase, start
from app.db.migrate import migrate
from app.main import build_app, build_runtime
from tests.sampling import WHOLE
from tests.world import Person, World

pytestmark = pytest.mark.machine_time

ROUNDS = 3 if WHOLE else 1
CLIENTS = 6
START_SECONDS = 60
HALF_DONE = """
select c.id from concern c where c.school_id = %s and not (
  exists (select from concern_child k where k.id = c.id)
  and exists (select from account_statement s where s.concern_id = c.id)
  and exists (select from concern_event e where e.concern_id = c.id)
  and exists (select from alert a where a.concern_id = c.id)
  and (select count(*) = 1 from trail t where t.noun_id = c.id and t.verb = 'concern.raised')
  and (select count(*) = 1 from idempotency_key k where k.key = c.id::text and k.status = 201))
"""
WITHOUT_CONCERN = """
select noun_id from trail t where t.school_id = %s and t.verb = 'concern.raised'
  and not exists (select from concern c where c.id = t.noun_id)
union all
select null from idempotency_key k where k.school_id = %s
  and not exists (select from concern c where c.id::text = k.key)
"""


class Served:
    """The real command, in a process of its own, that can be killed and started again."""

    def __init__(self, settings: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **settings}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from app.cli import main; main()", "serve",
            "--port", str(self.port), env=self._environment,
        )  # fmt: skip
        async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
            while True:
                assert self._process.returncode is None, "the server ended by itself"
                try:
                    if (await client.get(f"{self.base_url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    def stop(self) -> None:
        """SIGTERM: what is under way may finish."""
        assert self._process is not None
        self._process.terminate()

    async def ended(self, patience: float) -> int:
        """The exit code, once it has ended by itself."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), patience)

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


@pytest.fixture(scope="module")
def durable() -> Iterator[RunningServer]:
    """A PostgreSQL that keeps what it accepted (fsync on)."""
    directory = Path(tempfile.mkdtemp(prefix="cairn-kill-"))
    try:
        yield start(directory)
    finally:
        erase(directory)


@pytest.fixture(scope="module")
async def served(
    durable: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[World, Served]]:
    """The server, and the same database seen from here."""
    owner, app = World.new_database(durable.admin_url, migrate)
    folder = tmp_path_factory.mktemp("killed")
    chosen = {
        "CAIRN_DATABASE_URL": app,
        "CAIRN_KEYS_DIR": str(folder / "keys"),
        "CAIRN_STORAGE_URL": f"file://{folder / 'attachments'}",
        "CAIRN_MAIL_URL": f"file://{folder / 'mail'}",
        "CAIRN_BASE_URL": "http://cairn.test",
        "CAIRN_LOG_LEVEL": "error",
    }
    settings = Settings(
        database_url=SecretStr(app),
        keys_dir=folder / "keys",
        storage_url=chosen["CAIRN_STORAGE_URL"],
        base_url="http://cairn.test",
        log_level="error",
    )
    runtime = build_runtime(settings)
    server = Served(chosen)
    yield World(build_app(settings, runtime), runtime, owner_url=owner), server
    await server.kill()
    await runtime.database.close()


def a_concern(id_: str, child: str) -> dict[str, Any]:
    return {
        "id": id_,
        "children": [{"child_id": child}],
        "account": [{"kind": "observed", "text": "Seen."}],
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "source": "staff_observation",
        "immediacy": "today",
        "categories": ["not_sure"],
    }


class Writers:
    """Clients that write, each with its own keys, and remember what they were told."""

    def __init__(self, base_url: str, person: Person, child: str) -> None:
        self.base_url = base_url
        self.person = person
        self.headers = {"Authorization": f"Bearer {person.token}"}
        self.child = child
        self.acknowledged: dict[str, bytes] = {}
        self.unknown: dict[str, dict[str, Any]] = {}

    def client(self) -> httpx.AsyncClient:
        """One client with a connection of its own."""
        return httpx.AsyncClient(base_url=self.base_url, headers=self.headers, timeout=30)

    async def write_until_cut(self) -> None:
        """Write until the connection breaks."""
        async with self.client() as client:
            while True:
                sent = new_id()
                id_ = str(made_by(self.person.id, sent))
                body = a_concern(str(sent), self.child)
                self.unknown[id_] = body
                try:
                    await self.send(client, id_, body)
                except httpx.TransportError:
                    return

    async def send(self, client: httpx.AsyncClient, id_: str, body: dict[str, Any]) -> None:
        """Write one, and remember the answer."""
        for _ in range(20):
            answer = await client.post("/v1/concerns", json=body, headers={"Idempotency-Key": id_})
            if answer.status_code not in (409, 503):
                break
            await asyncio.sleep(0.2)
        assert answer.status_code == 201, answer.text
        self.acknowledged[id_] = answer.content
        self.unknown.pop(id_, None)

    async def repeat_unknown(self) -> None:
        """Ask again for everything whose answer never came."""
        async with self.client() as client:
            for id_, body in list(self.unknown.items()):
                await self.send(client, id_, body)

    async def repeat_some_acknowledged(self) -> None:
        """Ask again for some that were answered: the answer is the same, and says so."""
        async with self.client() as client:
            for id_ in random.sample(sorted(self.acknowledged), 1):
                answer = await client.get(f"/v1/concerns/{id_}")
                assert answer.status_code == 200


class TestAServerThatIsKilled:
    async def test_loses_nothing_it_acknowledged_and_does_nothing_by_halves(
        self, served: tuple[World, Served]
    ) -> None:
        world, server = served
        school = await world.a_school([Role.STAFF, Role.DSL])
        writers = Writers(server.base_url, school[Role.STAFF], str(await school.child()))
        lost = 0
        for _ in range(ROUNDS):
            await server.start()
            await writers.repeat_unknown()
            writing = [asyncio.create_task(writers.write_until_cut()) for _ in range(CLIENTS)]
            await asyncio.sleep(random.uniform(0.15, 0.8))
            await server.kill()
            await asyncio.gather(*writing)
            lost += len(writers.unknown)
            kept = {str(row[0]) for row in self.rows(world, school.id)}
            assert set(writers.acknowledged) <= kept
            assert kept <= set(writers.acknowledged) | set(writers.unknown)
            assert world.sql(HALF_DONE, school.id) == []
            assert world.sql(WITHOUT_CONCERN, school.id, school.id) == []
        await server.start()
        await writers.repeat_unknown()
        await writers.repeat_some_acknowledged()
        rows = [str(row[0]) for row in self.rows(world, school.id)]
        assert sorted(rows) == sorted(writers.acknowledged)
        assert lost, "no round cut a request: the test proved nothing"
        references = world.sql(
            "select count(*), count(distinct reference) from concern where school_id = %s",
            school.id,
        )
        assert references[0][0] == references[0][1] == len(rows)

    @staticmethod
    def rows(world: World, school_id: Any) -> list[Any]:
        """Every concern of the school."""
        return world.sql("select id from concern where school_id = %s", school_id)
