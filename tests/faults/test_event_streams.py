"""Streams under fire: clients that vanish, a database that restarts, a server that is killed."""

import asyncio
import random
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from app.core.ids import new_id
from app.core.settings import Settings
from app.core.words import Role
from app.db.embedded import RunningServer, erase, start
from app.db.migrate import migrate
from app.main import build_app, build_runtime
from tests.faults.serving import listening
from tests.faults.test_kill import Served, a_concern
from tests.sampling import WHOLE, in_turn
from tests.streaming import Streams, streaming, until
from tests.world import School, World

pytestmark = pytest.mark.machine_time

ROUNDS = 3 if WHOLE else 1
CLIENTS = 3
RAISED = "select id from trail where school_id = %s and verb = 'concern.raised' order by xid, seq"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A PostgreSQL of this module's own, which may be stopped."""
    directory = Path(tempfile.mkdtemp(prefix="cairn-streams-"))
    try:
        yield start(directory)
    finally:
        erase(directory)


@pytest.fixture(scope="module")
def chosen(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Settings, dict[str, str]]:
    """The owner's URL of a database, and settings of servers before it."""
    owner, app = World.new_database(server.admin_url, migrate)
    folder = tmp_path_factory.mktemp("streams")
    environment = {
        "CAIRN_DATABASE_URL": app,
        "CAIRN_KEYS_DIR": str(folder / "keys"),
        "CAIRN_STORAGE_URL": f"file://{folder / 'attachments'}",
        "CAIRN_MAIL_URL": f"file://{folder / 'mail'}",
        "CAIRN_BASE_URL": "http://cairn.test",
        "CAIRN_LOG_LEVEL": "error",
        "CAIRN_EVENTS_POLL_MS": "100",
    }
    settings = Settings(
        database_url=SecretStr(app),
        keys_dir=folder / "keys",
        storage_url=environment["CAIRN_STORAGE_URL"],
        base_url="http://cairn.test",
        log_level="error",
    )
    return owner, settings, environment


@asynccontextmanager
async def world_on(owner: str, settings: Settings) -> AsyncIterator[World]:
    """The database of this module, seen from here."""
    runtime = build_runtime(settings)
    try:
        yield World(build_app(settings, runtime), runtime, owner_url=owner)
    finally:
        await runtime.drain()
        await runtime.database.close()


