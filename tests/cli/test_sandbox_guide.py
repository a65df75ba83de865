"""The pages about a sandbox, done: every block of them, against real processes."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.core.settings import Settings
from app.sandbox.schools import ENDINGS
from tests import bruno
from tests.api.referring import ANSWERS, CONSENT
from tests.cli.installations import CairnIn
from tests.clients.installed import CLIENTS, NPM, ROOT, made, ran
from tests.clients.reader import NPM_, PIP, PYTHON, RUN, Reader
from tests.programs import check_presence
from tests.sampling import taking_turns
from tests.sandboxes import Sandbox, founded, processes, variables_of

pytestmark = pytest.mark.machine_time

GUIDE = (ROOT / "docs/sandbox.md").read_text()
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TEXT = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCS = ROOT / "docs"
FOUND = "ask /v1/sandbox/schools -X POST"
HOW_TO = sorted([*DOCS.glob("screen-*.md"), *DOCS.glob("role-*.md")])
HOW_TO.remove(DOCS / "role-trust-lead.md")  # it has no block: no account of a sandbox is one
SEEDED = len(ENDINGS) + 1
"""A duplicate of the one in progress comes along."""
TURN = taking_turns("guide", "front end", "script", "scenarios")
"""Each has a server and a worker, signs in and walks through the same API."""
CALLS = {
    "the form": "3", "sending it": "1", "a lead's day": "3", "a child's record": "2",
    "share with a parent": "5",
}  # fmt: skip
"""What docs/front-ends.md promises."""


@pytest.fixture(scope="module")
def urls(admin_url: str) -> tuple[str, str]:
    return founded(admin_url)


@pytest.fixture(scope="module")
def variables(urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return variables_of(urls[1], tmp_path_factory.mktemp("sandbox"))


@pytest.fixture(scope="module")
def base(variables: dict[str, str]) -> Iterator[str]:
    """A server and a worker of the sandbox; its address."""
    with processes(variables) as url:
        yield url


@TURN["guide"]
async def test_the_guide_does_what_it_says(base: str, urls: tuple[str, str]) -> None:
    for program in ("curl", "jq"):
        check_presence(shutil.which(program), program, "CAIRN_REQUIRE_SCRIPTS")
    first, *rest = BLOCK.findall(GUIDE)
    assert "BASE=http://127.0.0.1:8000" in first
    marked = "".join(f"echo; echo '## {number}'\n{text}" for number, text in enumerate(rest, 1))
    script = "set -euo pipefail\n" + first.replace("http://127.0.0.1:8000", base) + marked
    done = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = [part.strip() for part in re.split(r"^## \d+$", done.stdout, flags=re.MULTILINE)[1:]]
    school, _, rehearsed, hours, climbed, retried, cut, _, played = said
    assert school.startswith("Harbour Point Academy 1\n")
    reference = re.compile(r"C-\d{4}-\d{6}")
    assert reference.fullmatch(rehearsed)
    assert len(hours.splitlines()) == 2
    told = {line.partition(".")[0] for line in climbed.splitlines()}
    assert {"amara", "sunita", "gareth", "daniel"} <= told, "the leads, then the head"
    assert reference.fullmatch(retried)
    assert cut.splitlines()[0].startswith("curl ended with")
    assert "idempotency-replayed: true" in cut.lower()
    assert played.splitlines() == [
        "201\tPOST /v1/shared/{token}/code",
        "200\tGET /v1/shared/{token}/content",
        "200\tPOST /v1/shared/{token}/acknowledge",
        "201\tPOST /v1/shared/{token}/replies",
        "acknowledged",
    ]
    with psycopg.connect(urls[0]) as connection:
        rows = connection.execute("select count(*) from concern").fetchall()
    assert rows == [(SEEDED + 3,)], "one was only rehearsed, one refused twice, one cut off"


def lines_of(program: str) -> int:
    return sum(bool(line.strip()) for line in program.splitlines())


@TURN["front end"]
async def test_a_front_end_in_typescript(base: str, tmp_path: Path) -> None:
    reader = Reader("tutorial-front-end.md", tmp_path)
    npm = (made() / "bin/node").resolve().parents[1] / NPM
    reader.have("npm", NPM_, npm=npm)
    folder = reader.set_up()
    steps = reader.steps("ts")
    files = [folder / f"step-{number}.ts" for number in range(len(steps))]
    for file, text in zip(files, steps, strict=True):
        file.write_text(text)
    modules = CLIENTS / "typescript/node_modules"
    ran(
        "node", modules / "typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022",
        "--module", "nodenext", "--typeRoots", modules / "@types", "--types", "node",
        "--skipLibCheck", *files, folder=folder,
    )  # fmt: skip
    assert lines_of(steps[-1]) <= 165
    printed = await asyncio.to_thread(ran, "node", files[-1], folder=folder, CAIRN_URL=base)
    assert dict(re.findall(r"^(.+), calls: (\d+)$", printed, re.M)) == CALLS
    reader.saw(printed)


@TURN["script"]
async def test_a_script_in_python(base: str, tmp_path: Path) -> None:
    uv = shutil.which("uv") or shutil.which(str(ROOT / ".tools/bin/uv"))
    check_presence(uv, "uv", "CAIRN_REQUIRE_SCRIPTS")
    reader = Reader("tutorial-script.md", tmp_path)
    reader.have("python3", PYTHON)
    reader.have("pip", PIP, uv=uv, python=sys.executable)
    reader.have("python", RUN, python=sys.executable)
    folder = reader.set_up()
    program = folder / "school.py"
    program.write_text(reader.steps("python", "\n\n")[-1])
    assert lines_of(program.read_text()) <= 145
    ran(
        sys.executable, "-m", "mypy", "--strict", "--cache-dir", ROOT / "var/clients/mypy", program,
        folder=folder, MYPYPATH=str(folder / ".venv/lib"),
    )  # fmt: skip
    python = folder / ".venv/bin/python"
    printed = await asyncio.to_thread(ran, python, program, folder=folder, CAIRN_URL=base)
    reader.saw(printed)
    assert re.search(
        "^in the record: (Edie Larkin, Omar Sesay|Omar Sesay, Edie Larkin)$", printed, re.M
    )
    assert (folder / "school.cairn").stat().st_size > 0


@pytest.fixture(scope="module")
def school_file(base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a sandbox says of one school, for all pages."""
    file = tmp_path_factory.mktemp("school") / "school.json"
    file.write_text(httpx.post(f"{base}/v1/sandbox/schools", timeout=60).text)
    return file


