"""The README's blocks for those who run Cairn: a server of their own, and a roster on it."""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.formats.packets import new_key, public_key, write_keys
from tests.cli.installations import another_machine, pasted
from tests.contract.readme import README
from tests.demos import free_port
from tests.rosters import SMALL

pytestmark = [pytest.mark.machine_time, pytest.mark.long]

PATIENCE = 90.0
STAYING = ("cairn serve", "cairn worker")
"""Lines that run until they are told to stop."""
PEOPLE = """trust,school,name,email,role
Coastal Trust,,Tess Marlow,tess@coastal.example,school_admin
"""


def block(heading: str) -> list[str]:
    """The lines of the one block for a shell beneath a heading of the README."""
    part = README.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    (text,) = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    return str(text).splitlines()


def people_of(schools: list[str]) -> str:
    """A founding file for a trust and its schools."""
    rows = [
        f"Coastal Trust,{school},{role} {number},{role}.{number}@coastal.example,{role}\n"
        for number, school in enumerate(schools)
        for role in ("school_admin", "dsl", "headteacher")
    ]
    return PEOPLE + "".join(rows)


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def wait_until_ready(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        assert time.monotonic() < until, "it was never ready"
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)


def test_a_server_is_set_up_and_takes_a_roster(tmp_path: Path, ends: ExitStack) -> None:
    """The database, its addresses, the port, the files and the id of a school are ours."""
    port = free_port()
    chosen = {
        "CAIRN_PASSWORD_COST": "test", "CAIRN_UNSAFE_DATABASE": "true", "CAIRN_LOG_LEVEL": "error",
        "CAIRN_BASE_URL": f"http://127.0.0.1:{port}", "CAIRN_MAIL_URL": f"file://{tmp_path}/mail",
        "CAIRN_MAIL_FROM": "Cairn <cairn@coastal.example>",
    }  # fmt: skip
    variables = ends.enter_context(another_machine(tmp_path / "settings", chosen))
    made, *lines = block("Running it for real")
    assert made.startswith("createdb cairn "), "another machine has it"
    key = new_key("enc")
    (tmp_path / "KEYS.public").write_bytes(write_keys([public_key(key)]))
    (tmp_path / "trust.csv").write_text(people_of(["Hill Primary"]))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in lines:
        if (export := re.match(r"export (CAIRN_\w+)=", line)) is not None:
            assert export[1] in variables
        elif line.startswith(STAYING):
            process = subprocess.Popen(
                shlex.split(line.replace("8000", str(port)), comments=True),
                env={**os.environ, **variables, "PATH": path}, cwd=tmp_path,
            )  # fmt: skip
            ends.callback(process.wait)
            ends.callback(process.terminate)
        elif line.startswith("cairn doctor"):  # which sees that the server is one for tests
            said = pasted("cairn doctor || true", tmp_path, variables)
            assert re.findall(r"^bad +(\w+)", said, re.MULTILINE) == ["unsafe"]
        else:
            if line.startswith("cairn audit verify"):
                wait_until_ready(chosen["CAIRN_BASE_URL"])
            pasted(line, tmp_path, variables)
    assert (tmp_path / "FILE").stat().st_size > 0
    take_a_roster(tmp_path, variables)


def take_a_roster(folder: Path, variables: dict[str, str]) -> None:
    """The block of the next heading, on the same server."""
    (folder / "OneRoster.zip").write_bytes((SMALL / "oneroster-school-small.zip").read_bytes())
    (folder / "trust.csv").write_text(people_of(["Mulberry Rivera Elementary School"]))
    all_of_it, into_one = [line.removeprefix(".venv/bin/") for line in block("Rosters")]
    pasted(all_of_it, folder, variables)
    founded = json.loads(pasted("cairn found trust.csv --json", folder, variables))
    school = next(one["id"] for one in founded["organisations"] if "Mulberry" in one["name"])
    said = pasted(into_one.replace("SCHOOL_ID", school), folder, variables)
    assert said
