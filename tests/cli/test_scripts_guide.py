"""`docs/scripts.md`, done: every block of it, as an administrator copies it, against a server."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import app
from app.cli.exits import Exit
from app.core.settings import Settings
from app.core.words import Role
from app.formats.packets import public_key, write_keys
from app.jobs.imports import IMPORT_TASKS
from app.jobs.school_exports import SCHOOL_EXPORT_TASKS
from tests.exports import KEY as EXPORT_KEY
from tests.exports import approve
from tests.jobs.working import TESTED, eventually
from tests.oneroster_service import BASE, KEY, Service, a_school, serving
from tests.past import Past, csv_of, row, upn
from tests.programs import check_presence
from tests.rosters import package, pupils
from tests.sampling import in_turn
from tests.served import service_key, working_api
from tests.unit.formats.roster_packages import user
from tests.world import School, World

pytestmark = pytest.mark.machine_time

GUIDE = (Path(app.__file__).parents[1] / "docs/scripts.md").read_text()
NAMED = re.compile(r"# ([a-z-]+\.(?:sh|env|py))\b")
INTERPRETERS = {"bash": "bash", "sh": "sh", "python": sys.executable}


def blocks() -> list[tuple[str, str]]:
    """Every fenced block: its language and its text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def scripts() -> dict[str, tuple[str, str]]:
    """The scripts by the name in their first line: language and text."""
    found = {}
    for language, text in blocks():
        if (named := NAMED.match(text)) is not None:
            found[named[1]] = (language, text)
    return found


