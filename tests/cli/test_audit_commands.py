"""`cairn audit` as an operator, and somebody who does not trust the operator, would run it."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.cli import main
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent
from app.db.migrate import migrate
from app.db.session import Database
from app.db.unit_of_work import open_work
from tests.world import World

pytestmark = pytest.mark.machine_time

Cairn = Callable[..., tuple[int, str, str]]
ENTRIES = 7


class Place:
    """A database of its own with two schools' trails, and a folder of keys and checkpoints."""

    def __init__(self, urls: tuple[str, str], folder: Path) -> None:
        self.owner_url, self.app_url = urls
        self.folder = folder
        self.first, self.second = sorted((new_id(), new_id()))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CAIRN_DATABASE_URL": self.app_url,
            "CAIRN_KEYS_DIR": str(self.folder / "keys"),
            "CAIRN_CHECKPOINT_FILE": str(self.checkpoints),
            "CAIRN_UNSAFE_DATABASE": "true",
        }

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints.txt"

    def write(self, school_id: UUID, number: int) -> None:
        """Entries of a school."""

        async def run() -> None:
            database = Database(self.app_url, pool=1)
            try:
                async with open_work(database, Actor.system(school_id)) as work:
                    for place in range(number):
                        work.record(
                            AuditEvent.CHILD_OPENED, "child", new_id(), details={"place": place}
                        )
            finally:
                await database.close()

        asyncio.run(run())

    def sql(self, statement: str, *values: object) -> None:
        """As superuser."""
        url = make_url(self.owner_url).set(drivername="postgresql").render_as_string(False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement, values)


@pytest.fixture(scope="module")
def urls(admin_url: str) -> tuple[str, str]:
    return World.new_database(admin_url, migrate)


@pytest.fixture
def place(urls: tuple[str, str], tmp_path: Path) -> Place:
    made = Place(urls, tmp_path)
    made.sql("truncate trail, row_trail, trail_leaf, trail_node, trail_checkpoint")
    made.write(made.first, ENTRIES)
    made.write(made.second, 3)
    return made


