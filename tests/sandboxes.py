"""A sandbox for tests: the application with CAIRN_SANDBOX=on, on a database founded for it."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import psycopg

from app.core import clock
from app.core.settings import Settings
from app.db import sandbox
from app.db.migrate import migrate
from app.main import build_app, build_runtime
from tests.programs import MOVED
from tests.world import World

PASSWORD = "harbour-lights-at-dusk"
CAIRN = Path(sys.executable).with_name("cairn")
PATIENCE = 60.0


class Sandbox:
    """What a developer sees of it."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, owner_url: str) -> None:
        self.http, self.settings = http, settings
        self.owner_url = owner_url

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST; names of headers are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, json=body, headers=named)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """GET."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.get(path, headers=named)

    async def school(self) -> dict[str, Any]:
        """A new school."""
        made = await self.post("/v1/sandbox/schools")
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def sign_in(self, school: dict[str, Any], role: str) -> str:
        """A token of the first person in a role."""
        account = next(one for one in school["accounts"] if one["role"] == role)
        form = {"grant_type": "password", "username": account["email"], "password": PASSWORD}
        if secret := account["totp_secret"]:
            made = await self.post("/v1/sandbox/codes", {"totp_secret": secret})
            form["otp"] = made.json()["code"]
        answer = await self.http.post("/v1/auth/token", data=form)
        assert answer.status_code == 200, answer.text
        return f"Bearer {answer.json()['access_token']}"

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Run SQL as the owner and superuser."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def rows(self) -> dict[str, int]:
        """How many rows each table has, as the owner sees them.

        What is counted before anything is asked, such as limits, is left out.
        """
        tables = self.sql(
            "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace"
            " and c.relkind = 'r' and c.relname not in ('rate_limit', 'sign_in_guard')"
        )
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return {
                name: int(connection.execute(f"select count(*) from {name}").fetchall()[0][0])  # noqa: S608
                for (name,) in tables
            }


def founded(admin_url: str) -> tuple[str, str]:
    """The owner's and the application's URL of a new database that is a sandbox."""

    def found(owner: str, app: str) -> None:
        sandbox.check_new(owner)
        migrate(owner, app)
        sandbox.mark(owner)

    return World.new_database(admin_url, found)


@asynccontextmanager
async def a_sandbox(admin_url: str, folder: Path) -> AsyncIterator[Sandbox]:
    """A sandbox in this process, and its clock put back at the end."""
    owner, app = await asyncio.to_thread(founded, admin_url)
    settings = Settings(
        database_url=app, keys_dir=folder / "keys", checkpoint_file=folder / "checkpoints.txt",
        storage_url=f"file://{folder / 'attachments'}", mail_url=f"file://{folder / 'mail'}",
        base_url="http://cairn.test", sandbox=True, unsafe_database=True, unsafe_passwords=True,
        log_level="error",
    )  # fmt: skip
    with clock.shifted(timedelta()):  # puts back how far it is ahead
        runtime = build_runtime(settings)
        application = build_app(settings, runtime)
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://cairn.test") as http:
            yield Sandbox(http, settings, owner)
        await runtime.drain()
        await runtime.database.close()


def variables_of(database_url: str, folder: Path) -> dict[str, str]:
    """The environment of a sandbox's processes."""
    return {
        "PATH": os.environ["PATH"],
        **MOVED,
        "CAIRN_DATABASE_URL": database_url,
        "CAIRN_KEYS_DIR": str(folder / "keys"),
        "CAIRN_CHECKPOINT_FILE": str(folder / "checkpoints.txt"),
        "CAIRN_STORAGE_URL": f"file://{folder / 'attachments'}",
        "CAIRN_MAIL_URL": f"file://{folder / 'mail'}",
        "CAIRN_SANDBOX": "on",
        "CAIRN_LADDER_SECONDS": "0.5",
        "CAIRN_UNSAFE_DATABASE": "on",
        "CAIRN_UNSAFE_PASSWORDS": "on",
    }


@contextmanager
def processes(variables: dict[str, str]) -> Iterator[str]:
    """A server and a worker of a sandbox, as `make sandbox` starts them; its address."""
    url = f"http://127.0.0.1:{_free_port()}"
    known = {**variables, "CAIRN_BASE_URL": url}
    with ExitStack() as stack:
        for words in (("serve", "--port", url.rpartition(":")[2]), ("worker",)):
            log = stack.enter_context(Path(known["CAIRN_KEYS_DIR"]).with_name(words[0]).open("wb"))
            process = stack.enter_context(_started(known, log, *words))
            stack.callback(process.terminate)
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            assert time.monotonic() < deadline, "the sandbox never answered"
            time.sleep(0.1)
        yield url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _started(variables: dict[str, str], log: BinaryIO, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([CAIRN, *words], env=variables, stdout=log, stderr=log)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
