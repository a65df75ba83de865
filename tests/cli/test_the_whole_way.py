"""A trust on a fresh machine, from the documentation: found, filled, its past, and out again.

By the commands and by HTTP alone, as an administrator does it: docs/founding.md, rosters.md,
past.md, scripts.md, sign-in.md, leaving.md.
"""

import csv
import email
import io
import json
import os
import re
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

from tests.cli.installations import another_machine
from tests.past import upn
from tests.rosters import package, pupils
from tests.signing_in import App

pytestmark = [pytest.mark.long, pytest.mark.machine_time]

PATIENCE = 120.0
PASSWORD = "the quiet harbour 1907"
CTF = Path(__file__).parents[1] / "samples/rosters/ctf/3055432_CTF_3055433_001.xml"
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


class Person:
    """Somebody who has signed in: their requests carry their token."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> httpx.Response:
        answer = httpx.get(self._url + path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer

    def change(self, path: str, step: str, body: dict[str, Any]) -> dict[str, Any]:
        """A step of a record, by the ETag it has."""
        headers = {**self._headers, "If-Match": self.get(path).headers["etag"]}
        answer = httpx.post(f"{self._url}{path}/{step}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def key(self, *scopes: str) -> str:
        """A new service key."""
        body = {"name": "Scripts", "scopes": list(scopes)}
        path = f"{self._url}/v1/service-keys"
        answer = httpx.post(path, json=body, headers=self._headers)
        assert answer.status_code == 201, answer.text
        return f"{answer.json()['client_id']}:{answer.json()['client_secret']}"


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
        }  # fmt: skip

    def __call__(self, *words: object, code: int = 0, **changed: str) -> str:
        """Run `cairn`; what it said."""
        command = [str(Path(sys.executable).parent / "cairn"), *map(str, words)]
        done = subprocess.run(
            command, env={**self.variables, **changed}, cwd=self.folder, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def by_key(self, key: str, *words: object, code: int = 0) -> dict[str, Any]:
        """Run `cairn` over the API; the object of `--json`."""
        return dict(
            json.loads(self(*words, "--json", code=code, CAIRN_URL=self.url, CAIRN_KEY=key))
        )

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

    def sign_in(self, address: str) -> Person:
        """Set a password by the mailed link, sign in, and enrol an authenticator app."""
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
        return Person(self.url, proved.json()["access_token"])


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


def entries(lead: Person) -> int:
    count, after = 0, ""
    while True:
        page = lead.get(f"/v1/past-entries?limit=200{after}").json()
        count += len(page["items"])
        if page["next"] is None:
            return count
        after = f"&cursor={page['next']}"


def digests(url: str, key: str) -> Any:
    client, secret = key.split(":", 1)
    form = {"grant_type": "client_credentials"}
    token = httpx.post(f"{url}/v1/auth/token", data=form, auth=(client, secret)).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    found = httpx.get(f"{url}/v1/roster/digests?source=mis:dale", headers=bearer)
    assert found.status_code == 200, found.text
    return found.json()["items"] if "items" in found.json() else found.json()


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "CAIRN_PASSWORD_COST": "test",
        "CAIRN_MAIL_FROM": "Cairn <cairn@coastal.example>",
        "CAIRN_UNSAFE_DATABASE": "true",
    }


def test_a_trust_is_founded_filled_and_leaves(tmp_path: Path, variables: dict[str, str]) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with another_machine(here, variables) as one, another_machine(there, variables) as two:
        first, second = Machine(here, one), Machine(there, two)
        school_id, told = leave(first)
        for name in ("school.cairn", "next"):
            (there / name).write_bytes((here / name).read_bytes())
        arrive(second, school_id, told)
        for machine in (first, second):
            machine("export", "school", "plain", "--school", school_id, "--plain",
                    "--without-adults", "--reason", "To compare.")  # fmt: skip
            assert "good" in machine("audit", "verify")
        compare(here / "plain", there / "plain")


def leave(machine: Machine) -> tuple[str, Any]:
    """Everything on the first machine: the school that leaves, and its digests."""
    (machine.folder / "trust.csv").write_text(trust())
    machine("migrate")
    founded = json.loads(machine("found", "trust.csv", "--json"))
    ids = {one["name"]: one["id"] for one in founded["organisations"]}
    with machine.running():
        fill_others(machine)
        admin, lead, head = (machine.sign_in(address_of(SCHOOLS[1], role)) for role in ROLES)
        key = admin.key("roster:import", "roster:read", "history:prepare", "school:export")
        (machine.folder / "dale.csv").write_text(dale())
        (machine.folder / "dale.toml").write_text(MAPPING)
        words = ("import", "roster", "dale.csv", "--mapping", "dale.toml", "--source", "mis:dale")
        (brought,) = machine.by_key(key, *words)["imports"]
        assert (brought["state"], brought["counts"]["children"]["new"]) == ("applied", PUPILS)
        bring_the_past(machine, key, lead)
        told = digests(machine.url, key)
        machine("packet", "keygen", "next")
        words = ("export", "school", "school.cairn", "--to", "next.public", "--reason", "We leave.")
        (asked,) = machine.by_key(key, *words, code=2)["exports"]
        for person in (head, lead):
            thumbprint = {"thumbprint": asked["counts"]["thumbprint"]}
            person.change(f"/v1/exports/{asked['id']}", "approve", thumbprint)
        (ready,) = machine.by_key(key, *words)["exports"]
        assert ready["state"] == "ready"
    return ids[SCHOOLS[1]], told


def fill_others(machine: Machine) -> None:
    """One school from OneRoster, one from CTF."""
    for school, file, content, source in (
        (SCHOOLS[0], "oneroster.zip", package(*pupils(30)), "mis:hill"),
        (SCHOOLS[2], "ctf.xml", CTF.read_bytes(), "ctf:moor"),
    ):
        (machine.folder / file).write_bytes(content)
        key = machine.sign_in(address_of(school, "school_admin")).key("roster:import")
        (brought,) = machine.by_key(key, "import", "roster", file, "--source", source)["imports"]
        assert (brought["state"], brought["counts"]["children"]["new"] > 0) == ("applied", True)


def wait_until(lead: Person, path: str, state: str) -> None:
    wait_for(lambda: lead.get(path).json()["state"] == state)


def bring_the_past(machine: Machine, key: str, lead: Person) -> None:
    """In, out again, and in once more."""
    (machine.folder / "past.csv").write_text(past())
    words = ("import", "past", "past.csv", "--kind", "concern", "--source", "cpoms:dale")
    for again in (False, True):
        (planned,) = machine.by_key(key, *words)["imports"]
        assert (planned["state"], planned["counts"]["new"]) == ("planned", CONCERNS)
        one = f"/v1/imports/{planned['id']}"
        lead.change(one, "approve", {"reason": "We keep what we had."})
        wait_until(lead, one, "applied")
        assert entries(lead) == CONCERNS
        if not again:
            lead.change(one, "undo", {"reason": "Once more, from the start."})
            wait_until(lead, one, "undone")
            assert entries(lead) == 0


def arrive(machine: Machine, school_id: str, told: Any) -> None:
    """The school on the second machine: its people sign in, and its digests are the same."""
    machine("migrate")
    said = machine("import", "school", "school.cairn", "--key-file", "next")
    assert "HELD" in said
    machine("audit", "verify")
    machine("restore", "release", "--reason", "The school has moved.")
    with machine.running():
        addresses = [address_of(SCHOOLS[1], role) for role in ROLES[:2]]
        for address in addresses:
            httpx.post(f"{machine.url}/v1/auth/password-reset", json={"email": address})
        admin, lead = (machine.sign_in(address) for address in addresses)
        assert entries(lead) == CONCERNS
        assert digests(machine.url, admin.key("roster:read")) == told


def compare(here: Path, there: Path) -> None:
    """Every row and entry of the trail that was exported came in; what came after is added."""
    for name in ("records/child.ndjson", "records/contact.ndjson", "records/past_entry.ndjson"):
        assert (here / name).read_bytes() == (there / name).read_bytes(), name
    assert len((there / "records/past_entry.ndjson").read_text().splitlines()) == CONCERNS
    whole = set((there / "trail/trail.ndjson").read_text().splitlines())
    kept = [json.loads(one)["verb"] for one in whole]
    assert {"school.exported", "school.imported", "past_import.undone"} <= set(kept)
    exported = (here / "trail/trail.ndjson").read_text().splitlines()
    before = [one for one in exported if json.loads(one)["verb"] == "school_export.approved"]
    until = exported.index(before[-1])
    assert set(exported[: until + 1]) <= whole
