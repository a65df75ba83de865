"""The worker that writes a school may die; its memory does not grow with the school."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.words import Role
from app.integrations.storage import LocalStorage, Stored
from app.jobs.runner import Adapters
from tests.exports import approve, at, ordered, write
from tests.jobs.working import WAITING
from tests.sampling import in_turn
from tests.world import School, World

pytestmark = pytest.mark.machine_time

PROGRAM = """
import asyncio, sys
from app.core.settings import Settings
from app.integrations.storage import LocalStorage
from app.jobs import school_exports
from app.jobs.queue import build_queue
from app.jobs.runner import adapters_of, Run

put = LocalStorage.put

async def stalling(self, key, chunks, *, limit):
    async def slowly():
        async for chunk in chunks:
            yield chunk
            open(sys.argv[3], "ab").write(chunk)
            if len(open(sys.argv[3], "rb").read()) > 20_000:
                await asyncio.sleep(600)
    return await put(self, key, slowly(), limit=limit)

LocalStorage.put = stalling

async def main():
    adapters = adapters_of(Settings())
    args = {"school_id": sys.argv[1], "export_id": sys.argv[2]}
    await school_exports.write_export(Run(adapters, build_queue(adapters), args))
asyncio.run(main())
"""


async def approved(school: School) -> str:
    found = await ordered(school.api(Role.HEADTEACHER))
    assert (await approve(school.lead, found["id"])).json()["state"] == "approved"
    return str(found["id"])


class TestKilledWorker:
    @in_turn(3)
    async def test_leaves_an_export_that_another_writes(
        self, world: World, school: School, adapters: Adapters, tmp_path: Path
    ) -> None:
        export, settings, mark = await approved(school), adapters.settings, tmp_path / "mark"
        environment = {
            **os.environ,
            "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
            "CAIRN_STORAGE_URL": settings.storage_url,
            "CAIRN_KEYS_DIR": str(settings.keys_dir),
            "CAIRN_CHECKPOINT_FILE": str(settings.checkpoint_file),
            "CAIRN_MAIL_URL": settings.mail_url,
            "CAIRN_MAIL_FROM": settings.mail_from,
        }
        command = [sys.executable, "-c", PROGRAM, str(school.id), export, str(mark)]
        with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220
            deadline = time.monotonic() + WAITING
            while not mark.exists() or mark.stat().st_size < 20_000:
                assert time.monotonic() < deadline
                assert process.poll() is None
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        halfway = (await at(school.lead, export)).json()
        assert (halfway["state"], halfway["file"]) == ("running", None)
        await write(world, school, export, adapters)
        done = (await at(school.lead, export)).json()
        assert done["state"] == "ready"
        assert len((await school.lead.get(done["file"])).content) == done["size"]


class TestMemory:
    async def test_holds_a_piece_at_a_time(
        self, world: World, school: School, adapters: Adapters, tmp_path: Path
    ) -> None:
        """A file of 30 MiB leaves in pieces, none of which is much larger than what was read."""
        sizes: list[int] = []

        class Measured(LocalStorage):
            async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
                if not key.startswith("exports/"):
                    return await super().put(key, chunks, limit=limit)

                async def seen() -> AsyncIterator[bytes]:
                    async for chunk in chunks:
                        sizes.append(len(chunk))
                        yield chunk

                return await super().put(key, seen(), limit=limit)

        async def large() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield b"x" * (1 << 20)

        storage: Any = Measured(tmp_path / "store")
        await storage.put(f"attachments/{school.id}/large", large(), limit=1 << 30)
        await write(world, school, await approved(school), replace(adapters, storage=storage))
        assert sum(sizes) > 30 << 20
        assert max(sizes) < 4 << 20
