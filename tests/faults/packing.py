"""Runs jobs of transfers in a process of their own, which can be killed or measured.

`python -m tests.faults.packing pack-and-die|unpack-and-die|measure SCHOOL TRANSFER [OTHER SCHOOL]`
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.integrations.storage import Storage, Stored
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, Run, adapters_of
from app.jobs.transfers import deliver, pack, unpack


class Deadly:
    """A store after whose first `put` the whole process is gone."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner

    async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
        await self._inner.put(key, chunks, limit=limit)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    async def get(self, key: str, span: tuple[int, int] | None = None) -> AsyncIterator[bytes]:
        return await self._inner.get(key, span)

    async def delete(self, key: str) -> None:
        await self._inner.delete(key)

    async def exists(self, key: str) -> bool:
        return await self._inner.exists(key)

    async def clear_leftovers(self, older_than: timedelta) -> int:
        return await self._inner.clear_leftovers(older_than)


def run_of(adapters: Adapters, **args: str) -> Run:
    """One attempt."""
    return Run(adapters, build_queue(adapters, ()), args)


async def pack_and_die(adapters: Adapters, school: str, transfer: str) -> None:
    """Killed once the packet is in the store, before anybody knows."""
    deadly: Any = Deadly(adapters.storage)
    await pack(run_of(replace(adapters, storage=deadly), school_id=school, transfer_id=transfer))


async def unpack_and_die(adapters: Adapters, school: str, incoming: str) -> None:
    """Killed once the first file of the packet is in the store, before anybody knows."""
    deadly: Any = Deadly(adapters.storage)
    await unpack(run_of(replace(adapters, storage=deadly), school_id=school, incoming_id=incoming))


async def measure(adapters: Adapters, job: str, args: dict[str, str]) -> None:
    """Run one job, and print how much memory this process ever held, in kB."""
    jobs = {"pack": pack, "deliver": deliver, "unpack": unpack}
    await jobs[job](run_of(adapters, **args))
    sys.stdout.write(most_held())


def most_held() -> str:
    """The peak of this process alone; `getrusage` would count what it was forked from."""
    return str(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])


def main() -> None:
    """Do as the command line says."""
    adapters = adapters_of(Settings())
    what, *rest = sys.argv[1:]
    if what == "pack-and-die":
        asyncio.run(pack_and_die(adapters, *rest))
    elif what == "unpack-and-die":
        asyncio.run(unpack_and_die(adapters, *rest))
    else:
        job, *pairs = rest
        asyncio.run(measure(adapters, job, dict(pair.split("=", 1) for pair in pairs)))


if __name__ == "__main__":
    main()
