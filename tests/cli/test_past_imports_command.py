"""`cairn import past`, run in this process, and the worked example of docs/past.md."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import cairn
from app.core.settings import Settings
from tests.past import SOURCE, Past, csv_of, row, upn
from tests.world import World

Command = Callable[..., Result]
GUIDE = (Path(__file__).parents[2] / "docs/past.md").read_text()


@pytest.fixture
def command(app_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in ("database_url", "storage_url"):
        value = getattr(app_settings, name)
        text = value if isinstance(value, str) else value.get_secret_value()
        monkeypatch.setenv(f"CAIRN_{name.upper()}", text)

    def run(past: Past, file: Path, *options: str) -> Result:
        arguments = ["import", "past", str(file), "--school", str(past.school.id)]
        arguments += ["--kind", "concern", "--source", SOURCE, *options]
        return CliRunner().invoke(cairn(), arguments)

    return run


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


async def ran(command: Command, *arguments: object) -> Result:
    """The command has an event loop of its own, so it needs a thread of its own."""
    return await asyncio.to_thread(command, *arguments)


class TestImportHistory:
    async def test_plans_and_lets_nothing_in(
        self, past: Past, command: Command, tmp_path: Path
    ) -> None:
        await past.child(1)
        file = tmp_path / "concerns.csv"
        file.write_bytes(csv_of(row("1", f"upn:{upn(1)}")))
        found = await ran(command, past, file, "--json")
        assert found.exit_code == 0, found.output
        (one,) = json.loads(found.stdout)["imports"]
        assert (one["state"], one["counts"]["new"], one["counts"]["rows"]) == ("planned", 1, 1)
        assert past.entries() == []
        await past.approve(one["id"])
        assert (await past.apply(one["id"]))["state"] == "applied"
        assert len(past.entries()) == 1

    async def test_says_by_its_code_that_rows_are_left_out(
        self, past: Past, command: Command, tmp_path: Path
    ) -> None:
        await past.child(1)
        file = tmp_path / "concerns.csv"
        child = f"upn:{upn(1)}"
        file.write_bytes(csv_of(row("1", child), row("2", child, text="a\0b")))
        found = await ran(command, past, file, "--json")
        whole = json.loads(found.stdout)
        assert (found.exit_code, whole["state"]) == (5, "left_out"), found.output
        counts = whole["imports"][0]["counts"]
        assert (counts["new"], counts["refused"]) == (1, 1)

    async def test_ends_as_scripts_expect(
        self, past: Past, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "concerns.csv"
        file.write_bytes(csv_of(row("1", f"upn:{upn(1)}")))
        assert (await ran(command, past, file)).exit_code == 2
        pdf = tmp_path / "x.pdf"
        pdf.write_bytes(b"%PDF-1.7")
        refused = await ran(command, past, pdf)
        assert refused.exit_code == 3
        assert "Send CSV or NDJSON." in refused.stdout
        assert (await ran(command, past, tmp_path / "none.csv")).exit_code == 3
        monkeypatch.setenv("CAIRN_DATABASE_URL", "postgresql://a:b@127.0.0.1:1/cairn")
        assert (await ran(command, past, file)).exit_code == 4

    async def test_only_looks_where_asked(
        self, past: Past, command: Command, tmp_path: Path
    ) -> None:
        await past.child(1)
        file = tmp_path / "concerns.csv"
        file.write_bytes(csv_of(row("1", f"upn:{upn(1)}")))
        found = await ran(command, past, file, "--dry-run", "--json")
        (one,) = json.loads(found.stdout)["imports"]
        assert (await past.approve(one["id"])).json()["code"] == "import_only_planned"


class TestGuide:
    async def test_its_example_does_what_it_says(
        self, past: Past, command: Command, tmp_path: Path
    ) -> None:
        alex = await past.child(1)
        past.sql("update child_identifier set value = 'H801200001001' where child_id = %s", alex)
        sam = await past.school.child("Sam", "Hill", date_of_birth=date(2011, 2, 3))
        content = re.search(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
        assert content is not None
        file = tmp_path / "concerns.csv"
        file.write_text(content[1])
        found = await ran(command, past, file, "--json")
        (one,) = json.loads(found.stdout)["imports"]
        assert [one["counts"][fate] for fate in ("new", "open", "held", "set_aside")] == [
            2,
            1,
            1,
            1,
        ]
        assert found.exit_code == 2
        children = f"/v1/imports/{one['id']}/children"
        (unknown,) = (await past.lead.get(children)).json()["items"]
        assert [each["id"] for each in unknown["proposals"]] == [str(sam)]
        await past.lead.post(f"{children}/{unknown['id']}/match", {"child_id": str(sam)})
        await past.plan(one["id"])
        await past.approve(one["id"])
        await past.apply(one["id"])
        assert len(past.entries()) == 3
        listed = await past.lead.get("/v1/past-entries?state=open")
        assert len(listed.json()["items"]) == 1

    def test_names_every_column(self) -> None:
        from app.formats.history import KINDS
        from app.formats.history.columns import COMMON

        for name in {*COMMON, *(one for kind in KINDS.values() for one in kind.columns)}:
            assert f"`{name}`" in GUIDE, name
