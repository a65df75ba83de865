"""`cairn import past` and `cairn export school` with a service key, at the served application."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.core.settings import Settings
from app.core.words import Role
from app.db.migrate import migrate
from app.formats.packets import public_key, write_keys
from app.integrations import service_client
from app.jobs.imports import IMPORT_TASKS
from app.jobs.school_exports import SCHOOL_EXPORT_TASKS
from tests.cli.conftest import Cairn
from tests.cli.installations import CairnIn, another_machine, plain, trace
from tests.exports import KEY, THUMBPRINT, approve, change
from tests.jobs.working import TESTED
from tests.past import SOURCE, Past, csv_of, row, upn
from tests.served import Scripted, service_key, working_api
from tests.world import School, World

pytestmark = pytest.mark.machine_time

SHAPE = {"id", "school", "school_id", "state", "fault", "counts", "problems"}
WHY = ("--reason", "We change our supplier.")


@pytest.fixture(scope="module")
async def url(app_settings: Settings, world: World) -> AsyncIterator[str]:
    tasks = (*IMPORT_TASKS, *TESTED, *(one for one in SCHOOL_EXPORT_TASKS if one.every is None))
    async with working_api(app_settings, world, *tasks) as origin:
        yield origin


@pytest.fixture
async def script(cairn: Cairn, url: str, school: School) -> Scripted:
    script = Scripted(cairn, url, await service_key(school, "history:prepare", "school:export"))
    await script("--help", CAIRN_DATABASE_URL="", COLUMNS="200")
    return script


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The public key of the person who will open the file, as `cairn packet keygen` writes it."""
    file = tmp_path / "next.public"
    file.write_bytes(write_keys([public_key(KEY)]))
    (tmp_path / "next").write_bytes(write_keys([KEY], private=True))
    return file