@pytest.mark.parametrize("page", [path.name for path in HOW_TO])
async def test_a_page_of_a_screen_or_a_role(
    base: str, school_file: Path, page: str, tmp_path: Path
) -> None:
    for program in ("curl", "jq"):
        check_presence(shutil.which(program), program, "CAIRN_REQUIRE_SCRIPTS")
    async with httpx.AsyncClient(base_url=base) as http:  # a code works once
        assert (await http.post("/v1/sandbox/clock", json={"by_seconds": 30})).is_success
    text = (ROOT / "docs" / page).read_text()
    before = "\n".join(BLOCK.findall(GUIDE)[:3])
    for told, here in ((FOUND, f"cat {school_file}"), ("http://127.0.0.1:8000", base)):
        assert before.count(told) == 1
        before = before.replace(told, here)
    script = "\n".join(["set -euo pipefail", before, *BLOCK.findall(text)])
    done = await asyncio.to_thread(
        subprocess.run, ["bash", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line for part in TEXT.findall(text) for line in part.splitlines()]
    assert shown
    assert done.stdout.splitlines()[-len(shown) :] == shown


@TURN["scenarios"]
async def test_the_scenarios_of_bruno(base: str) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        described = (await http.get(f"{base}/openapi.json")).json()["paths"]
        known = {
            (method, re.compile(re.sub(r"\{\w+\}", "[^/:]+", path)))
            for path, methods in described.items()
            for method in methods
        }
        runner = bruno.Runner(http, base)
        sent = 0
        for request in bruno.requests():
            answer = await runner.send(request)
            path = answer.url.path
            assert any(
                method == request.method and told.fullmatch(path) for method, told in known
            ), f"{request.name}: nothing describes {path}"
            sent += 1
    assert sent > 30


@pytest.mark.long
def test_the_scenarios_of_bruno_run_in_bruno(base: str) -> None:
    """As `CAIRN_BRUNO` names its command line; `.ci/nightly bruno` installs it."""
    program = os.environ.get("CAIRN_BRUNO")
    check_presence(program, "Bruno", "CAIRN_REQUIRE_SCRIPTS")
    done = subprocess.run(
        [str(program), "run", "-r", "--env", "sandbox", "--env-var", f"base={base}"],
        cwd=bruno.FOLDER, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_on_the_other_kind_of_database(
    variables: dict[str, str], database_urls: tuple[str, str], cairn_in: CairnIn, command: str
) -> None:
    public = {
        "CAIRN_BASE_URL": "https://cairn.example.org",
        "CAIRN_UNSAFE_DATABASE": "off",
        "CAIRN_UNSAFE_PASSWORDS": "off",
    }
    for changed, sentence in (
        ({"CAIRN_DATABASE_URL": database_urls[1]}, "was not founded as a sandbox"),
        ({"CAIRN_SANDBOX": "off"}, "is a sandbox"),
        (public, "CAIRN_SANDBOX cannot be set"),
    ):
        code, _, error = cairn_in({**variables, **changed}, command)
        assert (code, sentence in error) == (1, True), error


def test_only_an_empty_database_is_founded_as_one(
    variables: dict[str, str], database_urls: tuple[str, str], cairn_in: CairnIn
) -> None:
    owner, real = database_urls
    urls = {"CAIRN_MIGRATION_DATABASE_URL": owner, "CAIRN_DATABASE_URL": real}
    code, _, error = cairn_in({**variables, **urls}, "migrate", "--sandbox")
    assert (code, "has tables already" in error) == (1, True), error


class Person:
    """Somebody of a sandbox school who has signed in, and changes what they have read."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http, self._headers = http, {"Authorization": token}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        answer = await self._http.request(
            method, path, json=body, headers=self._headers | headers, timeout=60
        )
        assert answer.is_success, answer.text
        return answer

    async def get(self, path: str) -> Any:
        return (await self.ask("GET", path)).json()

    async def post(self, path: str, body: Any) -> Any:
        return (await self.ask("POST", path, body)).json()

    async def step(self, path: str, verb: str, body: Any) -> Any:
        etag = (await self.ask("GET", path)).headers["etag"]
        return (await self.ask("POST", f"{path}/{verb}", body, **{"If-Match": etag})).json()

    async def comes(self, path: str, state: str) -> Any:
        """A record once the worker has brought it into a state."""
        for _ in range(240):
            if (found := await self.get(path))["state"] == state:
                return found
            await asyncio.sleep(0.25)
        raise AssertionError(f"{path} never was {state}")


class TestTheOtherSide:
    @pytest.fixture
    async def http(self, base: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=base, timeout=60) as http:
            yield http

    @staticmethod
    async def lead_of_a_school(
        http: httpx.AsyncClient, urls: tuple[str, str]
    ) -> tuple[dict[str, Any], Person]:
        sandbox = Sandbox(http, Settings(), urls[0])
        school = await sandbox.school()
        return school, Person(http, await sandbox.sign_in(school, "dsl"))

    async def test_an_agency_acknowledges_a_referral_and_returns_an_outcome(
        self, http: httpx.AsyncClient, urls: tuple[str, str]
    ) -> None:
        school, lead = await self.lead_of_a_school(http, urls)
        agency, referral, sent = await self.sent_to_an_agency(lead, school["children"][0]["id"])
        played = await http.post(
            "/v1/sandbox/counterpart",
            json={
                "address": agency["email"], "code": sent["code"],
                "acknowledge": {"by": "A. Worker", "agency_reference": "EH-1"},
                "outcome": {"outcome": "accepted", "by": "A. Worker"},
            },
        )  # fmt: skip
        assert played.status_code == 200, played.text
        assert [one["status"] for one in played.json()["acts"]] == [201, 200, 200, 200]
        found = await lead.get(referral)
        assert found["state"] == "outcome_received"

    async def test_of_several_links_to_one_address_it_opens_that_of_the_code(
        self, http: httpx.AsyncClient, urls: tuple[str, str]
    ) -> None:
        """Also where the worker has mailed only another one yet."""
        school, lead = await self.lead_of_a_school(http, urls)
        sent = [await self.sent_to_an_agency(lead, child["id"]) for child in school["children"][:2]]
        for number, (agency, referral, link) in enumerate(sent):
            played = await http.post(
                "/v1/sandbox/counterpart",
                json={
                    "address": agency["email"], "code": link["code"],
                    "acknowledge": {"by": "A. Worker", "agency_reference": f"EH-{number}"},
                },
            )  # fmt: skip
            assert [one["status"] for one in played.json()["acts"]] == [201, 200, 200], played.text
            found = await lead.get(referral)
            assert (found["state"], found["agency_reference"]) == ("acknowledged", f"EH-{number}")

    @staticmethod
    async def sent_to_an_agency(lead: Person, child_id: str) -> tuple[Any, str, Any]:
        """The agency, the address of a referral to it, and what sending its link answered."""
        child = {"child_id": child_id}
        text = {"text": "He has no breakfast at home."}
        body = {"children": [child], "account": [text], "categories": ["neglect"]}
        concern = (await lead.post("/v1/concerns", body))["id"]
        agencies = (await lead.get("/v1/agencies"))["items"]
        card = next(one for one in agencies if one["kind"] == "early_help")
        agency = await lead.get(f"/v1/agencies/{card['id']}")
        drafted = await lead.post(
            "/v1/referrals",
            child
            | {
                "agency_id": agency["id"], "kind": "early_help", "urgency": "routine",
                "concern_id": concern, "fields": ANSWERS, "consent": CONSENT, "prefill": False,
                "lawful_basis": "public_task", "items": [{"kind": "concern", "id": concern}],
            },
        )  # fmt: skip
        referral = f"/v1/referrals/{drafted['id']}"
        await lead.step(referral, "approve", {"reason": "They ask for help."})
        return agency, referral, await lead.step(referral, "link", {"code_route": "phone"})

    async def test_the_next_school_accepts_a_file(
        self, http: httpx.AsyncClient, urls: tuple[str, str]
    ) -> None:
        school, lead = await self.lead_of_a_school(http, urls)
        other, next_lead = await self.lead_of_a_school(http, urls)
        child = school["children"][0]["id"]
        text = {"text": "He has no breakfast at home."}
        await lead.post("/v1/concerns", {"children": [{"child_id": child}], "account": [text]})
        found = await lead.get(f"/v1/transfer-destinations?q={other['name'].replace(' ', '%20')}")
        (there,) = [one for one in found["items"] if one["id"] == other["id"]]
        body = {
            "child_id": child, "reason_code": "left_in_year",
            "destination": {"kind": "school", "school_id": there["id"]},
        }  # fmt: skip
        transfer = f"/v1/transfers/{(await lead.post('/v1/transfers', body))['id']}"
        await lead.step(transfer, "approve", {"reason": "He moves there."})
        await lead.comes(transfer, "delivered")
        (card,) = (await next_lead.get("/v1/incoming-transfers"))["items"]
        incoming = f"/v1/incoming-transfers/{card['id']}"
        await next_lead.step(incoming, "accept", {"new_child": True})
        await next_lead.comes(incoming, "accepted")
        await lead.comes(transfer, "locked")
