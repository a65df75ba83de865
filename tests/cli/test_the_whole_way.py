"""`docs/moving.md`, done: a trust on a fresh machine, found, filled, its past, and out again.

Every block of the page is run as an administrator copies it. Beside them stand what people do in a
browser or read on a screen, and the files of the systems of the school.
"""

import csv
import email
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

import app
from tests.cli.installations import another_machine
from tests.past import upn
from tests.programs import check_presence
from tests.rosters import package, pupils
from tests.signing_in import App

pytestmark = [pytest.mark.long, pytest.mark.machine_time]

PATIENCE = 120.0
BLOCK = re.compile(r"^```bash\n(# ([a-z-]+\.sh)\b.*?)^```$", re.DOTALL | re.MULTILINE)
PASSWORD = "the quiet harbour 1907"
CTF = Path(__file__).parents[1] / "samples/rosters/ctf/3055432_CTF_3055433_001.xml"
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
THUMBPRINT = re.compile(r"thumbprint: ([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
SCHOOLS = ("Hill Primary", "Dale Academy", "Moor School")
ROLES = ("school_admin", "dsl", "headteacher")
PUPILS, CONCERNS = 200, 2_000
MAPPING = """\
format = "cairn-mapping/1"
kind = "roster"
complete = true

[file]
date_order = "dmy"

[school]
id = "dale"
name = "Dale Academy"

[columns]
upn = "UPN"
given_name = "Forename"
family_name = "Surname"
date_of_birth = "DOB"
year_group = "Year"
contact1_name = "Contact"
contact1_phone = "Contact phone"
"""


def wait_for(look: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.2)
    return found


def blocks(page: str) -> dict[str, str]:
    """The scripts of a page of the documentation, by name."""
    text = (Path(app.__file__).parents[1] / "docs" / page).read_text(encoding="utf-8")
    return {name: whole for whole, name in BLOCK.findall(text)}


SCRIPTS = blocks("moving.md")
RAN: set[str] = set()


class Machine:
    """A server, its worker, its mail and the commands on it."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder, self.mail = folder, folder / "mail"
        self.variables = {
            **os.environ, **variables, "CAIRN_BASE_URL": self.url, "COLUMNS": "200",
            "CAIRN_MAIL_URL": f"file://{self.mail}", "CAIRN_LOG_LEVEL": "error",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        for name, text in {**SCRIPTS, "api.sh": blocks("scripts.md")["api.sh"]}.items():
            (folder / name).write_text(text, encoding="utf-8")

    def __call__(self, *words: object, code: int = 0, **changed: str) -> str:
        """Run `cairn`; what it said."""
        command = [str(Path(sys.executable).parent / "cairn"), *map(str, words)]
        done = subprocess.run(
            command, env={**self.variables, **changed}, cwd=self.folder, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def run(self, name: str, *words: object, code: int = 0, typed: str = "", **by: str) -> str:
        """Run a block of the page by `CAIRN_KEY` or `CAIRN_TOKEN`; what it printed."""
        RAN.add(name)
        address = {"CAIRN_URL": self.url} if by or typed else {}
        done = subprocess.run(
            ["bash", name, *map(str, words)], input=typed, cwd=self.folder, text=True, check=False,
            env={**self.variables, **address, **by}, capture_output=True,
        )  # fmt: skip
        assert done.returncode == code, (
            f"{name} {words}: {done.returncode} {done.stdout} {done.stderr}"
        )
        return done.stdout.strip()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve, with a worker beside it."""
        cairn = str(Path(sys.executable).parent / "cairn")
        with ExitStack() as ends:
            server: list[subprocess.Popen[bytes]] = []
            for words in (("serve", "--port", str(self.port)), ("worker",)):
                process = subprocess.Popen([cairn, *words], env=self.variables, cwd=self.folder)
                server.append(process)
                ends.callback(process.wait)
                ends.callback(process.terminate)

            def is_ready() -> bool:
                assert all(one.poll() is None for one in server), "it ended by itself"
                try:
                    return httpx.get(f"{self.url}/readyz").status_code == 200
                except httpx.TransportError:
                    return False

            wait_for(is_ready)
            yield

    def link(self, address: str) -> str:
        """The token of the last message to somebody."""

        def look() -> str | None:
            for path in sorted(self.mail.rglob("*.eml"), reverse=True):
                message = email.message_from_bytes(path.read_bytes(), policy=default)
                body = message.get_body(("plain",))
                text = "" if body is None else body.get_content()
                found = re.search(r"/account/set-password#token=(\S+)", text)
                if found is not None and address in str(message["to"]):
                    return found[1]
            return None

        return str(wait_for(look))

    def enrol(self, address: str) -> str:
        """Choose a password by the mailed link and enrol an app, as the pages do; a spare code."""
        body = {"token": self.link(address), "new_password": PASSWORD}
        done = httpx.post(f"{self.url}/v1/auth/password-reset/confirm", json=body)
        assert done.status_code in (200, 204), done.text
        form = {"grant_type": "password", "username": address, "password": PASSWORD}
        came = httpx.post(f"{self.url}/v1/auth/token", data=form)
        assert came.status_code == 200, came.text
        bearer = {"Authorization": f"Bearer {came.json()['access_token']}"}
        made = httpx.post(f"{self.url}/v1/me/totp", headers=bearer)
        assert made.status_code == 200, made.text
        code = {"code": App(made.json()["secret"]).code()}
        proved = httpx.post(f"{self.url}/v1/me/totp/confirm", json=code, headers=bearer)
        assert proved.status_code == 200, proved.text
        return str(proved.json()["recovery_codes"][0])

    def sign_in(self, address: str) -> str:
        """Enrol, and sign in by the page's script; the token."""
        typed = f"{address}\n{PASSWORD}\n{self.enrol(address)}\n"
        return self.run("sign-in.sh", typed=typed)

    def entries(self, token: str) -> int:
        """How many past entries a lead finds."""
        count, after = 0, ""
        while True:
            path = f"{self.url}/v1/past-entries?limit=200{after}"
            page = httpx.get(path, headers={"Authorization": f"Bearer {token}"}).json()
            count += len(page["items"])
            if page["next"] is None:
                return count
            after = f"&cursor={page['next']}"


def address_of(school: str, role: str) -> str:
    return f"{role}@{school.split(maxsplit=1)[0].lower()}.example"


def table(*rows: tuple[Any, ...]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def trust() -> str:
    """One file for the trust, its three schools and their first people."""
    people = [("Coastal Trust", "", "Tess Marlow", "tess@coastal.example", "school_admin")]
    for school in SCHOOLS:
        for role in ROLES:
            name = f"{role.title()} {school.split()[0]}".replace("_", " ")
            people.append(("Coastal Trust", school, name, address_of(school, role), role))
    return table(("trust", "school", "name", "email", "role"), *people)


def dale() -> str:
    """Pupils as a system of the school writes them."""
    head = ("UPN", "Forename", "Surname", "DOB", "Year", "Contact", "Contact phone")
    return table(
        head,
        *(
            (upn(n), f"Sam{n}", "Reed", f"{n % 28 + 1:02}/03/2012", "8", f"Jo Reed{n}",
             f"07700 9{n:05}")
            for n in range(1, PUPILS + 1)
        ),
    )  # fmt: skip


def past() -> str:
    """Concerns as the system before wrote them."""
    head = ("source_id", "children", "occurred_at", "author", "categories", "text", "open")
    return table(
        head,
        *(
            (n, f"upn:{upn(n % PUPILS + 1)}", f"20{18 + n % 6}-05-{n % 28 + 1:02}", "Mrs J Bell",
             "neglect", f"Came without a coat, number {n}.", "false")
            for n in range(1, CONCERNS + 1)
        ),
    )  # fmt: skip


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "CAIRN_PASSWORD_COST": "test",
        "CAIRN_MAIL_FROM": "Cairn <cairn@coastal.example>",
        "CAIRN_UNSAFE_DATABASE": "true",
    }


def test_a_trust_is_founded_filled_and_leaves(tmp_path: Path, variables: dict[str, str]) -> None:
    for program in ("bash", "curl", "jq"):
        check_presence(shutil.which(program), program, "CAIRN_REQUIRE_SCRIPTS")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with another_machine(here, variables) as one, another_machine(there, variables) as two:
        first, second = Machine(here, one), Machine(there, two)
        told = leave(first)
        for name in ("school.cairn", "next"):
            (there / name).write_bytes((here / name).read_bytes())
        arrive(second, told)
        school_id = school_of(first)
        for machine in (first, second):
            assert "good" in machine.run("plain.sh", school_id, "plain")
        said = first.run("compare.sh", here / "plain", there / "plain")
        assert said == "The trails agree."
        assert len((there / "plain/records/past_entry.ndjson").read_text().splitlines()) == CONCERNS
    assert SCRIPTS.keys() == RAN, "every block of the page was run"


def school_of(machine: Machine) -> str:
    """The id of the school that leaves, as `cairn found` says it again."""
    founded = json.loads(machine("found", "trust.csv", "--json"))
    return str(next(one["id"] for one in founded["organisations"] if one["name"] == SCHOOLS[1]))


def leave(machine: Machine) -> str:
    """Everything on the first machine; the digests of the school that leaves."""
    (machine.folder / "trust.csv").write_text(trust())
    machine.run("found.sh")
    with machine.running():
        fill_others(machine)
        admin, lead, head = (machine.sign_in(address_of(SCHOOLS[1], role)) for role in ROLES)
        scopes = ("roster:import", "roster:read", "history:prepare", "school:export")
        key = machine.run("key.sh", "mis:dale", *scopes, CAIRN_TOKEN=admin)
        (machine.folder / "dale.csv").write_text(dale())
        (machine.folder / "dale.toml").write_text(MAPPING)
        assert "applied; import" in machine.run("fill-csv.sh", CAIRN_KEY=key)
        bring_the_past(machine, key, lead)
        told = machine.run("digests.sh", "mis:dale", CAIRN_KEY=key)
        machine("packet", "keygen", "next")
        asked = machine.run("leave.sh", code=2, CAIRN_KEY=key)
        export_id, thumbprint = ID.search(asked), THUMBPRINT.search(asked)
        assert export_id is not None, asked
        assert thumbprint is not None, asked
        body = json.dumps({"thumbprint": thumbprint[1]})
        for person in (head, lead):
            machine.run(
                "step.sh", f"/v1/exports/{export_id[0]}", "approve", body, CAIRN_TOKEN=person
            )
        machine.run("leave.sh", CAIRN_KEY=key)
    return told


def fill_others(machine: Machine) -> None:
    """One school from OneRoster, one from CTF."""
    for school, source, script, file, content in (
        (SCHOOLS[0], "mis:hill", "fill-oneroster.sh", "oneroster.zip", package(*pupils(30))),
        (SCHOOLS[2], "ctf:moor", "fill-ctf.sh", "ctf.xml", CTF.read_bytes()),
    ):
        (machine.folder / file).write_bytes(content)
        token = machine.sign_in(address_of(school, "school_admin"))
        key = machine.run("key.sh", source, "roster:import", CAIRN_TOKEN=token)
        machine.run(script, CAIRN_KEY=key)


def bring_the_past(machine: Machine, key: str, lead: str) -> None:
    """In, out again, and in once more."""
    (machine.folder / "past.csv").write_text(past())
    for again in (False, True):
        said = machine.run("past.sh", CAIRN_KEY=key)
        found = ID.search(said)
        assert found is not None, said
        one, body = f"/v1/imports/{found[0]}", json.dumps({"reason": "We keep what we had."})
        machine.run("step.sh", one, "approve", body, CAIRN_TOKEN=lead)
        machine.run("wait.sh", one, "applied", CAIRN_TOKEN=lead)
        assert machine.entries(lead) == CONCERNS
        if not again:
            machine.run("step.sh", one, "undo", body, CAIRN_TOKEN=lead)
            machine.run("wait.sh", one, "undone", CAIRN_TOKEN=lead)
            assert machine.entries(lead) == 0


def arrive(machine: Machine, told: str) -> None:
    """The school on the second machine: its people sign in, and its digests are the same."""
    assert "HELD" in machine.run("arrive.sh")
    with machine.running():
        addresses = [address_of(SCHOOLS[1], role) for role in ROLES[:2]]
        for address in addresses:
            httpx.post(f"{machine.url}/v1/auth/password-reset", json={"email": address})
        admin, lead = (machine.sign_in(address) for address in addresses)
        assert machine.entries(lead) == CONCERNS
        key = machine.run("key.sh", "mis:dale", "roster:read", CAIRN_TOKEN=admin)
        assert machine.run("digests.sh", "mis:dale", CAIRN_KEY=key) == told
