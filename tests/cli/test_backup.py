"""The drill: a living database is saved, restored into a fresh server, and held until released."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.cli.backups import making
from app.cli.backups.facts import counts_of
from app.cli.backups.programs import environment, find_program
from app.core.settings import Settings
from app.db.migrate import migrate
from app.formats.packets import new_key, public_key, write_keys
from app.jobs.held import wait_for_release
from app.jobs.sealing import sealing_of
from app.main import build_app, build_runtime
from tests.cli.installations import CairnIn, another_machine, environment_of, login, plain, trace
from tests.security import matrix
from tests.security.operations import operations
from tests.security.scenes import Scene
from tests.world import World

OPERATIONS = operations()
DONE = ("raise_concern", "add_contact", "add_attachment", "draft_share", "raise_adult_concern")


@dataclass
class Living:
    """An installation with two schools, its settings as the environment, and a pair of keys."""

    environment: dict[str, str]
    folder: Path
    public: Path
    private: Path


@pytest.fixture(scope="module")
async def living(admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Living:
    folder = tmp_path_factory.mktemp("living")
    owner, app = World.new_database(admin_url, migrate)
    backup = login(owner, f"backup_{make_url(owner).database}")
    migrate(owner, app, backup)
    settings = Settings(
        database_url=app, migration_database_url=owner, backup_database_url=backup,
        keys_dir=folder / "keys", checkpoint_file=folder / "checkpoints.txt",
        storage_url=f"file://{folder / 'attachments'}", mail_url=f"file://{folder / 'mail'}",
        base_url="http://cairn.test", password_cost="test", unsafe_database=True,
        log_level="error",
    )  # fmt: skip
    runtime = build_runtime(settings)
    world = World(build_app(settings, runtime), runtime, owner_url=owner)
    for _ in range(2):
        school = await world.a_school()
        for name in DONE:
            role = min(matrix.TABLE[name].roles)
            call = await matrix.TABLE[name].recipe(Scene(world, school, school[role]))
            answer = await OPERATIONS[name].send(school.api(role), call)
            assert answer.status_code in OPERATIONS[name].good, answer.text
        await trace(world, school)
    await runtime.drain()
    done = await sealing_of(settings, runtime.database).once()
    assert done.failed == []
    await runtime.database.close()
    key = new_key("enc")
    private, public = folder / "private.json", folder / "public.json"
    private.write_bytes(write_keys([key], private=True))
    public.write_bytes(write_keys([public_key(key)]))
    return Living(environment_of(settings), folder, public, private)


@pytest.fixture(scope="module")
def saved(living: Living) -> Path:
    """A backup, made and checked as an operator would."""
    target = living.folder / "saved.cairn"
    done = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "backup", "make", str(target),
         "--to", str(living.public)],
        env={**os.environ, **living.environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "checked: restored into a scratch server, and every row counted" in done.stdout
    assert "trail and record are good" in done.stdout
    return target


@pytest.fixture(scope="module")
def fresh(living: Living, saved: Path) -> Iterator[dict[str, str]]:
    """Settings of another machine: an empty server, empty folders, and the private key."""
    with another_machine(living.folder / "elsewhere", living.environment) as variables:
        yield variables


class TestTheDrill:
    """One after another, as an operator would go on."""

    def test_restores_every_row_and_file_as_an_ordinary_owner(
        self, living: Living, saved: Path, fresh: dict[str, str], cairn_in: CairnIn
    ) -> None:
        code, said, error = cairn_in(
            fresh, "restore", "run", str(saved), "--key-file", str(living.private)
        )
        assert code == 0, error
        assert "HELD" in said
        assert "trail and record are good" in said
        with psycopg.connect(plain(fresh["CAIRN_MIGRATION_DATABASE_URL"])) as connection:
            found = {
                row[0]: row[1]
                for row in connection.execute("select kind, reason from restore_hold").fetchall()
            }
            never = connection.execute(
                "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where n.nspname = 'public' and c.relkind = 'r' and c.reltuples < 0"
            ).fetchall()
            assert never == [], "the planner knows nothing of them"
            known = connection.execute(
                "select count(*) from pg_class where oid = 'concern'::regclass and reltuples > 0"
            ).fetchone()
            assert known == (1,)
        assert list(found) == ["held"]
        stored = sorted(p.name for p in (living.folder / "attachments").rglob("*") if p.is_file())
        there = living.folder / "elsewhere" / "attachments"
        assert sorted(p.name for p in there.rglob("*") if p.is_file()) == stored
        assert stored

    def test_ends_every_session(self, fresh: dict[str, str], cairn_in: CairnIn) -> None:
        assert cairn_in(fresh, "migrate")[0] == 0
        with psycopg.connect(plain(fresh["CAIRN_DATABASE_URL"])) as connection:
            living_sessions = connection.execute(
                "select count(*), count(*) filter (where revoked_at is null) from auth_session"
            ).fetchone()
        assert living_sessions is not None
        assert living_sessions[0] > 0
        assert living_sessions[1] == 0

    def test_refuses_to_overwrite_a_database_that_has_tables(
        self, living: Living, saved: Path, fresh: dict[str, str], cairn_in: CairnIn
    ) -> None:
        code, _, error = cairn_in(
            fresh, "restore", "run", str(saved), "--key-file", str(living.private)
        )
        assert code == 1
        assert "restore only into an empty one" in error

    async def test_holds_server_and_worker(self, fresh: dict[str, str]) -> None:
        async with Served(fresh) as (http, runtime):
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["code"]) == (503, "held_after_restore")
            assert (await http.get("/healthz")).status_code == 200
            asked = await http.get("/v1/vocabularies")
            assert (asked.status_code, asked.json()["code"]) == (503, "held_after_restore")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await wait_for_release(runtime.database, 0.05)

    def test_is_told_by_the_doctor(self, fresh: dict[str, str], cairn_in: CairnIn) -> None:
        code, said, _ = cairn_in(fresh, "doctor")
        assert code == 1
        assert "bad     hold        HELD: restored from a backup of " in said

    async def test_works_once_it_is_released_with_a_reason(
        self, fresh: dict[str, str], cairn_in: CairnIn
    ) -> None:
        code, said, error = await asyncio.to_thread(
            cairn_in, fresh, "restore", "release", "--reason", "The old server burnt down."
        )
        assert (code, said) == (0, "released; said in the trail of 2 schools\n"), error
        async with Served(fresh) as (http, runtime):
            assert (await http.get("/readyz")).status_code == 200
            await wait_for_release(runtime.database)
        code, _, error = await asyncio.to_thread(
            cairn_in, fresh, "restore", "release", "--reason", "Again."
        )
        assert code == 1
        assert "is not held" in error

    def test_verifies_afterwards(self, fresh: dict[str, str], cairn_in: CairnIn) -> None:
        code, said, error = cairn_in(fresh, "audit", "seal")
        assert code == 0, error
        code, said, error = cairn_in(fresh, "audit", "verify")
        assert code == 0, said + error


class Served:
    """The API of some settings."""

    def __init__(self, variables: dict[str, str]) -> None:
        known: dict[str, Any] = {
            name.removeprefix("CAIRN_").lower(): value for name, value in variables.items()
        }
        self.settings = Settings(**known, base_url="http://cairn.test", log_level="error")

    async def __aenter__(self) -> tuple[httpx.AsyncClient, Any]:
        self.runtime = build_runtime(self.settings)
        application = build_app(self.settings, self.runtime)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url="http://cairn.test"
        )
        return self.http, self.runtime

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self.runtime.drain()
        await self.runtime.database.close()


class TestABackup:
    def test_that_pg_dump_makes_as_the_owner_is_empty_and_says_nothing(
        self, admin_url: str
    ) -> None:
        """What PostgreSQL's own hint leads to; why `cairn backup` exists."""
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute("create role plain_owner login password 'secret'")
            connection.execute("create database plainly owner plain_owner")
        owner = make_url(admin_url).set(
            username="plain_owner",
            password="secret",
            database="plainly",
        )
        url = owner.render_as_string(False)
        with psycopg.connect(plain(url)) as connection:
            server = connection.info.server_version // 10_000
            connection.execute("create table organisation (name text)")
            connection.execute("insert into organisation values ('Oak')")
            connection.execute("alter table organisation enable row level security")
            connection.execute("alter table organisation force row level security")
        program = find_program("pg_dump", server)
        bare = [str(program), "--data-only", "--table=organisation"]
        options: Any = {"env": environment(url), "capture_output": True, "text": True}
        refused = subprocess.run(bare, check=False, **options)
        assert "row-level security" in refused.stderr
        hinted = subprocess.run([*bare, "--enable-row-security"], check=False, **options)
        assert hinted.returncode == 0
        assert "Oak" not in hinted.stdout

    def test_by_a_role_that_sees_only_part_is_refused(
        self, living: Living, cairn_in: CairnIn, tmp_path: Path
    ) -> None:
        """The application's own role sees no school while no scope is set."""
        variables = living.environment | {
            "CAIRN_BACKUP_DATABASE_URL": living.environment["CAIRN_DATABASE_URL"]
        }
        target = tmp_path / "part.cairn"
        code, _, error = cairn_in(
            variables, "backup", "make", str(target), "--to", str(living.public)
        )
        assert code == 1
        assert "does not see every row" in error
        assert list(tmp_path.iterdir()) == []

    def test_of_an_empty_database_is_refused(
        self, admin_url: str, living: Living, cairn_in: CairnIn, tmp_path: Path
    ) -> None:
        owner, _ = World.new_database(admin_url, migrate)
        variables = living.environment | {"CAIRN_BACKUP_DATABASE_URL": owner}
        target = tmp_path / "empty.cairn"
        code, _, error = cairn_in(
            variables, "backup", "make", str(target), "--to", str(living.public)
        )
        assert code == 1
        assert "an empty backup does not pass for one" in error
        assert list(tmp_path.iterdir()) == []

    def test_whose_copy_lacks_a_row_is_told(
        self, living: Living, cairn_in: CairnIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The database had a row more than what comes back."""

        def one_more(connection: Any) -> dict[str, int]:
            counts = counts_of(connection)
            return counts | {"concern": counts["concern"] + 1}

        monkeypatch.setattr(making, "counts_of", one_more)
        code, said, error = cairn_in(
            living.environment, "backup", "make", str(tmp_path / "x.cairn"),
            "--to", str(living.public),
        )  # fmt: skip
        assert code == 1, said
        found = re.search(r"not complete: concern: (\d+) rows were saved, (\d+) are there", error)
        assert found, error
        assert int(found[1]) == int(found[2]) + 1

    def test_never_overwrites_a_file(self, living: Living, saved: Path, cairn_in: CairnIn) -> None:
        before = saved.read_bytes()
        code, _, error = cairn_in(
            living.environment, "backup", "make", str(saved), "--to", str(living.public)
        )
        assert code == 1
        assert "never overwrites" in error
        assert saved.read_bytes() == before

    def test_needs_the_right_key(
        self, living: Living, saved: Path, cairn_in: CairnIn, tmp_path: Path
    ) -> None:
        other = tmp_path / "other.json"
        other.write_bytes(write_keys([new_key("enc")], private=True))
        code, _, error = cairn_in(
            living.environment, "backup", "check", str(saved), "--key-file", str(other)
        )
        assert code == 1
        assert "encrypted to another key" in error

    @pytest.mark.parametrize(
        ("how", "said"),
        [
            (lambda lines: lines[:-1], "the end of the backup is missing"),
            (lambda lines: [*lines[:3], *lines[4:]], "part 2 was changed, moved or cut"),
            (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "part 1 was changed"),
            (lambda lines: [*lines, lines[-1]], "put behind the end"),
            (lambda lines: [*lines[:2], lines[2][:-9] + b"AAAAAAAA\n", *lines[3:]], "part 1 was"),
            (lambda lines: [b"{}\n", *lines[1:]], "no backup"),
            (lambda _: [b"PGDMP"], "no backup"),
            (lambda _: [], "no backup"),
        ],
    )
    def test_that_was_bent_is_refused_before_anything_is_restored(
        self,
        living: Living,
        saved: Path,
        cairn_in: CairnIn,
        tmp_path: Path,
        how: Callable[[list[bytes]], list[bytes]],
        said: str,
    ) -> None:
        bent = tmp_path / "bent.cairn"
        bent.write_bytes(b"".join(how(saved.read_bytes().splitlines(keepends=True))))
        code, _, error = cairn_in(
            living.environment, "restore", "run", str(bent), "--key-file", str(living.private)
        )
        assert code == 1
        assert said in error

    def test_holds_no_private_key_and_nothing_in_the_clear(
        self, living: Living, saved: Path
    ) -> None:
        content = saved.read_bytes()
        for word in (b"Zyxglorp", b"PRIVATE KEY", b"PGDMP", b"organisation"):
            assert word not in content