@pytest.fixture
def cairn(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cairn:
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cairn", "audit", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


class TestSeal:
    def test_seals_all_schools_and_says_how_much(self, cairn: Cairn) -> None:
        assert cairn("seal") == (0, "10 entries under 2 checkpoints\n", "")
        assert cairn("seal") == (0, "0 entries under 0 checkpoints\n", "")

    def test_says_which_checkpoint_is_forged(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        place.sql("update trail_checkpoint set note = 'x' where school_id = %s", place.first)
        place.write(place.first, 1)
        code, _, said = cairn("seal")
        assert code == 1
        assert f"cairn/{place.first}/children is not what was signed" in said


class TestAWorker:
    @pytest.mark.long
    def test_seals_by_itself_until_it_is_told_to_stop(self, cairn: Cairn, place: Place) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", "worker"],
            env={**os.environ, "CAIRN_SEAL_SECONDS": "0.2", "CAIRN_LOG_LEVEL": "error"},
        ) as worker:
            try:
                deadline = time.monotonic() + 30
                while not place.checkpoints.exists() and time.monotonic() < deadline:
                    time.sleep(0.1)
                place.write(place.second, 1)
                while "4 entries" not in cairn("verify")[1] and time.monotonic() < deadline:
                    time.sleep(0.2)
            finally:
                worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        code, said, _ = cairn("verify")
        assert code == 0
        assert said.endswith("2 logs, 11 sealed entries: good\n")


class TestVerifyTheDatabase:
    def test_finds_it_good(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        place.write(place.first, 2)
        code, said, _ = cairn("verify")
        assert code == 0
        assert f"good  cairn/{place.first}/children: 7 entries, sealed to" in said
        assert "2 younger than 120 s wait" in said
        assert said.endswith("2 logs, 10 sealed entries: good\n")

    def test_says_that_searches_are_no_entries_yet_and_since_when(
        self, cairn: Cairn, place: Place
    ) -> None:
        cairn("seal")
        assert "searches" not in cairn("verify")[1]
        for minute in (7, 5):
            place.sql(
                "insert into child_search (school_id, id, actor_id, actor_role, typed, filters, "
                "searches, children, began_at, last_at) select %s, gen_random_uuid(), "
                "gen_random_uuid(), 'dsl', 'zo', '{}', 1, '{}', at, at "
                "from (select %s::timestamptz as at) s",
                place.first, f"2026-03-02 10:{minute:02}:00Z",
            )  # fmt: skip
        code, said, _ = cairn("verify")
        place.sql("delete from child_search")
        assert code == 0
        (note,) = [line for line in said.splitlines() if "searches" in line]
        assert note.startswith(f"note: cairn/{place.first}/children: 2 searches are no entries yet")
        assert "the first since 2026-03-02 10:05:00 UTC" in note

    def test_names_the_first_bad_entry(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        place.sql(
            "update trail set reason = 'x' where seq %% 2 = 0 and school_id = %s", place.first
        )
        code, said, _ = cairn("verify")
        assert code == 1
        bad = [line for line in said.splitlines() if line.startswith("BAD")]
        assert len(bad) == 1
        assert f"first: cairn/{place.first}/children index " in bad[0]
        assert "changed: the entry is not what was sealed" in bad[0]
        assert f"good  cairn/{place.second}/children" in said
        code, said, _ = cairn("verify", "--school", str(place.second))
        assert code == 0
        assert str(place.first) not in said

    def test_notices_a_school_that_was_taken_out_whole(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        for table in ("trail", "trail_leaf", "trail_checkpoint"):
            place.sql(f"delete from {table} where school_id = %s", place.first)  # noqa: S608
        code, said, _ = cairn("verify")
        assert code == 1
        assert f"cairn/{place.first}/children index 0: truncated" in said

    def test_is_good_again_once_a_cut_is_known_and_why(self, cairn: Cairn, place: Place) -> None:
        """After an honest restore a nightly check need not stay red for ever."""
        cairn("seal")
        place.write(place.first, 2)
        cairn("seal")
        self.cut(place, ENTRIES)
        assert cairn("verify")[0] == 1
        code, said, _ = cairn("accept-cut", "--reason", "A disk failed; restored 3 May.")
        assert (code, said) == (0, f"known: cairn/{place.first}/children\n")
        cairn("seal")
        code, said, _ = cairn("verify")
        assert code == 0, said
        assert (
            "checkpoints 2 to 2 were lost with a restore and that is known: A disk failed" in said
        )
        place.write(place.first, 3)
        cairn("seal")
        assert cairn("verify")[0] == 0
        self.cut(place, ENTRIES + 1)
        code, said, _ = cairn("verify")
        assert code == 1
        assert "truncated" in said

    def test_finds_a_cut_of_what_took_lost_numbers_again(self, cairn: Cairn, place: Place) -> None:
        for _ in range(4):
            cairn("seal")
            place.write(place.first, 2)
        cairn("seal")
        self.cut(place, ENTRIES)
        assert cairn("accept-cut", "--reason", "Restored 3 May.")[0] == 0
        cairn("seal")
        place.write(place.first, 1)
        cairn("seal")
        code, said, _ = cairn("verify")
        assert code == 0, said
        self.cut(place, ENTRIES + 1)
        code, said, _ = cairn("verify")
        assert (code, "truncated" in said) == (1, True), said

    @staticmethod
    def cut(place: Place, size: int) -> None:
        """Take the end of the first school's log out of the database, as an older copy is."""
        for statement in (
            "delete from trail where school_id = %s and id in (select entry_id from trail_leaf l "
            "where l.school_id = trail.school_id and l.index >= %s)",
            "delete from trail_leaf where school_id = %s and index >= %s",
            "delete from trail_checkpoint where school_id = %s and size > %s",
        ):
            place.sql(statement, place.first, size)

    def test_accepts_no_cut_where_there_is_none(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        code, _, error = cairn("accept-cut", "--reason", "Just in case.")
        assert (code, error) == (1, "Error: no log is cut\n")

    def test_accepts_no_cut_without_a_reason(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        self.cut(place, 0)
        code, _, error = cairn("accept-cut", "--reason", " ")
        assert code == 1
        assert "a reason is needed" in error

    def test_says_that_a_cut_end_would_not_show_without_a_file(
        self, cairn: Cairn, place: Place
    ) -> None:
        cairn("seal")
        place.checkpoints.unlink()
        code, said, _ = cairn("verify")
        assert code == 0
        assert "note: no checkpoints are kept outside" in said

    def test_finds_rows_that_no_command_made(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        child = new_id()
        place.sql(
            "insert into agency (school_id, id, name, kind, route, created_at, changed_at) "
            "select %s, %s, 'x', 'x', 'x', now(), now()",
            place.first,
            child,
        )
        code, said, _ = cairn("verify")
        place.sql("delete from agency where id = %s", child)
        assert code == 1
        assert f"untraced: no entry of the trail speaks of the agency {child}" in said
        assert f"row_untraced: nothing was kept of the agency {child}" in said

    def test_works_as_the_owner_too(
        self, cairn: Cairn, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cairn("seal")
        monkeypatch.setenv("CAIRN_DATABASE_URL", place.owner_url)
        assert cairn("verify")[0] == 0

    def test_is_not_good_where_it_cannot_be_done(
        self, cairn: Cairn, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code, _, said = cairn("verify")
        assert (code, "there is no sealing key" in said) == (2, True)
        cairn("seal")
        assert cairn("verify", "--key", "nonsense")[0] == 2
        assert cairn("verify", "--checkpoints", str(place.folder / "none"))[0] == 2
        place.checkpoints.write_text("nonsense\n")
        assert cairn("verify")[0] == 2
        monkeypatch.setenv("CAIRN_DATABASE_URL", "")
        assert cairn("verify")[0] == 2

    def test_trusts_the_keys_that_are_given_and_no_others(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        own = cairn("keys")[1].strip()
        assert cairn("verify", "--key", own)[0] == 0
        other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        code, said, _ = cairn("verify", "--key", other)
        assert code == 1
        assert "no known key has signed this" in said

    def test_accepts_what_an_older_key_signed(self, cairn: Cairn, place: Place) -> None:
        cairn("seal")
        first = cairn("keys")[1]
        code, second, _ = cairn("rotate-key")
        assert code == 0
        assert cairn("keys")[1] == first + second
        place.write(place.first, 1)
        cairn("seal")
        assert cairn("verify")[0] == 0
        assert cairn("verify", "--key", second.strip())[0] == 1
        assert len(list((place.folder / "keys/seals").glob("*.key"))) == 1


class TestABundle:
    @pytest.fixture
    def bundle(self, cairn: Cairn, place: Place) -> Path:
        cairn("seal")
        target = place.folder / "trail.zip"
        code, said, _ = cairn("export", str(target), "--school", str(place.first))
        assert (code, said) == (0, f"{target}: 7 entries\n")
        return target

    def test_is_checked_without_database_and_settings(self, bundle: Path, place: Place) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        done = subprocess.run(
            [sys.executable, "-c", "from app.cli import main; main()", "audit", "verify",
             str(bundle), "--checkpoints", str(place.checkpoints)],
            env=kept, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "note: these keys come with the file" in done.stdout
        assert f"good  cairn/{place.first}/children: 7 entries" in done.stdout

    def test_leaves_a_trace_of_its_making(self, bundle: Path, cairn: Cairn, place: Place) -> None:
        place.sql("select 1")
        with psycopg.connect(
            make_url(place.owner_url).set(drivername="postgresql").render_as_string(False)
        ) as connection:
            found = connection.execute(
                "select count(*) from trail where verb = 'audit.exported' and school_id = %s",
                [place.first],
            ).fetchone()
        assert found == (1,)

    def test_can_be_checked_by_anybody(self, bundle: Path) -> None:
        """The few lines that a stranger would write."""
        with zipfile.ZipFile(bundle) as file:
            entries = file.read("children/entries.ndjson").splitlines()
            leaves = file.read("children/leaves.txt").decode().splitlines()
            notes = file.read("children/checkpoints.ndjson").splitlines()
        assert [hashlib.sha256(b"\0" + one).hexdigest() for one in entries] == leaves
        assert json.loads(notes[-1]).split("\n")[1] == str(len(leaves)) == "7"

    @staticmethod
    def bent(bundle: Path, name: str, change: Callable[[list[bytes]], list[bytes]]) -> Path:
        target = bundle.with_name("bent.zip")
        with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(target, "w") as made:
            for item in source.namelist():
                content = source.read(item)
                if item == f"children/{name}":
                    lines = change(content.splitlines())
                    content = b"".join(line + b"\n" for line in lines)
                made.writestr(item, content)
        return target

    @pytest.mark.parametrize(
        ("name", "change", "said"),
        [
            ("entries.ndjson", lambda x: [*x[:2], x[2].replace(b"system", b"dsl"), *x[3:]],
             "index 2 entry"),
            ("entries.ndjson", lambda x: [*x[:2], *x[3:]], "index 2 entry"),
            ("entries.ndjson", lambda x: [*x[:4], b"", *x[5:]], "index 4: missing"),
            ("entries.ndjson", lambda x: x[:5], "index 5: missing"),
            ("entries.ndjson", lambda x: [*x, x[0]], "index 7 entry"),
            ("entries.ndjson", lambda x: [x[1], x[0], *x[2:]], "index 0 entry"),
            ("entries.ndjson", lambda x: [b"nonsense", *x[1:]], "index 0: changed"),
            ("leaves.txt", lambda x: [x[1], *x[1:]], "index 0 entry"),
            ("leaves.txt", lambda x: [b"nonsense", *x[1:]], "index 0 entry"),
            ("checkpoints.ndjson", lambda x: [b'"x"', *x[1:]], "checkpoint_forged"),
            ("checkpoints.ndjson", lambda _: [], "index 0 entry"),
        ],
    )  # fmt: skip
    def test_that_was_bent_is_found_out(
        self,
        bundle: Path,
        cairn: Cairn,
        name: str,
        change: Callable[[list[bytes]], list[bytes]],
        said: str,
    ) -> None:
        code, told, _ = cairn("verify", str(self.bent(bundle, name, change)))
        assert code == 1
        first = next(line for line in told.splitlines() if line.startswith("BAD"))
        assert said in first

    def test_older_than_the_file_outside_is_cut(
        self, bundle: Path, cairn: Cairn, place: Place
    ) -> None:
        place.write(place.first, 1)
        cairn("seal")
        assert cairn("verify", str(bundle))[0] == 0
        code, said, _ = cairn("verify", str(bundle), "--checkpoints", str(place.checkpoints))
        assert code == 1
        assert "index 7: truncated" in said

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x05\x06" + bytes(18)])
    def test_that_is_none_is_not_checked(
        self, cairn: Cairn, tmp_path: Path, content: bytes
    ) -> None:
        target = tmp_path / "other.zip"
        target.write_bytes(content)
        code, _, said = cairn("verify", str(target))
        assert code == 2
        assert "bundle" in said
        assert cairn("verify", str(tmp_path / "none"))[0] == 2