async def raise_one(world: World, school: School, child: Any) -> str:
    """The id of a new concern."""
    answer = await world.as_token(school[Role.STAFF].token).post(
        "/v1/concerns", a_concern(str(new_id()), str(child))
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


class TestAClientThatVanishes:
    async def test_is_forgotten_with_everything_that_waited_for_it(
        self, world: World, app_settings: Settings, school: School
    ) -> None:
        async with (
            streaming(world, app_settings) as streams,
            listening(streams.application, app_settings) as served,
        ):
            for _ in range(3):
                wire = await served.open(receive_buffer=4_096)
                token = school[Role.DSL].token
                await wire.send(
                    f"GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}"
                    "\r\n\r\n".encode()
                )
                assert b"event: ready" in await self.head(wire, b"event: ready")
                assert streams.hub.open == 1
                child = await school.child()
                raising = asyncio.gather(*(raise_one(world, school, child) for _ in range(5)))
                await asyncio.sleep(random.uniform(0.0, 0.2))
                wire.close()
                await raising
                await self.gone(streams)

    @staticmethod
    async def head(wire: Any, mark: bytes) -> bytes:
        """Everything up to a mark."""
        found = b""
        while mark not in found:
            part = await wire.some()
            assert part, found
            found += part
        return found

    @staticmethod
    async def gone(streams: Streams) -> None:
        """No stream is open, and nothing of one is kept."""
        await until(lambda: not streams.hub.open)
        assert (streams.hub._rooms, streams.hub._counts) == ({}, {})


class TestADatabaseThatRestarts:
    async def test_leaves_the_streams_open_and_loses_and_repeats_nothing(
        self, server: RunningServer, chosen: tuple[str, Settings, dict[str, str]]
    ) -> None:
        owner, settings, _ = chosen
        async with world_on(owner, settings) as world, streaming(world, settings) as streams:
            school = await world.a_school([Role.STAFF, Role.DSL])
            child = await school.child()
            async with streams.ready(school[Role.DSL].token, "concern.raised") as stream:
                made = [await raise_one(world, school, child)]
                for _ in range(2 if WHOLE else 1):
                    await asyncio.sleep(random.uniform(0.0, 0.1))
                    await asyncio.to_thread(server.stop)
                    await asyncio.sleep(0.3)
                    await asyncio.to_thread(start, server.directory)
                    await self.back(world)
                    assert (
                        await world.as_token(school[Role.DSL].token).get("/v1/alerts")
                    ).is_success
                    made.append(await raise_one(world, school, child))
                told = await stream.events(len(made))
                assert await stream.nothing()
            assert [event.data["about"]["id"] for event in told] == made
            assert len({event.data["id"] for event in told}) == len(made)

    @staticmethod
    async def back(world: World) -> None:
        """The database answers again."""
        async with asyncio.timeout(30):
            while True:
                with suppress(Exception):
                    await world.runtime.database.ping()
                    return
                await asyncio.sleep(0.1)


class Reader:
    """A client of the stream that comes again with the last id, and knows each event once."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.token = token
        self.last: str | None = None
        self.seen: dict[str, dict[str, Any]] = {}
        self.times = 0
        self.breaks = 0

    async def read(self) -> None:
        """Read until cancelled."""
        async with httpx.AsyncClient(base_url=self.base_url, timeout=60) as client:
            while True:
                with suppress(httpx.TransportError):
                    await self._once(client)
                self.breaks += 1
                await asyncio.sleep(0.05)

    async def _once(self, client: httpx.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.last is not None:
            headers["Last-Event-ID"] = self.last
        query = {"kind": "concern.raised"}
        async with client.stream("GET", "/v1/events", headers=headers, params=query) as answer:
            if answer.status_code != 200:
                return
            id_ = None
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    id_ = value
                elif name == "data":
                    self._keep(orjson.loads(value))
                    self.last = id_

    def _keep(self, data: dict[str, Any]) -> None:
        if "about" in data:
            self.times += 1
            assert self.seen.setdefault(data["id"], data) == data


class TestAServerThatIsKilled:
    @pytest.mark.long
    async def test_tells_every_event_once_by_its_id_to_clients_that_come_again(
        self, chosen: tuple[str, Settings, dict[str, str]]
    ) -> None:
        owner, settings, environment = chosen
        async with world_on(owner, settings) as world:
            school = await world.a_school([Role.STAFF, Role.DSL])
            child = await school.child()
            served = Served(environment)
            readers = [Reader(served.base_url, school[Role.DSL].token) for _ in range(CLIENTS)]
            await served.start()
            reading = [asyncio.create_task(reader.read()) for reader in readers]
            try:
                await self.begun(readers)
                for _ in range(ROUNDS):
                    for _ in range(4):
                        await raise_one(world, school, child)
                        await asyncio.sleep(random.uniform(0.0, 0.1))
                    await served.kill()
                    await raise_one(world, school, child)
                    await served.start()
                await self.told(world, school, readers)
            finally:
                for task in reading:
                    task.cancel()
                await asyncio.gather(*reading, return_exceptions=True)
                await served.kill()
            assert all(reader.breaks >= ROUNDS for reader in readers)

    @staticmethod
    async def begun(readers: list[Reader]) -> None:
        """Every reader has its first place."""
        await until(lambda: all(reader.last for reader in readers), 20)

    @staticmethod
    async def told(world: World, school: School, readers: list[Reader]) -> None:
        """Each reader knows every event of the trail, and no other."""
        kept = [str(row[0]) for row in world.sql(RAISED, school.id)]
        with suppress(AssertionError):
            await until(lambda: all(len(one.seen) >= len(kept) for one in readers), 20)
        for reader in readers:
            assert list(reader.seen) == kept


class TestAServerThatStops:
    @in_turn(4)
    async def test_says_goodbye_to_its_streams_and_ends_soon(
        self, chosen: tuple[str, Settings, dict[str, str]]
    ) -> None:
        owner, settings, environment = chosen
        async with world_on(owner, settings) as world:
            school = await world.a_school([Role.STAFF, Role.DSL])
            served = Served(environment)
            await served.start()
            headers = {"Authorization": f"Bearer {school[Role.DSL].token}"}
            text = ""
            async with (
                httpx.AsyncClient(base_url=served.base_url, timeout=20) as client,
                client.stream("GET", "/v1/events", headers=headers) as answer,
            ):
                async for part in answer.aiter_text():
                    if not text:
                        began = asyncio.get_running_loop().time()
                        served.stop()
                    text += part
            assert '"reason_code":"server_stopping"' in text
            assert await served.ended(10) in (
                0,
                -signal.SIGTERM,
            )  # it ends by the signal it was sent
            assert asyncio.get_running_loop().time() - began < 10
