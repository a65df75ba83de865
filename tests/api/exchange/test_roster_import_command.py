"""The operator's command `cairn import roster`, run in this process."""

import asyncio
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

import app as cairn
from app.cli.foundings import command_of
from app.cli.here import settings_here
from app.cli.imports import app
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.exchange.roster.rules import school_id_of
from app.domain.people.foundings.commands import found_organisations
from app.formats.rosters.opening import open_roster
from tests.programs import check_presence
from tests.rosters import DANDELION, DISTRICT, SMALL, package, pupils
from tests.unit.formats.roster_packages import ORGS, user
from tests.unit.formats.test_roster_mapped import AMY, HEADER, RORY
from tests.world import School, World

Command = Callable[..., Result]
Everywhere = Callable[..., Result]


@pytest.fixture
def command(app_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in ("database_url", "storage_url"):
        value = getattr(app_settings, name)
        text = value if isinstance(value, str) else value.get_secret_value()
        monkeypatch.setenv(f"CAIRN_{name.upper()}", text)
    monkeypatch.setenv("COLUMNS", "200")

    def run(school: School, file: Path, *options: str) -> Result:
        arguments = ["roster", str(file), "--school", str(school.id), *options]
        return CliRunner().invoke(app, arguments)

    return run


async def ran(command: Command, *arguments: object) -> Result:
    """The command has an event loop of its own, so it needs a thread of its own."""
    return await asyncio.to_thread(command, *arguments)


def children(world: World, school: School) -> int:
    found = world.sql("select count(*) from child where school_id = %s", school.id)
    return int(found[0][0])


class TestImportRoster:
    async def test_applies_a_folder_and_then_the_same_zip_without_change(
        self, world: World, school: School, command: Command
    ) -> None:
        first = await ran(command, school, SMALL)
        again = await ran(command, school, SMALL / "oneroster-school-small.zip")

        assert first.exit_code == 0, first.output
        assert children(world, school) == 72
        row = next(line for line in first.stdout.splitlines() if "children" in line)
        assert row.replace("│", " ").split() == ["children", "72", "0", "0", "0", "0"]
        assert "users.csv:2:- warning row.field_forbidden_in_bulk" in first.stdout
        assert again.exit_code == 0, again.output
        row = next(line for line in again.stdout.splitlines() if "children" in line)
        assert row.replace("│", " ").split() == ["children", "0", "0", "72", "0", "0"]

    async def test_shows_how_far_it_is_on_a_terminal(
        self, school: School, command: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        done = await ran(command, school, SMALL)
        monkeypatch.delenv("FORCE_COLOR")

        quiet = await ran(command, school, SMALL)

        assert quiet.stderr == ""
        assert "784/784" in done.stderr

    async def test_changes_nothing_in_a_dry_run(
        self, world: World, school: School, command: Command, tmp_path: Path
    ) -> None:
        before = world.sql("select count(*) from trail where school_id = %s", school.id)

        done = await ran(command, school, SMALL, "--dry-run")

        assert done.exit_code == 0, done.output
        assert "dry run: nothing was changed" in done.stdout
        assert children(world, school) == 0
        assert world.sql("select count(*) from roster_import where school_id = %s", school.id) == [
            (0,)
        ]
        assert world.sql("select count(*) from trail where school_id = %s", school.id) == before

    async def test_lists_the_schools_to_choose_from(
        self, world: World, school: School, command: Command
    ) -> None:
        asked = await ran(command, school, DISTRICT)
        done = await ran(command, school, DISTRICT, "--organisation", DANDELION)

        assert asked.exit_code == 3
        assert f"--organisation {DANDELION}  Dandelion Kingsley Elementary School" in asked.stdout
        assert done.exit_code == 0
        assert children(world, school) == 72

    async def test_ends_with_two_when_held(
        self, school: School, command: Command, tmp_path: Path
    ) -> None:
        many, few = tmp_path / "many.zip", tmp_path / "few.zip"
        many.write_bytes(package(*pupils(30)))
        few.write_bytes(package(*pupils(3)))
        await ran(command, school, many)

        held = await ran(command, school, few)

        assert held.exit_code == 2
        assert "too_many_leavers" in held.stdout

    async def test_writes_every_problem_to_a_report(
        self, school: School, command: Command, tmp_path: Path
    ) -> None:
        file, report = tmp_path / "roster.zip", tmp_path / "report.csv"
        file.write_bytes(package(*pupils(1), user(sourcedId="x", givenName="", familyName="")))

        await ran(command, school, file, "--report", str(report))

        with report.open(newline="", encoding="utf-8") as stream:
            rows = [(r["file"], r["line"], r["code"]) for r in csv.DictReader(stream)]
        assert ("users.csv", "3", "row.missing_name") in rows

    async def test_refuses_what_is_not_there(
        self, school: School, command: Command, tmp_path: Path
    ) -> None:
        nothing = tmp_path / "nothing.zip"
        nothing.write_bytes(b"no zip")

        assert (await ran(command, school, tmp_path / "missing.zip")).exit_code == 3
        refused = await ran(command, school, nothing)
        assert refused.exit_code == 3
        assert "file.unknown" in refused.stdout

    async def test_refuses_an_unknown_school(self, school: School, command: Command) -> None:
        stranger = School(school.world, school.people[next(iter(school.people))].id, "none")

        done = await ran(command, stranger, SMALL)

        assert done.exit_code == 3
        assert "no school with this id" in done.output


class TestAWholeFile:
    async def test_makes_every_school_of_a_district_and_changes_nothing_the_second_time(
        self, world: World, everywhere: Everywhere, tmp_path: Path
    ) -> None:
        refused = await asyncio.to_thread(everywhere, DISTRICT)
        assert refused.exit_code == 3
        assert "--create-schools" in refused.output

        words = ("--create-schools", "--people", named(tmp_path, DISTRICT))
        first = await asyncio.to_thread(everywhere, DISTRICT, *words)
        assert first.exit_code == 0, first.output
        assert "The package calls the trust" in first.output
        ids = schools_made(DISTRICT)
        assert len(ids) == 3
        counted = world.sql("select count(*) from child where school_id = any(%s)", ids)
        assert counted == [(248,)]

        roles = world.sql(
            "select role, count(*) from membership where school_id = any(%s)"
            " and role <> 'staff' group by role order by role", ids,
        )  # fmt: skip
        assert roles == [("dsl", 3), ("headteacher", 3), ("school_admin", 3)]

        trail = "select count(*) from trail where school_id = any(%s) and verb like 'child.%%'"
        before = world.sql(trail, ids)
        again = await asyncio.to_thread(everywhere, DISTRICT)
        assert again.exit_code == 0, again.output
        assert world.sql(trail, ids) == before
        assert world.sql("select count(*) from child where school_id = any(%s)", ids) == [(248,)]

    async def test_shows_a_dry_run_of_schools_that_are_there(
        self, everywhere: Everywhere, tmp_path: Path
    ) -> None:
        words = ("--create-schools", "--people", named(tmp_path, SMALL))
        await asyncio.to_thread(everywhere, SMALL, *words)
        done = await asyncio.to_thread(everywhere, SMALL, "--dry-run")
        assert done.exit_code == 0, done.output
        assert "nothing was changed" in done.output

    async def test_shows_a_dry_run_of_schools_that_it_would_make(
        self, world: World, everywhere: Everywhere, tmp_path: Path
    ) -> None:
        file = tmp_path / "roster.zip"
        elm = f"s1,,,Oak School,school,100001,\ns2,,,Elm School {new_id()},school,,\n"
        rows = (*pupils(3), user(sourcedId="q1", orgSourcedIds="s2"))
        file.write_bytes(package(*rows, orgs=ORGS + elm))
        schools = schools_made(file)
        for words in ((), ("--people", named(tmp_path, file))):
            done = await asyncio.to_thread(
                everywhere, file, "--create-schools", "--dry-run", "--json", *words
            )
            assert done.exit_code == 0, done.output
            said = json.loads(done.stdout)
            children = [one["counts"]["children"]["new"] for one in said["imports"]]
            assert (said["dry_run"], children) == (True, [3, 1])
            found = "select 1 from organisation where id = any(%s)"
            assert world.sql(found, schools) == []
            assert world.sql("select 1 from child where school_id = any(%s)", schools) == []

    async def test_founds_no_school_without_an_administrator_a_lead_and_a_head(
        self, world: World, everywhere: Everywhere, tmp_path: Path
    ) -> None:
        file = tmp_path / "roster.zip"
        file.write_bytes(package(*pupils(1)))
        (school,) = schools_made(file)

        async def said(*words: str) -> str:
            done = await asyncio.to_thread(everywhere, file, "--create-schools", *words)
            assert done.exit_code == 3, done.output
            return done.output.replace("\n", " ")

        assert "Nobody is named for" in await said()
        assert "safeguarding lead and a headteacher for each" in await said()
        assert "names nobody for" in await said("--people", named(tmp_path, SMALL))
        lacking = named(tmp_path, file, roles=("school_admin", "dsl"))
        assert "Name a person with the role headteacher" in await said("--people", lacking)
        broken = tmp_path / "broken.csv"
        broken.write_text("trust,school\n")
        assert "broken.csv:1:1 A column is missing" in await said("--people", str(broken))
        assert world.sql("select 1 from organisation where id = %s", school) == []

    async def test_fills_a_school_that_was_founded_before(
        self, world: World, everywhere: Everywhere, app_settings: Settings, tmp_path: Path
    ) -> None:
        file = tmp_path / "roster.zip"
        file.write_bytes(package(*pupils(2)))
        people = named(tmp_path, file)
        command, _ = command_of(Path(people))
        _, school = [one async for one in found_organisations(world.runtime.database, command)]
        done = await asyncio.to_thread(everywhere, file, "--create-schools", "--people", people)
        assert done.exit_code == 0, done.output
        assert f"school {school.id}" in done.output.replace("\n", " ")
        counted = world.sql("select count(*) from child where school_id = %s", school.id)
        assert counted == [(2,)]


ALL = ("school_admin", "dsl", "headteacher")


def named(folder: Path, roster: Path, roles: Sequence[str] = ALL) -> str:
    """A founding file that names people for every school of a roster."""
    mark = new_id().hex[-10:]
    trust = {"name": f"Trust {mark}", "people": people(mark, ("school_admin",))}
    schools = [
        {"name": row.name, "people": people(f"{number}.{mark}", roles)}
        for number, row in enumerate(open_roster(roster).orgs())
        if row.type == "school"
    ]
    file = folder / f"people.{mark}.json"
    file.write_text(json.dumps({"trust": trust, "schools": schools}))
    return str(file)


def people(mark: str, roles: Sequence[str]) -> list[dict[str, object]]:
    return [
        {"name": f"{role} {mark}", "email": f"{role}.{mark}@example.org", "roles": [role]}
        for role in roles
    ]


@pytest.fixture
def everywhere(app_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Everywhere:
    """The command without --school."""
    monkeypatch.setenv("CAIRN_DATABASE_URL", app_settings.database_url.get_secret_value())
    monkeypatch.setenv("CAIRN_STORAGE_URL", app_settings.storage_url)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda file, *options: CliRunner().invoke(app, ["roster", str(file), *options])


def schools_made(file: Path) -> list[UUID]:
    """The ids that the schools of a file get."""
    rows = open_roster(file).orgs()
    return [school_id_of("oneroster", row.sourced_id) for row in rows if row.type == "school"]


class TestSettingsHere:
    def test_finds_the_demo_where_nothing_is_set(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("CAIRN_DATABASE_URL", raising=False)
        (tmp_path / "var").mkdir()
        (tmp_path / "var/demo.env").write_text("CAIRN_DATABASE_URL=postgresql://a:b=c@/d?host=/e\n")
        found = settings_here()
        assert found.database_url.get_secret_value() == "postgresql://a:b=c@/d?host=/e"


class TestFormats:
    async def test_makes_a_school_with_its_urn(
        self, world: World, everywhere: Everywhere, tmp_path: Path
    ) -> None:
        file = tmp_path / "roster.zip"
        orgs = "s8,,,Elm School,school,137024,\n"
        file.write_bytes(package(user(orgSourcedIds="s8"), orgs=ORGS + orgs))

        people = named(tmp_path, file)
        done = await asyncio.to_thread(everywhere, file, "--create-schools", "--people", people)

        assert done.exit_code == 0, done.output
        made = [school_id_of("oneroster", "s8")]
        assert world.sql("select urn from organisation where id = any(%s)", made) == [("137024",)]

    async def test_names_a_file_that_is_no_roster(
        self, everywhere: Everywhere, tmp_path: Path
    ) -> None:
        file = tmp_path / "pupils.pdf"
        file.write_bytes(b"%PDF-1.7")

        refused = await asyncio.to_thread(everywhere, file)

        assert refused.exit_code == 3
        assert "pupils.pdf:-:- error file.pdf The file is a PDF. Cairn reads" in refused.stdout

    async def test_proposes_a_mapping_and_reads_by_it(
        self, world: World, school: School, command: Command, tmp_path: Path
    ) -> None:
        table, saved = tmp_path / "pupils.csv", tmp_path / "oak.toml"
        table.write_text("\n".join([HEADER, AMY, RORY, ""]), encoding="utf-8")
        proposed = CliRunner().invoke(app, ["mapping", str(table)])
        assert proposed.exit_code == 0, proposed.output
        assert "Aaa" in proposed.stderr
        assert "Amy" not in proposed.output
        saved.write_text(proposed.stdout, encoding="utf-8")

        done = await ran(command, school, table, "--mapping", str(saved))

        assert done.exit_code == 0, done.output
        assert children(world, school) == 2

    async def test_does_what_the_page_says(
        self, world: World, school: School, command: Command, tmp_path: Path
    ) -> None:
        """`docs/rosters.md`: its block for the shell, with the id of a school."""
        check_presence(shutil.which("bash"), "bash", "CAIRN_REQUIRE_SCRIPTS")
        page = (Path(cairn.__file__).parents[1] / "docs/rosters.md").read_text()
        (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
        assert "SCHOOL_ID" in block
        table = tmp_path / "pupils.csv"
        table.write_text("\n".join([HEADER, AMY, RORY, ""]), encoding="utf-8")
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-euc", block.replace("SCHOOL_ID", str(school.id))],
            cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert children(world, school) == 2

    async def test_proposes_nothing_for_what_is_no_table(self, tmp_path: Path) -> None:
        file = tmp_path / "pupils.pdf"
        file.write_bytes(b"%PDF-1.7")
        refused = CliRunner().invoke(app, ["mapping", str(file)])
        assert (refused.exit_code, "file.pdf" in refused.stderr) == (3, True)

    async def test_needs_the_mapping_it_is_told_of(
        self, school: School, command: Command, tmp_path: Path
    ) -> None:
        table = tmp_path / "pupils.csv"
        table.write_text(HEADER, encoding="utf-8")
        refused = await ran(command, school, table, "--mapping", str(tmp_path / "none.toml"))
        assert refused.exit_code == 3
        assert "no such mapping" in refused.output


class TestUndo:
    async def test_sets_back_an_import(
        self, world: World, school: School, command: Command, tmp_path: Path
    ) -> None:
        done = await ran(command, school, SMALL)
        import_id = done.stdout.rsplit("import ", 1)[1].split()[0]
        arguments = ["undo", import_id, "--school", str(school.id)]

        undone = await asyncio.to_thread(CliRunner().invoke, app, arguments)
        again = await asyncio.to_thread(CliRunner().invoke, app, arguments)

        assert (undone.exit_code, undone.stdout.split()[0]) == (0, "undone;"), undone.output
        on_roll = "select count(*) from child where school_id = %s and roll_status = 'on_roll'"
        assert world.sql(on_roll, school.id) == [(0,)]
        assert again.exit_code == 3
        assert "applied" in again.output


class TestNobody:
    async def test_is_no_success(self, school: School, command: Command, tmp_path: Path) -> None:
        file = tmp_path / "roster.zip"
        file.write_bytes(package(*pupils(2, orgSourcedIds="s9")))

        done = await ran(command, school, file)

        assert done.exit_code == 3
        assert "nobody_imported" in done.output
