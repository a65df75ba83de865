"""The blocks of docs/transfers.md and docs/webhooks.md beside demos, as somebody pastes them.

What is put in the place of something: free ports for 8000, 8001 and 8443, and a shorter story.
"""

import json
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

import app
from app.cli.demo.codes import next_code
from app.db import embedded
from app.demo.codes import unwritten
from tests.contract.readme import PASTED
from tests.demos import READY, Running, free_port
from tests.programs import check_presence
from tests.receiver import Receiver

pytestmark = [pytest.mark.machine_time, pytest.mark.long]

DOCS = Path(app.__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LOAD_SECONDS = 300
CONCERNS = 60
"""So many that the primary school watches two children at least."""
SHORTER = """#!/bin/sh
exec {python} -c 'from app.demo import plot; plot.CONCERNS = {concerns}
from app.cli import main; main()' "$@"
"""
MAKE = """#!/bin/sh
[ "$1" = demo ] && exec .venv/bin/cairn demo
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class Desk:
    """A folder with a checkout, and what is typed beside and in it."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.shims = folder / "cairn", folder / "shims"
        shorter = SHORTER.format(python=sys.executable, concerns=CONCERNS)
        program(self.checkout / ".venv/bin/cairn", shorter)
        program(self.shims / "make", MAKE)

    @contextmanager
    def demos(self, *told: tuple[str, Path, int]) -> Iterator[None]:
        """Demos that lines start at once: each line, the folder of its `var/`, its port."""
        with ExitStack() as ends:
            running = [self._started(*one, ends) for one in told]
            for one in running:
                one.wait_for(READY, LOAD_SECONDS)
            yield
            assert [one.stop() for one in running] == [0] * len(running)

    def _started(self, line: str, folder: Path, port: int, ends: ExitStack) -> Running:
        folder.mkdir(exist_ok=True)
        one = Running(folder, port, f'PATH="{self.shims}:$PATH"\n{line}', self.checkout)
        ends.callback(lambda: one.process.poll() is None and one.stop())
        return one

    def paste(self, script: str) -> str:
        """Run lines in the checkout; what they printed."""
        done = subprocess.run(
            ["bash", "-c", PASTED + script], cwd=self.checkout, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    for name in ("bash", "curl", "openssl"):
        check_presence(shutil.which(name), name, "CAIRN_REQUIRE_SCRIPTS")
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    for folder in (made.checkout, made.checkout.parent / "there"):
        embedded.erase(folder / "var/postgres")


def blocks(page: str) -> list[str]:
    found: list[str] = BLOCK.findall((DOCS / page).read_text())
    return found


def replaced(text: str, **by: int) -> str:
    """A text with other ports."""
    for told, here in by.items():
        port = told.removeprefix("_")
        assert port in text, port
        text = text.replace(port, str(here))
    return text


class TestTransfers:
    def test_go_from_one_demo_into_another(self, desk: Desk) -> None:
        start, *rest = blocks("transfers.md")
        here, there = free_port(), free_port()
        first, second = replaced(start, _8001=there).splitlines()
        parts = [f"echo; echo '## {number}'\n{text}" for number, text in enumerate(rest)]
        script = replaced("".join(parts), _8000=here, _8001=there)
        with desk.demos(
            (first, desk.checkout, here), (second, desk.checkout.parent / "there", there)
        ):
            said = desk.paste(script)
        parts = [part.split("\n", 1)[1] for part in re.split(r"^## ", said, flags=re.M)[1:]]
        _, sent, offline, received, keyed = [part.strip().splitlines() for part in parts]
        assert sent == ["approved", "sent"]
        assert "Signed by a key you trust." in offline
        assert offline[-1] == "All 3 files are whole and lie in var/opened"
        assert received[0] == received[1], "the thumbprint that the sender publishes"
        assert received[-1] == "locked"
        assert keyed[-2:] == ["locked", "known"]


class TestWebhooks:
    def test_come_to_a_receiver_on_the_same_machine(self, desk: Desk) -> None:
        (block,) = blocks("webhooks.md")
        receiver, here = Receiver(desk.checkout / "both.pem"), free_port()
        certificate, start = replaced(block, _8443=receiver.port).splitlines()
        desk.paste(certificate)
        key, pem = (desk.checkout / name for name in ("hook.key", "hook.pem"))
        (desk.checkout / "both.pem").write_text(key.read_text() + pem.read_text())
        receiver.start()
        try:
            with desk.demos((start, desk.checkout, here)):
                secret = asked_for_a_test(desk.checkout / "var", here, receiver.port)
                while not (came := receiver.got("/hook")):
                    time.sleep(0.2)
        finally:
            receiver.stop()
        told = Webhook(secret).verify(came[0]["body"], came[0]["headers"])
        assert told["type"] == "webhook.test"


def asked_for_a_test(folder: Path, port: int, receiver: int) -> str:
    """A lead of the demo adds an endpoint and tries it; its secret."""
    description = json.loads((folder / "demo.json").read_text())
    account = next(one for one in description["accounts"] if one["role"] == "dsl")
    email, secret = account["email"], unwritten(account["totp_secret"])
    form = {
        "grant_type": "password", "username": email, "password": description["password"],
        "otp": next_code(folder, email, secret), "role": "dsl",
        "organisation_id": account["organisation_id"],
    }  # fmt: skip
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        token = http.post("/v1/auth/token", data=form).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        added = http.post("/v1/webhooks", json={"url": f"https://localhost:{receiver}/hook"})
        assert added.status_code == 201, added.text
        tried = http.post(f"/v1/webhooks/{added.json()['id']}/test")
        assert tried.is_success, tried.text
    return str(added.json()["secret"])
