"""A real primary with a real streaming standby, of the embedded server's own programs."""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from app.db import embedded
from app.db.embedded import RunningServer
from app.db.embedded_files import make_home, own_folder

CONFIRMING = {"synchronous_commit": "on"}
CANCEL = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'"
PATIENCE = 20.0
T = TypeVar("T")


def ask(server: RunningServer, statement: str, *values: Any) -> list[Any]:
    """As the superuser, whatever the server's own settings say."""
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = local")
        found = connection.execute(statement.encode(), values)
        return found.fetchall() if found.description else []


def configure(server: RunningServer, name: str, value: str) -> None:
    """Change a setting of a running server, for the sessions that are open as well.

    A reload is a signal. Once a new session knows the value, the older ones were signalled too.
    """
    ask(server, f"alter system set {name} = '{value}'")
    ask(server, "select pg_reload_conf()")
    until = time.monotonic() + 60
    while ask(server, "select current_setting(%s)", name) != [(value,)]:
        assert time.monotonic() < until, f"{name} is not {value!r}"
        time.sleep(0.01)


@contextmanager
def a_standby(primary: RunningServer) -> Iterator[RunningServer]:
    """A copy of the primary that follows it and answers readings; deleted at the end."""
    directory = Path(tempfile.mkdtemp(prefix="cairn-test-"))
    account = embedded.server_account()
    make_home(directory, account)
    own_folder(directory / "data", account)
    programs = embedded.reachable_binaries(embedded.find_binaries(), account, lambda _: None)
    command = [str(programs / "pg_basebackup"), "-d", primary.admin_url, "-R", "-c", "fast"]
    copied = embedded.run_bare([*command, "-D", str(directory / "data"), "-N"], account)
    assert copied.returncode == 0, copied.stderr
    (directory / "password").write_text(primary.password + "\n")
    try:
        yield embedded.start(directory, settings=CONFIRMING, durable=False)
    finally:
        embedded.erase(directory)


def crash(server: RunningServer) -> None:
    """End a server as a lost machine would: nothing more is sent to anybody."""
    account = embedded.server_account()
    programs = embedded.reachable_binaries(embedded.find_binaries(), account, lambda _: None)
    command = [str(programs / "pg_ctl"), "stop", "-m", "immediate", "-w"]
    stopped: subprocess.CompletedProcess[str] = embedded.run_bare(
        [*command, "-D", str(server.directory / "data")], account
    )
    assert stopped.returncode == 0, stopped.stderr


async def is_so(condition: Callable[[], Any]) -> Any:
    """What the condition says once it is true; fails where that takes too long."""
    for _ in range(int(PATIENCE / 0.05)):
        if found := await asyncio.to_thread(condition):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it did not become so")


async def cancelling(server: RunningServer, request: Awaitable[T]) -> T:
    """The answer to a request whose commits are told to wait for no standby any longer."""
    task = asyncio.ensure_future(request)
    async with asyncio.timeout(PATIENCE):
        while not task.done():
            await asyncio.to_thread(ask, server, CANCEL)
            await asyncio.wait([task], timeout=0.1)
    return task.result()
