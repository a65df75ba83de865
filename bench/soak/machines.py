"""The programs of the soak: started, killed with SIGKILL, started again; and when each was up."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import psycopg

from app.core import clock
from app.db.embedded import EmbeddedPostgresError, RunningServer, start

CAIRN = "from app.cli import main; main()"
READY_SECONDS = 240
Stretch = tuple[datetime, datetime]


@dataclass
class Machine:
    """One program that can be killed; `down` has every stretch it could not serve."""

    name: str
    folder: Path
    down: list[Stretch] = field(default_factory=list)
    kills: int = 0
    _since: datetime | None = None

    async def start(self) -> None:
        """Start and wait until it serves."""
        await self._launch()
        if self._since is not None:
            self.down.append((self._since, clock.now()))
            self._since = None

    @property
    def is_up(self) -> bool:
        """Whether it serves: neither killed nor on its way back."""
        return self._since is None

    async def come_back(self, pause: float) -> None:
        """Start again after a while, as a supervisor would."""
        await asyncio.sleep(pause)
        await self.start()

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        self._since, self.kills = clock.now(), self.kills + 1
        await self._kill()

    async def _launch(self) -> None:
        raise NotImplementedError

    async def _kill(self) -> None:
        raise NotImplementedError


@dataclass
class Command(Machine):
    """A `cairn` command in a process of its own."""

    words: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    process: "subprocess.Popen[bytes] | None" = None

    async def _launch(self) -> None:
        path = self.folder / f"{self.name}.log"
        begun_at = path.stat().st_size if path.exists() else 0
        with path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - our own; it only starts
                [sys.executable, "-c", CAIRN, *self.words],
                env={**os.environ, **self.environment}, stdout=log, stderr=log,
            )  # fmt: skip
        async with asyncio.timeout(READY_SECONDS):
            while not await self._is_ready(path, begun_at):
                if self.process.poll() is not None:  # the database was away: as a supervisor would
                    await asyncio.sleep(0.5)
                    return await self._launch()
                await asyncio.sleep(0.1)

    async def _is_ready(self, log: Path, begun_at: int) -> bool:
        if self.ready_url is None:
            with log.open("rb") as file:
                file.seek(begun_at)
                return b"jobs.started" in file.read()
        with contextlib.suppress(httpx.TransportError):
            async with httpx.AsyncClient(trust_env=False, timeout=3) as client:
                return (await client.get(self.ready_url)).status_code == 200
        return False

    async def _kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, 60)

    def ended_by_itself(self) -> bool:
        """Whether it is gone though nobody killed it."""
        return self._since is None and self.process is not None and self.process.poll() is not None


@dataclass
class Postgres(Machine):
    """The embedded server, durable as in production."""

    server: RunningServer | None = None

    async def _launch(self) -> None:
        self.server = await asyncio.to_thread(self._start)

    def _start(self) -> RunningServer:
        for _ in range(20):
            with contextlib.suppress(EmbeddedPostgresError):
                server = start(self.folder / "postgres", durable=True)
                with psycopg.connect(server.admin_url, autocommit=True) as connection:
                    connection.execute("select 1")
                return server
        return start(self.folder / "postgres", durable=True)

    async def _kill(self) -> None:
        assert self.server is not None
        number = (self.server.directory / "data/postmaster.pid").read_text().split()[0]
        os.kill(int(number), signal.SIGKILL)


def nobody_ringing(postgres: Machine, workers: Sequence[Machine]) -> list[Stretch]:
    """Stretches in which no due time could ring: no database, or no worker at all."""
    together = list(workers[0].down)
    for worker in workers[1:]:
        together = [
            (max(a, c), min(b, d))
            for a, b in together
            for c, d in worker.down
            if max(a, c) < min(b, d)
        ]
    return merged([*postgres.down, *together])


def merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same stretches without overlaps, in order."""
    found: list[Stretch] = []
    for begin, end in sorted(stretches):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found
