"""`cairn import roster` and `undo` with a service key, against the application as it is served."""

import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.core.words import Role
from app.integrations import service_client
from tests.cli.conftest import Cairn
from tests.rosters import DISTRICT, SMALL, Roster, package, pupils
from tests.served import Scripted, roster_api, service_key
from tests.unit.formats.roster_packages import user
from tests.world import School, World

pytestmark = pytest.mark.machine_time


@pytest.fixture(scope="module")
async def url(app_settings: Settings, world: World) -> AsyncIterator[str]:
    """A real server."""
    async with roster_api(app_settings, world) as origin:
        yield origin


@pytest.fixture
async def script(cairn: Cairn, url: str, school: School) -> Scripted:
    """The command with a key of the school, and no database in its environment."""
    script = Scripted(cairn, url, await service_key(school))
    await script("--help", CAIRN_DATABASE_URL="", COLUMNS="200")
    return script


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_client, "WAITS", (0.01, 0.01))


def written(folder: Path, content: bytes, name: str = "roster.zip") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def imports(world: World, school: School) -> int:
    found = world.sql("select count(*) from roster_import where school_id = %s", school.id)
    return int(found[0][0])


class TestImportRoster:
    async def test_applies_a_folder(self, world: World, school: School, script: Scripted) -> None:
        code, said, complaint = await script("import", "roster", SMALL)

        assert (code, complaint) == (0, ""), said
        row = next(line for line in said.splitlines() if "children" in line)
        assert row.replace("│", " ").split() == ["children", "72", "0", "0", "0", "0"]
        assert "users.csv:2:- warning row.field_forbidden_in_bulk" in said
        assert "applied; import " in said
        by = world.sql("select started_by from roster_import where school_id = %s", school.id)
        assert str(by[0][0]) == script.key.partition(":")[0]

    async def test_says_it_as_one_json_object(
        self, school: School, script: Scripted, tmp_path: Path
    ) -> None:
        bad = user(sourcedId="x", givenName="", familyName="")
        file = written(tmp_path, package(*pupils(2), bad))

        code, said, complaint = await script("import", "roster", file, "--json")

        whole = json.loads(said)
        (one,) = whole.pop("imports")
        assert (code, complaint) == (5, "")
        assert whole == {"state": "left_out", "dry_run": False, "error": None, "problems": []}
        assert set(one) == {"id", "school", "school_id", "state", "fault", "counts", "problems"}
        assert (one["state"], one["fault"], one["counts"]["children"]["new"]) == (
            "applied", None, 2,
        )  # fmt: skip
        assert set(one["problems"][0]) == {
            "file", "line", "column", "code", "severity", "detail",
        }  # fmt: skip
        placed = [(p["file"], p["line"], p["code"]) for p in one["problems"]]
        assert ("users.csv", 4, "row.missing_name") in placed

    async def test_changes_nothing_in_a_dry_run_and_says_who_would_be_held(
        self, world: World, school: School, script: Scripted, tmp_path: Path
    ) -> None:
        many, few = (
            written(tmp_path, package(*pupils(30)), "many.zip"),
            written(tmp_path, package(*pupils(3)), "few.zip"),
        )

        planned = await script("import", "roster", many, "--dry-run")
        before = Roster(school).fingerprint()
        assert planned[0] == 0, planned
        assert "dry run: nothing was changed" in planned[1]
        assert world.sql("select count(*) from child where school_id = %s", school.id) == [(0,)]
        assert Roster(school).fingerprint() == before

        assert (await script("import", "roster", many))[0] == 0
        code, said, _ = await script("import", "roster", few, "--dry-run", "--json")
        (one,) = json.loads(said)["imports"]
        assert (code, one["state"], one["counts"]["held"][0]["code"]) == (
            2, "held", "too_many_leavers",
        )  # fmt: skip

    async def test_plans_afresh_each_time(self, script: Scripted, tmp_path: Path) -> None:
        file = written(tmp_path, package(*pupils(3)))
        fates = []
        for words in (("--dry-run",), (), ("--dry-run",)):
            code, said, _ = await script("import", "roster", file, "--json", *words)
            assert code == 0, said
            fates.append(json.loads(said)["imports"][0]["counts"]["children"])
        assert [(one["new"], one["unchanged"]) for one in fates] == [(3, 0), (3, 0), (0, 3)]

    async def test_ends_with_two_when_held_and_with_three_when_refused(
        self, script: Scripted, tmp_path: Path
    ) -> None:
        many, few = (
            written(tmp_path, package(*pupils(30)), "many.zip"),
            written(tmp_path, package(*pupils(3)), "few.zip"),
        )
        assert (await script("import", "roster", many))[0] == 0

        held = await script("import", "roster", few)
        choice = await script("import", "roster", DISTRICT)

        assert held[0] == 2
        assert "needs_person: A person of the school" in held[1]
        assert choice[0] == 3
        assert "--organisation" in choice[1]

    async def test_is_refused_without_a_right_key_and_never_repeats_it(
        self, script: Scripted
    ) -> None:
        wrong = script.key[:-4] + "0000"
        for key, words in ((wrong, "401"), ("id-alone", "id:secret"), ("", "CAIRN_KEY")):
            code, said, complaint = await script("import", "roster", SMALL, CAIRN_KEY=key)
            assert (code, said) == (3, ""), complaint
            assert words in complaint
            assert not key or key.partition(":")[2] not in complaint or ":" not in key

    async def test_sends_no_key_in_the_clear(self, script: Scripted) -> None:
        url = "http://cairn.example"
        code, _, complaint = await script("import", "roster", SMALL, CAIRN_URL=url)
        assert (code, "https://" in complaint) == (3, True)

    async def test_leaves_options_of_operators_to_the_database(self, script: Scripted) -> None:
        code, _, complaint = await script("import", "roster", SMALL, "--create-schools")
        assert (code, "for one school" in complaint) == (3, True)

    async def test_ends_with_four_where_nobody_answers(
        self, script: Scripted, impatient: None
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
            code, said, _ = await script("import", "roster", SMALL, "--json", CAIRN_URL=nobody)
        assert (code, json.loads(said)["state"]) == (4, "unreachable")


class TestTheSameFileAgain:
    async def test_after_a_cut_goes_on_with_its_import(
        self, world: World, school: School, script: Scripted, tmp_path: Path, impatient: None
    ) -> None:
        file = written(tmp_path, package(*pupils(3)))
        with Cutting(script.url) as cutting:
            cut = await script("import", "roster", file, CAIRN_URL=cutting.url)
        assert cut[0] == 4, cut
        assert cutting.passed >= 2, "the file came, and the answer did not"

        code, said, _ = await script("import", "roster", file)

        assert code == 0, said
        assert imports(world, school) == 1

    async def test_is_waited_for_again(
        self, world: World, school: School, script: Scripted, tmp_path: Path
    ) -> None:
        file = written(tmp_path, package(*pupils(3)))
        late = await script("import", "roster", file, "--wait", "-1")
        assert late[0] == 4
        assert "the same command again picks it up" in late[2]
        assert (await script("import", "roster", file))[0] == 0
        assert imports(world, school) == 1

    async def test_is_imported_again_once_it_was_undone_or_another_came(
        self, world: World, school: School, script: Scripted, tmp_path: Path
    ) -> None:
        first = written(tmp_path, package(*pupils(3)), "first.zip")
        other = written(tmp_path, package(*pupils(3, middleName="Ray")), "other.zip")
        for file in (first, other, first):
            assert (await script("import", "roster", file))[0] == 0
        assert imports(world, school) == 3
        (newest,) = (await school.api(Role.SCHOOL_ADMIN).get("/v1/roster/imports?limit=1")).json()[
            "items"
        ]
        assert (await script("import", "undo", newest["id"]))[0] == 0

        assert (await script("import", "roster", first))[0] == 0

        assert imports(world, school) == 4


class TestUndo:
    async def test_undoes_and_says_so_again(
        self, world: World, school: School, script: Scripted, tmp_path: Path
    ) -> None:
        file = written(tmp_path, package(*pupils(3)))
        _, said, _ = await script("import", "roster", file, "--json")
        import_id = json.loads(said)["imports"][0]["id"]

        done = await script("import", "undo", import_id)
        again = await script("import", "undo", import_id, "--json")

        assert done[0] == 0, done
        assert done[1].rstrip().endswith(f"undone; import {import_id}")
        (one,) = json.loads(again[1])["imports"]
        assert (again[0], one["counts"]["undone"]["restored"]) == (0, 3)
        on_roll = "select count(*) from child where school_id = %s and roll_status = 'on_roll'"
        assert world.sql(on_roll, school.id) == [(0,)]

    async def test_refuses_what_is_not_applied(self, script: Scripted) -> None:
        unknown = "00000000-0000-7000-8000-000000000000"
        code, _, complaint = await script("import", "undo", unknown)
        assert (code, "cannot find this import" in complaint) == (3, True)


class Cutting:
    """Passes requests on, and hangs up instead of giving the answer to a file."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2])
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.passed = 0

    def __enter__(self) -> "Cutting":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        """One connection: its requests one after the other, until one was a file."""
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            threading.Thread(target=copy, args=(client, server), daemon=True).start()
            while answer := server.recv(65_536):
                self.passed += 1
                if b"/v1/roster/imports/" in answer:
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(answer)


def copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65_536):
            target.sendall(piece)
    except OSError:
        return