def shown(said: str, named: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The object of `--json`, and the one thing in it."""
    whole = json.loads(said)
    (one,) = whole.pop(named)
    assert set(one) == SHAPE
    return whole, one


class TestImportPast:
    async def test_is_planned_and_lets_nothing_in(
        self, school: School, script: Scripted, tmp_path: Path
    ) -> None:
        past = Past(school)
        await past.child(1)
        file = tmp_path / "concerns.csv"
        file.write_bytes(csv_of(row("1", f"upn:{upn(1)}")))
        words = ("import", "past", file, "--kind", "concern", "--source", SOURCE)
        code, said, complaint = await script(*words, "--json")
        assert (code, complaint) == (0, ""), said
        whole, one = shown(said, "imports")
        assert whole == {"state": "done", "dry_run": False, "error": None, "problems": []}
        assert (one["state"], one["counts"]["new"]) == ("planned", 1)
        assert past.entries() == []

        again = shown((await script(*words, "--json"))[1], "imports")[1]
        assert again["id"] == one["id"]
        code, said, _ = await script(*words, "--dry-run")
        assert (code, "it can never be approved" in said) == (0, True)

    async def test_ends_as_scripts_expect(
        self, script: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service_client, "WAITS", (0.01,))
        held, pdf, report = tmp_path / "c.csv", tmp_path / "x.pdf", tmp_path / "problems.csv"
        held.write_bytes(csv_of(row("1", f"upn:{upn(7)}")))
        pdf.write_bytes(b"%PDF-1.7")
        words = ("--kind", "concern", "--source", SOURCE)
        code, said, _ = await script("import", "past", held, *words, "--report", report)
        assert (code, "c.csv:2:children error child_not_found" in said) == (2, True), said
        assert "c.csv,2,children,child_not_found,error," in report.read_text()
        assert (await script("import", "past", pdf, *words))[0] == 3
        assert (await script("import", "past", held, *words, CAIRN_KEY="x:y"))[0] == 3
        away = await script("import", "past", held, *words, CAIRN_URL="http://127.0.0.1:1")
        assert (away[0], away[1]) == (4, "")
        other = await script("import", "past", held, *words, "--school", str(script.key[:36]))
        assert (other[0], "leave --school away" in other[2]) == (3, True)


class TestExportSchool:
    async def test_waits_for_two_people_and_comes_in_elsewhere(
        self, world: World, school: School, script: Scripted, keys: Path, tmp_path: Path,
        cairn_in: CairnIn, environment: dict[str, str],
    ) -> None:  # fmt: skip
        """The whole way, by the file of the API."""
        await Past(school).child(1)
        while await trace(world, school):
            pass
        target = tmp_path / "school.cairn"
        words = ("export", "school", target, "--to", keys, *WHY)
        code, said, _ = await script(*words, "--dry-run", "--json")
        assert (code, shown(said, "exports")[1]["state"]) == (0, "not_ordered")
        assert (await school.lead.get("/v1/exports")).json()["items"] == []

        code, said, complaint = await script(*words, "--json")
        assert (code, complaint) == (2, ""), said
        whole, one = shown(said, "exports")
        assert (whole["state"], one["state"], one["counts"]["thumbprint"]) == (
            "held", "asked", THUMBPRINT,
        )  # fmt: skip
        code, said, _ = await script(*words)
        assert (code, one["id"] in said, "0 of 2 people" in said) == (2, True, True)
        for role in (Role.HEADTEACHER, Role.DSL):
            answer = await approve(school.api(role), one["id"])
            assert answer.status_code == 200, answer.text

        code, said, complaint = await script(*words)
        assert (code, complaint) == (0, ""), said
        assert f"written: {target}" in said
        assert target.stat().st_mode & 0o077 == 0
        assert (await script(*words))[0] == 3

        with another_machine(tmp_path / "elsewhere", environment) as variables:
            owner = variables["CAIRN_MIGRATION_DATABASE_URL"]
            migrate(owner, variables["CAIRN_DATABASE_URL"])
            back = ("import", "school", str(target), "--key-file", str(tmp_path / "next"))
            code, said, error = await asyncio.to_thread(cairn_in, variables, *back)
            assert code == 0, said + error
            with psycopg.connect(plain(owner)) as connection:
                connection.execute("alter table child no force row level security")
                rows = connection.execute("select school_id, legal_given_name from child")
                assert rows.fetchall() == [(school.id, "Alex")]

    async def test_goes_on_with_a_download_that_was_cut(
        self, school: School, script: Scripted, keys: Path, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        target = tmp_path / "school.cairn"
        words = ("export", "school", target, "--to", keys, *WHY)
        one = shown((await script(*words, "--json"))[1], "exports")[1]
        for role in (Role.HEADTEACHER, Role.DSL):
            await approve(school.api(role), one["id"])
        asked: list[str | None] = []
        take = httpx.Response.iter_bytes

        def cut(response: httpx.Response, size: int | None = None) -> Any:
            asked.append(response.request.headers.get("range"))
            for number, piece in enumerate(take(response, 10_000)):
                if len(asked) == 1 and number == 3:
                    raise httpx.ReadError("cut")
                yield piece

        def cut_files(response: httpx.Response, size: int | None = None) -> Any:
            is_file = str(response.request.url).endswith("/file")
            return cut(response, size) if is_file else take(response, size)

        monkeypatch.setattr(httpx.Response, "iter_bytes", cut_files)
        monkeypatch.setattr(service_client, "WAITS", (0.01,))
        code, said, complaint = await script(*words)
        assert code == 0, said + complaint
        assert asked == [None, "bytes=30000-"]
        assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]

    async def test_is_refused_where_people_refuse_it(
        self, school: School, script: Scripted, keys: Path, tmp_path: Path
    ) -> None:
        words = ("export", "school", tmp_path / "school.cairn", "--to", keys, *WHY)
        one = shown((await script(*words, "--json"))[1], "exports")[1]
        await change(school.lead, one["id"], "refuse", {"reason": "Nobody asked us."})
        code, said, _ = await script(*words)
        assert (code, "Nobody asked us." in said) == (3, True)
        both = await script(*words[:3], "--plain", *WHY)
        assert (both[0], "unset CAIRN_URL" in both[2]) == (3, True)
