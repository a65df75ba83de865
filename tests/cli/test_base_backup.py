"""A base backup of a living server: made, checked, restored into a folder, held and released."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

import app
from app.cli.backups.base import started_alone
from app.core.settings import Settings
from app.db.embedded import RunningServer, ephemeral, server_account
from app.db.embedded_files import own_folder
from app.db.migrate import migrate
from app.formats.packets import new_key, public_key, write_keys
from app.jobs.sealing import sealing_of
from app.main import build_app, build_runtime
from tests.cli.installations import another_machine, environment_of, login, pasted, plain, trace
from tests.jobs.working import raise_one
from tests.programs import check_presence
from tests.world import World

pytestmark = pytest.mark.machine_time

GUIDE = (Path(app.__file__).parents[1] / "docs/backup.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
REPLICATES = "alter role cairn_saver replication"


@dataclass
class Source:
    """A server with one school, and what commands of it are started with."""

    server: RunningServer
    owner_url: str
    environment: dict[str, str]
    folder: Path

    def cairn(self, *words: str, **more: str) -> tuple[int, str]:
        """Run a command: its exit code, and all that it said."""
        done = subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", *words],
            env={**os.environ, **self.environment, **more}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def may_copy(self) -> None:
        """Give the backup role what an administrator gives it for base backups."""
        with psycopg.connect(plain(self.server.admin_url), autocommit=True) as connection:
            connection.execute(REPLICATES)


@pytest.fixture(scope="module")
async def source(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Source]:
    """A server of its own: a base backup copies all of it."""
    folder = tmp_path_factory.mktemp("source")
    with ephemeral() as server:
        owner, app = World.new_database(server.admin_url, migrate)
        backup = login(owner, "cairn_saver")
        migrate(owner, app, backup)
        settings = Settings(
            database_url=app, migration_database_url=owner, backup_database_url=backup,
            keys_dir=folder / "keys", checkpoint_file=folder / "checkpoints.txt",
            storage_url=f"file://{folder / 'files'}", mail_url=f"file://{folder / 'mail'}",
            base_url="http://cairn.test", password_cost="test", unsafe_database=True,
            log_level="error",
        )  # fmt: skip
        runtime = build_runtime(settings)
        world = World(build_app(settings, runtime), runtime, owner_url=owner)
        school = await world.a_school()
        await raise_one(school)
        await trace(world, school)
        await runtime.drain()
        assert (await sealing_of(settings, runtime.database).once()).failed == []
        await runtime.database.close()
        key = new_key("enc")
        (folder / "private.json").write_bytes(write_keys([key], private=True))
        (folder / "public.json").write_bytes(write_keys([public_key(key)]))
        yield Source(server, owner, environment_of(settings), folder)


@pytest.fixture
def data() -> Iterator[Path]:
    """An empty folder that the account of the server can reach."""
    with tempfile.TemporaryDirectory(prefix="cairn-restored-") as name:
        Path(name).chmod(0o711)
        own_folder(Path(name) / "data", server_account())
        yield Path(name) / "data"


def test_is_refused_without_the_right_to_replicate(source: Source) -> None:
    target = source.folder / "refused.cairn"
    code, said = source.cairn(
        "backup", "make", str(target), "--base", "--to", str(source.folder / "public.json")
    )
    assert code == 1
    assert "pg_basebackup ended with" in said
    assert not target.exists()


@pytest.mark.long
def test_comes_back_whole_and_held(source: Source, data: Path) -> None:
    source.may_copy()
    target, private = source.folder / "base.cairn", str(source.folder / "private.json")
    code, said = source.cairn(
        "backup", "make", str(target), "--base", "--to", str(source.folder / "public.json")
    )
    assert code == 0, said
    assert "restored into a scratch server, and every file proved" in said
    assert "trail and record are good" in said
    assert b"PG_VERSION" not in target.read_bytes()
    code, said = source.cairn("restore", "run", str(target), "--key-file", private)
    assert (code, "cairn restore base" in said) == (1, True), said

    account = server_account()
    code, said = source.cairn(
        "restore", "base", str(target), "--key-file", private, "--into", str(data)
    )
    assert code == 0, said
    assert "HELD" in said
    assert "trail and record are good" in said
    with psycopg.connect(plain(source.owner_url)) as connection:
        living = connection.execute("select count(*) from trail").fetchone()
        name = make_url(source.owner_url).database
        version = connection.info.server_version // 10_000
    with (
        started_alone(data, account, {"server": version}) as server,
        psycopg.connect(server.url("postgres", "none", str(name))) as copy,
    ):
        assert copy.execute("select count(*) from trail").fetchone() == living
        assert copy.execute("select kind from restore_hold").fetchall() == [("held",)]
        alive = "select count(*) from auth_session where revoked_at is null"
        assert copy.execute(alive).fetchone() == (0,)
    code, said = source.cairn(
        "restore", "base", str(target), "--key-file", private, "--into", str(data)
    )
    assert (code, "is not empty" in said) == (1, True), said


class Operator:
    """Somebody who does what docs/backup.md says, in a folder with the keys."""

    def __init__(self, folder: Path, data: Path) -> None:
        (folder / "backups").mkdir(parents=True)
        account = server_account()
        owner = f"{os.geteuid()}" if account is None else account.pw_name
        group = f"{os.getegid()}" if account is None else account.pw_name
        self.folder = folder
        self.places = {
            "/backups/": f"{folder}/backups/", "/var/lib/postgresql/restored": str(data),
            "-o postgres -g postgres": f"-o {owner} -g {group}", '"..."': '"A disk failed."',
        }  # fmt: skip

    def types(self, text: str, variables: dict[str, str], file: str = "FILE") -> str:
        """Run lines of the page; what they printed."""
        for told, here in {**self.places, "FILE": file}.items():
            text = text.replace(told, here)
        return pasted(text, self.folder, variables)

    def made(self, ending: str) -> str:
        """The newest file that the page has made."""
        (found,) = (self.folder / "backups").glob(f"cairn-????-??-??{ending}")
        return str(found)


def told(start: str) -> str:
    """The one command that the page names within a sentence and that begins so."""
    (found,) = set(re.findall(rf"`({start}[^`]*)`", GUIDE))
    return str(found)


@pytest.mark.long
def test_the_guide_does_what_it_says(source: Source, data: Path) -> None:
    """`/backups`, the folder of the copy, its account, the file and the reasons are ours."""
    check_presence(shutil.which("install"), "install", "CAIRN_REQUIRE_SCRIPTS")
    operator, at_home = Operator(source.folder / "guide", data), source.environment
    every_night, base, restore_base, snapshot = BLOCK.findall(GUIDE)
    operator.types(told("cairn packet keygen"), at_home)
    assert "every row counted" in operator.types(every_night, at_home)
    saved = operator.made(".cairn")
    assert "trail and record are good" in operator.types(told("cairn backup check"), at_home, saved)

    with another_machine(source.folder / "elsewhere", at_home) as there:
        assert "HELD" in operator.types(told("cairn restore run"), there, saved)
        operator.types("cairn migrate", there)
        assert "released" in operator.types(told("cairn restore release"), there)
        operator.types(snapshot, there)

    assert told("alter role") == REPLICATES
    source.may_copy()
    data.rmdir()
    assert "every file proved" in operator.types(base, at_home)
    said = operator.types(restore_base, at_home, operator.made(".base.cairn"))
    assert "HELD" in said
