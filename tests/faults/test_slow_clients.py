"""Clients that send or read as slowly as they can, and those that only hold a connection open."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from uvicorn.server import ServerState

from app.core.settings import Settings
from app.core.words import Role
from tests.api.record.test_attachments import attach
from tests.api.record.test_concerns import raise_one
from tests.faults.serving import Listening, Wire, listening
from tests.faults.test_kill import Served
from tests.sampling import in_turn
from tests.world import School, World

pytestmark = pytest.mark.machine_time

HEAD = b"GET /healthz HTTP/1.1\r\nHost: cairn.test\r\n"
BOUNDS = {
    "head_seconds": 1.0,
    "body_seconds": 1.0,
    "body_bytes_per_second": 1_000,
    "answer_seconds": 1.0,
    "idle_seconds": 1,
}


@pytest.fixture
async def server(world: World, app_settings: Settings) -> AsyncIterator[Listening]:
    """The application at a socket, with bounds that a test can wait for."""
    settings = app_settings.model_copy(update=BOUNDS)
    async with listening(world.application, settings) as found:
        yield found


def a_post(school: School, size: int) -> bytes:
    head = [
        "POST /v1/me/password HTTP/1.1", "Host: cairn.test", "Content-Type: application/json",
        f"Authorization: Bearer {school[Role.STAFF].token}", f"Content-Length: {size}",
    ]  # fmt: skip
    return ("\r\n".join(head) + "\r\n\r\n").encode()


def refused_slow(world: World) -> float:
    """How many slow requests the metrics count."""
    registry = world.application.metrics.registry
    labels = {"limit": "request_too_slow"}
    return registry.get_sample_value("cairn_http_refused_total", labels) or 0.0


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


class TestAHead:
    async def test_that_drips_is_refused_in_time(self, world: World, server: Listening) -> None:
        counted = refused_slow(world)
        wire = await server.open()
        began = time.monotonic()
        answer = b""
        for byte in HEAD + b"X: " + b"a" * 100:
            await wire.send(bytes([byte]))
            answer = await wire.some(patience=0.1)
            if answer:
                break
        assert status_of(answer) == 408
        assert 0.7 < time.monotonic() - began < 30
        problem = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert problem["code"] == "request_too_slow"
        assert refused_slow(world) == counted + 1
        assert await wire.is_closed(within=3)

    async def test_that_never_comes_is_hung_up_on(self, server: Listening) -> None:
        wire = await server.open()
        assert await wire.rest(patience=4) == b""
        assert await wire.is_closed(within=0.1)

    async def test_that_drips_after_an_answer_is_refused_in_time(self, server: Listening) -> None:
        """Each byte puts off the time-out of an idle connection."""
        wire = await server.open()
        await wire.send(HEAD + b"\r\n")
        assert status_of(await wire.some()) == 200
        began = time.monotonic()
        for byte in HEAD:
            await wire.send(bytes([byte]))
            if answer := await wire.some(patience=0.1):
                break
        assert status_of(answer) == 408
        assert time.monotonic() - began < 30

    async def test_of_blank_lines_alone_is_refused(self, server: Listening) -> None:
        wire = await server.open()
        for _ in range(30):
            await wire.send(b"\r\n")
            if answer := await wire.some(patience=0.1):
                break
        assert status_of(answer) == 408

    async def test_that_is_slow_but_in_time_is_served(self, server: Listening) -> None:
        wire = await server.open()
        for part in (HEAD[:10], HEAD[10:], b"\r\n"):
            await wire.send(part)
            await asyncio.sleep(0.1)
        assert status_of(await wire.some()) == 200


class TestABody:
    async def test_that_drips_is_refused_in_time(self, server: Listening, school: School) -> None:
        wire = await server.open()
        await wire.send(a_post(school, 500))
        began = time.monotonic()
        for _ in range(100):
            await wire.send(b" ")
            if answer := await wire.some(patience=0.05):
                break
        assert status_of(answer) == 408
        assert 0.7 < time.monotonic() - began < 30
        assert await wire.is_closed(within=3)

    async def test_may_take_longer_where_more_has_come(
        self, server: Listening, school: School
    ) -> None:
        wire = await server.open()
        await wire.send(a_post(school, 4_000))
        began = time.monotonic()
        for _ in range(8):
            await wire.send(b" " * 500)
            await asyncio.sleep(0.2)
        assert time.monotonic() - began > 1.5
        assert status_of(await wire.some()) == 400

    async def test_of_a_half_closed_connection_leaves_nothing_behind(
        self, world: World, server: Listening, school: School
    ) -> None:
        wire = await server.open()
        await wire.send(a_post(school, 500) + b"{")
        wire.sock.shutdown(1)
        assert await wire.is_closed(within=4)
        await asyncio.sleep(0.1)
        assert world.runtime.database.lender.lent == 0

    async def test_holds_no_connection_of_the_database_meanwhile(
        self, world: World, server: Listening, school: School
    ) -> None:
        wires = [await server.open() for _ in range(12)]
        for wire in wires:
            await wire.send(a_post(school, 500) + b"{")
        await asyncio.sleep(0.2)
        assert world.runtime.database.lender.lent == 0
        assert (await school.staff.get("/v1/me")).status_code == 200
        for wire in wires:
            assert await wire.is_closed(within=4)

    async def test_that_goes_on_after_the_answer_is_cut(
        self, server: Listening, school: School
    ) -> None:
        wire = await server.open()
        await wire.send(a_post(school, 50_000_000))
        assert status_of(await wire.some()) == 413
        with pytest.raises(ConnectionError):
            await flood(wire)


async def flood(wire: Wire) -> None:
    for _ in range(40):
        await wire.send(b" " * 65_536)
        await asyncio.sleep(0.01)


class TestAnAnswer:
    async def test_that_nobody_reads_holds_no_connection_of_the_database(
        self, world: World, server: Listening, school: School
    ) -> None:
        path = await a_long_file(school)
        wire = await server.open(receive_buffer=4_096)
        await wire.send(
            f"GET {path} HTTP/1.1\r\nHost: cairn.test\r\n"
            f"Authorization: Bearer {school[Role.DSL].token}\r\n\r\n".encode()
        )
        await asyncio.sleep(0.4)
        assert len(server.state.tasks) == 1
        assert world.runtime.database.lender.lent == 0
        await asyncio.sleep(2)
        assert server.state.tasks == set()
        assert server.state.connections == set()
        wire.close()

    async def test_that_is_read_in_time_comes_whole(
        self, server: Listening, school: School
    ) -> None:
        path = await a_long_file(school)
        wire = await server.open()
        await wire.send(
            f"GET {path} HTTP/1.1\r\nHost: cairn.test\r\nConnection: close\r\n"
            f"Authorization: Bearer {school[Role.DSL].token}\r\n\r\n".encode()
        )
        answer = await wire.rest()
        assert len(answer.partition(b"\r\n\r\n")[2]) == LONG

    async def test_leaves_the_connection_open_only_a_while(self, server: Listening) -> None:
        wire = await server.open()
        await wire.send(HEAD + b"\r\n")
        assert status_of(await wire.some()) == 200
        assert await wire.is_closed(within=5)


LONG = 8_000_000


async def a_long_file(school: School) -> str:
    concern = (await raise_one(school.staff, await school.child()))["id"]
    answer = await attach(school.staff, concern, b"a line\n" * (LONG // 7) + b"\n" * (LONG % 7),
                          "long.txt", "text/plain")  # fmt: skip
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


class TestTooMany:
    async def test_are_told_to_come_again(self, world: World, app_settings: Settings) -> None:
        async with listening(world.application, app_settings, at_once=3) as server:
            held = [await server.open() for _ in range(3)]
            await asyncio.sleep(0.05)
            answer = await server.ask(HEAD + b"\r\n")
            assert status_of(answer) == 503
            fields = answer.partition(b"\r\n\r\n")[0].lower()
            assert b"retry-after:" in fields
            assert b"x-content-type-options: nosniff" in fields
            for wire in held:
                wire.close()
            await asyncio.sleep(0.05)
            assert status_of(await server.ask(HEAD + b"\r\n")) == 200


class TestTheCommand:
    @in_turn(4)
    async def test_serves_with_these_bounds(self, app_settings: Settings, tmp_path: Path) -> None:
        served = Served(
            {
                "CAIRN_DATABASE_URL": app_settings.database_url.get_secret_value(),
                "CAIRN_KEYS_DIR": str(tmp_path / "keys"),
                "CAIRN_STORAGE_URL": f"file://{tmp_path / 'attachments'}",
                "CAIRN_UNSAFE_DATABASE": "true",
                "CAIRN_HEAD_SECONDS": "0.5",
                "CAIRN_LOG_LEVEL": "error",
                "PATH": os.environ["PATH"],
            }
        )
        await served.start()
        server = Listening(served.port, ServerState())
        try:
            wire = await server.open()
            await wire.send(HEAD)
            assert status_of(await wire.some(patience=3)) == 408
            answer = await server.ask(HEAD + b"Connection: close\r\n\r\n")
            assert status_of(answer) == 200
            assert b"server:" not in answer.lower()
            refused = await server.ask(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            assert status_of(refused) == 400
            assert b"server:" not in refused.lower()
        finally:
            server.hang_up()
            await served.kill()
