"""`docs/sandbox.md`, done: every block of it, as a developer pastes it, against real processes."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest

import app
from app.sandbox.schools import ENDINGS
from tests.cli.installations import CairnIn
from tests.programs import check_presence
from tests.sandboxes import founded

pytestmark = pytest.mark.machine_time

GUIDE = (Path(app.__file__).parents[1] / "docs/sandbox.md").read_text()
CAIRN = Path(sys.executable).with_name("cairn")
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PATIENCE = 60.0
SEEDED = len(ENDINGS) + 1
"""A duplicate of the one in progress comes along."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def urls(admin_url: str) -> tuple[str, str]:
    return founded(admin_url)


@pytest.fixture(scope="module")
def variables(urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("sandbox")
    return {
        "PATH": os.environ["PATH"],
        **{name: text for name, text in os.environ.items() if name in ("LD_PRELOAD", "FAKETIME")},
        "CAIRN_DATABASE_URL": urls[1],
        "CAIRN_KEYS_DIR": str(folder / "keys"),
        "CAIRN_CHECKPOINT_FILE": str(folder / "checkpoints.txt"),
        "CAIRN_STORAGE_URL": f"file://{folder / 'attachments'}",
        "CAIRN_MAIL_URL": f"file://{folder / 'mail'}",
        "CAIRN_SANDBOX": "on",
        "CAIRN_LADDER_SECONDS": "0.5",
        "CAIRN_UNSAFE_DATABASE": "on",
        "CAIRN_UNSAFE_PASSWORDS": "on",
    }


def started(variables: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [CAIRN, *words], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def base(variables: dict[str, str]) -> Iterator[str]:
    """A server and a worker of the sandbox; its address."""
    url = f"http://127.0.0.1:{free_port()}"
    known = {**variables, "CAIRN_BASE_URL": url}
    with ExitStack() as stack:
        for words in (("serve", "--port", url.rpartition(":")[2]), ("worker",)):
            process = stack.enter_context(started(known, *words))
            stack.callback(process.terminate)
        deadline = time.monotonic() + PATIENCE
        while not answers(url):
            assert time.monotonic() < deadline, "the sandbox never answered"
            time.sleep(0.1)
        yield url


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


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