class Home:
    """The folder of an administrator's account, with all scripts of the guide."""

    def __init__(self, folder: Path, url: str, key: str) -> None:
        self.folder, self.url, self.key, self.token = folder, url, key, ""
        self.ran: set[str] = set()
        for name, (_, text) in scripts().items():
            (folder / name).write_text(text, encoding="utf-8")
        setting = f"# cairn.env\nexport CAIRN_URL={url}\nexport CAIRN_KEY={key}\n"
        (folder / "cairn.env").write_text(setting, encoding="utf-8")

    async def run(self, name: str, *words: str) -> tuple[int, str]:
        """Run a script: its exit code, and what it said."""
        self.ran.add(name)
        language, _ = scripts()[name]
        return await self.call(INTERPRETERS[language], str(self.folder / name), *words)

    async def call(self, *command: str) -> tuple[int, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        known = {"PATH": path, "HOME": str(self.folder), "COLUMNS": "200", "LANG": "C.UTF-8"}
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=self.folder, capture_output=True, text=True,
            env={
                **known, "CAIRN_URL": self.url, "CAIRN_KEY": self.key, "CAIRN_TOKEN": self.token,
            },
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
async def url(app_settings: Settings, world: World) -> AsyncIterator[str]:
    exports = [one for one in SCHOOL_EXPORT_TASKS if one.every is None]
    tasks = (*IMPORT_TASKS, *exports, *TESTED)
    async with working_api(app_settings, world, *tasks) as origin:
        yield origin


@pytest.fixture
async def home(url: str, school: School, tmp_path: Path) -> Home:
    for program in ("curl", "jq"):
        check_presence(shutil.which(program), program, "CAIRN_REQUIRE_SCRIPTS")
    scopes = ("roster:import", "history:prepare", "school:export")
    return Home(tmp_path, url, await service_key(school, *scopes))


def on_roll(world: World, school: School) -> int:
    count = "select count(*) from child where school_id = %s and roll_status = 'on_roll'"
    return int(world.sql(count, school.id)[0][0])


class TestTheGuide:
    async def test_walks_from_a_file_to_an_approved_plan(
        self, world: World, school: School, home: Home
    ) -> None:
        many, few = home.folder / "many.zip", home.folder / "few.zip"
        many.write_bytes(package(*pupils(30), user(sourcedId="x", givenName="", familyName="")))
        few.write_bytes(package(*pupils(3)))

        code, said = await home.run("send.sh", str(many))
        assert code == 0, said
        assert re.search(r"^users\.csv:32 error row\.missing_name ", said, re.MULTILINE), said
        first = said.split()[-1]
        again = await home.run("send.sh", str(many))
        assert (again[0], again[1].split()[-1]) == (0, first)
        code, said = await home.run("verify.py", str(many), first)
        assert (code, said.splitlines()[0]) == (
            1, "applied: 31 pupils in the file, 30 in Cairn, 0 left",
        ), said  # fmt: skip

        code, said = await home.run("send.sh", str(few))
        assert code == 2, said
        held = said.split()[-1]
        code, said = await home.run("held.sh", held)
        assert code == 0, said
        assert "too_many_leavers: 27 of 30, more than 10 %" in said
        assert len(re.findall(r"\tabsent$", said, re.MULTILINE)) == 27
        code, said = await home.run("approve.sh", held)
        assert (code, "403" in said) == (3, True), said
        home.token = school.people[Role.SCHOOL_ADMIN].token
        code, said = await home.run("approve.sh", held)
        assert (code, said) == (0, "approved\n")
        home.token = ""
        await eventually(lambda: on_roll(world, school) == 3, "it was never applied")
        assert (await home.run("verify.py", str(few), held))[0] == 0

    async def test_says_which_way_it_was_refused(self, home: Home) -> None:
        (home.folder / "roster.zip").write_bytes(b"%PDF-1.7")
        code, said = await home.run("send.sh", str(home.folder / "roster.zip"))
        assert (code, "file.pdf" in said) == (3, True), said
        home.key += "x"
        assert (await home.run("send.sh", str(home.folder / "roster.zip")))[0] == 3

    @in_turn(4)
    async def test_runs_by_command_and_by_night(
        self, world: World, school: School, home: Home
    ) -> None:
        (home.folder / "OneRoster.zip").write_bytes(package(*pupils(30)))
        code, said = await home.run("by-command.sh", "OneRoster.zip")
        assert code == 0, said
        assert "dry run: nothing was changed" in said
        assert "applied; import" in said
        ((_, line),) = [one for one in blocks() if one[0] == "cron"]
        *when, command = line.strip().split(" ", 5)
        assert len(when) == 5
        assert await home.call("sh", "-c", command) == (0, "")

        (home.folder / "OneRoster.zip").write_bytes(package(*pupils(3)))
        code, said = await home.run("nightly.sh", "OneRoster.zip")
        assert (code, said.splitlines()[0]) == (
            2, "The roster is held: a person has to look at the plan, and approve it.",
        ), said  # fmt: skip
        assert on_roll(world, school) == 30

    @in_turn(4)
    async def test_shows_the_shape_that_the_command_answers(self, home: Home) -> None:
        bad = user(sourcedId="x", givenName="", familyName="")
        (home.folder / "roster.zip").write_bytes(package(*pupils(1), bad))
        code, said = await home.call("cairn", "import", "roster", "roster.zip", "--json")
        ((_, shown),) = [one for one in blocks() if one[0] == "json"]
        assert code == 5, said
        assert shape(json.loads(said)) == shape(json.loads(shown))
        for one in Exit:
            assert f"| {one.value} | `{one.name.lower()}` |" in GUIDE

    @in_turn(4)
    async def test_pulls_from_a_service(self, world: World, school: School, home: Home) -> None:
        with serving(Service(a_school(12))) as service:
            script = home.folder / "pull.sh"
            text = script.read_text().replace("client:secret ", f"'{KEY}' ")
            text = text.replace("https://mis.example/ims", f"{service.url}/ims")
            script.write_text(text.replace("https://mis.example/token", f"{service.url}/token"))
            assert BASE in text
            code, said = await home.run("pull.sh")
        assert code == 0, said
        assert on_roll(world, school) == 12
        assert (home.folder / "oak.cursor").exists()

    @in_turn(4)
    async def test_sends_past_entries(self, school: School, home: Home) -> None:
        past = Past(school)
        await past.child(1)
        (home.folder / "past.csv").write_bytes(csv_of(row("1", f"upn:{upn(1)}")))
        code, said = await home.run("past.sh", "past.csv")
        assert (code, "planned; import" in said) == (0, True), said
        code, said = await home.run("send-past.sh", "past.csv")
        assert (code, said.split()[0]) == (0, "planned"), said
        (home.folder / "more.csv").write_bytes(csv_of(row("2", f"upn:{upn(2)}")))
        code, said = await home.run("send-past.sh", "more.csv")
        assert (code, said.startswith("line 2 hold child_not_found ")) == (2, True), said

    @in_turn(4)
    async def test_invites_a_list_of_staff(self, world: World, school: School, home: Home) -> None:
        (home.folder / "staff.csv").write_text(
            "source_id,name,email,staff_code\na,Mrs J Bell,j.bell@school.example,JBE\n"
            "b,Mr Lee,,LEE\nc,Di Hill,di@school.example,\n"
        )
        home.token = school.people[Role.SCHOOL_ADMIN].token
        code, said = await home.run("invite.py", "staff.csv")
        assert (code, said) == (0, "row 2: invited\nrow 3: no email address\nrow 4: invited\n")
        code, said = await home.run("invite.py", "staff.csv")
        assert code == 0, said
        assert "invited" not in said
        added = world.sql(
            "select s.name, m.role from staff s join membership m on m.staff_id = s.id"
            " where s.school_id = %s and s.email like '%%@school.example' and m.role = 'staff'"
            " and s.name in ('Mrs J Bell', 'Di Hill') order by s.name", school.id,
        )  # fmt: skip
        assert added == [("Di Hill", "staff"), ("Mrs J Bell", "staff")]
        past = Past(school)
        sent = await past.send((home.folder / "staff.csv").read_bytes(), "staff")
        state = "select state from past_import where id = %s"
        await eventually(lambda: world.sql(state, sent["id"]) == [("planned",)])
        planned = await past.get(sent["id"])
        known = {one["code"]: one["number"] for one in planned["counts"]["problems"]}
        assert known == {"author_unmatched": 1}
        home.token = school.people[Role.STAFF].token
        assert (await home.run("invite.py", "staff.csv"))[0] == 3

    @in_turn(4)
    async def test_exports_the_school(self, school: School, home: Home) -> None:
        (home.folder / "next.public").write_bytes(write_keys([public_key(EXPORT_KEY)]))
        code, said = await home.run("export.sh")
        assert code == 2, said
        export = said.split()[-1]
        assert (await home.run("fetch.py", export, "copy.cairn"))[0] == 1
        for role in (Role.HEADTEACHER, Role.DSL):
            await approve(school.api(role), export)
        code, said = await home.run("export.sh")
        assert code == 0, said
        (whole,) = home.folder.glob("school-*.cairn")
        content = whole.read_bytes()
        (home.folder / "copy.cairn").write_bytes(content[:1000])
        assert await home.run("fetch.py", export, "copy.cairn") == (0, "whole\n")
        assert (home.folder / "copy.cairn").read_bytes() == content

    def test_leaves_no_block_out(self) -> None:
        """Those that are run above; a new one has to be run too."""
        assert set(scripts()) == {
            "cairn.env", "by-command.sh", "nightly.sh", "api.sh", "send.sh", "held.sh",
            "approve.sh", "verify.py", "pull.sh", "past.sh", "send-past.sh", "export.sh",
            "fetch.py", "invite.py",
        }  # fmt: skip
        others = [language for language, text in blocks() if NAMED.match(text) is None]
        assert others == ["json", "cron"]


def shape(value: Any) -> Any:
    """The names in a JSON value, whatever they say; `counts` are the API's own."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items() if name != "counts"}
    return [shape(one) for one in value[:1]] if isinstance(value, list) else None
