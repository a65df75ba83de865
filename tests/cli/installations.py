"""An installation of its own with settings as the environment, and the commands run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from app.core.settings import Settings
from app.core.words import Actor, AuditEvent
from app.db.embedded import ephemeral
from app.db.reading import open_reading
from app.db.repositories.access.audit_seals import LOGS, untraced
from app.domain.access.row_hashes.queries import adopt_rows
from tests.programs import check_presence
from tests.world import School, World

CairnIn = Callable[..., tuple[int, str, str]]


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(False)


def login(owner_url: str, name: str) -> str:
    """A URL of the same database for another role."""
    return make_url(owner_url).set(username=name, password="secret").render_as_string(False)


async def trace(world: World, school: School) -> int:
    """Let the trail speak of what scenes made past the application: of how many at a time."""
    database, actor = world.runtime.database, Actor.system(school.id)
    async with open_reading(database, actor) as reading:
        found = [one for log in LOGS async for one in untraced(reading.driver, school.id, log)]
    async with world.work(school.id) as work:
        for noun, row_id in found:
            work.record(AuditEvent.STAFF_ADDED, noun, row_id)
    await adopt_rows(database, school.id, "Made by the scene.", changed=True)
    return len(found)


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
        "CAIRN_MIGRATION_DATABASE_URL": settings.migration_database_url.get_secret_value(),
        "CAIRN_BACKUP_DATABASE_URL": settings.backup_database_url.get_secret_value(),
        "CAIRN_KEYS_DIR": str(settings.keys_dir),
        "CAIRN_CHECKPOINT_FILE": str(settings.checkpoint_file),
        "CAIRN_STORAGE_URL": settings.storage_url,
        "CAIRN_MAIL_URL": settings.mail_url,
        "CAIRN_PASSWORD_COST": "test",
        "CAIRN_UNSAFE_DATABASE": "true",
    }


def pasted(text: str, folder: Path, variables: dict[str, str]) -> str:
    """Run lines of a page in a folder of an installation; what they printed."""
    check_presence(shutil.which("bash"), "bash", "CAIRN_REQUIRE_SCRIPTS")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=folder, capture_output=True, text=True,
        check=False, env={**os.environ, **variables, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, f"{text}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def another_machine(folder: Path, variables: dict[str, str]) -> Iterator[dict[str, str]]:
    """Settings of another machine: an empty server and empty folders."""
    with ephemeral() as server:
        with psycopg.connect(server.admin_url, autocommit=True) as connection:
            connection.execute("create role holder login createrole password 'secret'")
            connection.execute("create database cairn owner holder")
        yield {
            **variables,
            "CAIRN_MIGRATION_DATABASE_URL": server.url("holder", "secret", "cairn"),
            "CAIRN_DATABASE_URL": server.url("worker", "other", "cairn"),
            "CAIRN_BACKUP_DATABASE_URL": server.url("saver", "other", "cairn"),
            "CAIRN_KEYS_DIR": str(folder / "keys"),
            "CAIRN_CHECKPOINT_FILE": str(folder / "checkpoints.txt"),
            "CAIRN_STORAGE_URL": f"file://{folder / 'attachments'}",
        }
