"""The packed clients, installed from their archives, before a real server."""

import asyncio
import json
import re
from typing import Any

import pytest

from app.core.words import Role
from tests.clients.between import Between
from tests.clients.installed import CLIENTS, ROOT, Home, blocks, ran
from tests.sampling import in_turn
from tests.served import service_key
from tests.signing_in import App, enrol
from tests.world import PASSWORD, School, World

pytestmark = pytest.mark.machine_time

PROGRAMS = {"typescript": "tour.ts", "python": "tour.py"}
FENCES = {"typescript": "ts", "python": "python"}


async def a_lead(world: World, school: School) -> tuple[dict[str, str], App]:
    """What a program has to know to sign in as the lead, and the lead's authenticator app."""
    lead = school[Role.DSL]
    await world.set_password(lead)
    app, _ = await enrol(school.lead)
    said = {"EMAIL": lead.email, "PASSWORD": PASSWORD, "CHILD": str(await school.child())}
    return said, app


def report_of(child_id: str) -> dict[str, Any]:
    return {"children": [{"child_id": child_id}], "account": [{"text": "She was late."}]}


def concerns_of(world: World, school: School) -> int:
    count = "select count(*) from concern where school_id = %s"
    return int(world.sql(count, school.id)[0][0])


class TestTheArchives:
    @in_turn(3)
    def test_are_typed_strictly(self, homes: dict[str, Home]) -> None:
        folder = homes["typescript"].folder
        compiler = CLIENTS / "typescript/node_modules/typescript/bin/tsc"
        types = CLIENTS / "typescript/node_modules/@types"
        ran(
            "node", compiler, "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext",
            "--typeRoots", types, "--types", "node", "--skipLibCheck",
            *folder.glob("*.ts"), folder=folder,
        )  # fmt: skip
        place = homes["python"]
        ran(
            *place.interpreter, "-m", "mypy", "--strict", "--cache-dir", ROOT / "var/clients/mypy",
            *place.folder.glob("*.py"), folder=place.folder, MYPYPATH=place.variables["PYTHONPATH"],
        )  # fmt: skip

    def test_are_permissively_licensed(self, homes: dict[str, Home]) -> None:
        licence = (CLIENTS / "LICENSE").read_text()
        assert licence.startswith("MIT License")
        name = "cairn-safeguarding-client"
        (of_python,) = homes["python"].folder.glob("installed/*.dist-info/licenses/LICENSE")
        for found in (homes["typescript"].folder / "node_modules" / name / "LICENSE", of_python):
            assert found.read_text() == licence

    def test_name_no_registry(self) -> None:
        assert "resolved" not in (CLIENTS / "typescript/package-lock.json").read_text()

    def test_are_made_by_tools_of_one_version(self) -> None:
        """A generator of another version writes other names, and programs break."""
        tools = json.loads((CLIENTS / "typescript/package.json").read_text())["devDependencies"]
        assert "@hey-api/openapi-ts" in tools
        assert [one for one in tools.values() if not re.fullmatch(r"\d+\.\d+\.\d+", one)] == []
        locked = json.loads((CLIENTS / "typescript/package-lock.json").read_text())["packages"]
        assert {name: locked[f"node_modules/{name}"]["version"] for name in tools} == tools
        project = (ROOT / "pyproject.toml").read_text()
        assert re.search(r'"datamodel-code-generator==[\d.]+"', project)


class TestTheTour:
    @pytest.mark.parametrize(
        "language", [pytest.param("typescript", marks=pytest.mark.long), "python"]
    )
    async def test_ends_well(
        self, world: World, school: School, homes: dict[str, Home], middle: Between, language: str
    ) -> None:
        said, app = await a_lead(world, school)
        key_id, _, secret = (await service_key(school)).partition(":")
        middle.lose("POST /v1/concerns ")
        middle.lose(f"PATCH /v1/children/{said['CHILD']} ", 6)
        printed = await homes[language].run(
            PROGRAMS[language], **said, CAIRN_URL=middle.origin, OTP=app.code(),
            KEY_ID=key_id, KEY_SECRET=secret,
        )  # fmt: skip
        assert printed == "done\n"
        assert middle.cuts == 1
        assert [one.split()[0] for one in middle.lost] == ["POST", "PATCH"]
        assert concerns_of(world, school) == 7


class TestTheReadme:
    @pytest.mark.parametrize("language", FENCES)
    async def test_raises_a_concern_in_thirty_lines(
        self, world: World, school: School, homes: dict[str, Home], origin: str, language: str
    ) -> None:
        said, app = await a_lead(world, school)
        text = (CLIENTS / language / "README.md").read_text("utf-8")
        found = blocks(text)
        assert sum(len(block.splitlines()) for block in found.values()) <= 30
        (archive,) = re.findall(r"install cairn/(\S+)", found["sh"])
        assert (ROOT / archive).exists()
        known = said | {"CAIRN_URL": origin, "OTP": app.code()}
        printed = await homes[language].run(f"readme.{FENCES[language][:2]}", **known)
        assert re.fullmatch(r"C-\d{4}-\d{6}\n", printed)
        assert concerns_of(world, school) == 1


class TestThePage:
    @pytest.mark.parametrize("language", FENCES)
    async def test_shows_programs_that_run(
        self, world: World, school: School, homes: dict[str, Home], origin: str, language: str
    ) -> None:
        said, app = await a_lead(world, school)
        known = said | {"CAIRN_URL": origin, "OTP": app.code()}
        program = f"page.{FENCES[language][:2]}"
        printing = asyncio.create_task(homes[language].run(program, **known))
        while not printing.done():  # something happens, so that the stream has something to tell
            await school.staff.post("/v1/concerns", report_of(said["CHILD"]))
            await asyncio.wait([printing], timeout=0.5)
        printed = (await printing).splitlines()
        assert printed[0] == "sent"
        assert re.fullmatch(r"C-\d{4}-\d{6}", printed[1])
        assert printed[-1].split()[1].lower() == "true"
