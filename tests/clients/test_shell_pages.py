"""Blocks for a shell on pages about the API, run as they stand there against a server."""

import asyncio
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.core import clock
from app.core.words import Permission, Role
from tests.api.leaving_files import LETTER, a_sent_file
from tests.api.referring import a_body, a_draft, an_agency, step
from tests.clients.installed import BLOCKS, ROOT
from tests.programs import MOVED, check_presence
from tests.recipient_pages import a_referral_link
from tests.served import service_key
from tests.world import School, World

pytestmark = pytest.mark.machine_time

PASTED = """set -euo pipefail
curl() { command curl -sS --fail-with-body "$@"; }
"""
UUIDGEN = """#!/bin/sh
exec {python} -c 'import uuid; print(uuid.uuid4())'
"""
"""Not every machine has it."""
DATE = """#!/bin/sh
exec env {moved} {date} "$@"
"""
"""Shows the day that `make test-dates` shows. Other programs here need none, and each that is
moved may wait for itself for ever as it starts (libfaketime 0.9.10)."""


def blocks(page: str) -> list[str]:
    """What a page gives for a shell."""
    text = (ROOT / "docs" / page).read_text()
    return [str(one) for language, one in BLOCKS.findall(text) if language == "sh"]


class Shell:
    """A folder in which somebody pastes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        moved = shlex.join(f"{name}={text}" for name, text in MOVED.items())
        for name, text in (
            ("uuidgen", UUIDGEN.format(python=sys.executable)),
            ("date", DATE.format(moved=moved, date=shutil.which("date"))),
        ):
            shim = folder / "bin" / name
            shim.write_text(text)
            shim.chmod(shim.stat().st_mode | stat.S_IXUSR)

    async def paste(self, text: str, places: dict[str, str], **variables: str) -> str:
        """Run lines with ours in the place of what is shown; what they printed."""
        for shown, here in places.items():
            assert shown in text, shown
            text = text.replace(shown, here)
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        done = await asyncio.to_thread(
            subprocess.run, ["bash", "-c", PASTED + text], cwd=self.folder, check=False, text=True,
            capture_output=True, env={"PATH": path, "LANG": "C.UTF-8", **variables},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for program in ("bash", "curl", "jq", "openssl", "xxd", "sha256sum"):
        check_presence(shutil.which(program), program, "CAIRN_REQUIRE_SCRIPTS")
    return Shell(tmp_path)


def answers(printed: str) -> list[dict[str, Any]]:
    """The JSON objects among what was printed, which end without a line break."""
    found, read, at = [], json.JSONDecoder(), printed.find("{")
    while at >= 0:
        one, end = read.raw_decode(printed, at)
        found.append(one)
        at = printed.find("{", end)
    return found


async def test_a_program_signs_in(school: School, origin: str, shell: Shell) -> None:
    (block,) = blocks("sign-in.md")
    name, _, secret = (await service_key(school)).partition(":")
    places = {"https://...": origin}
    printed = await shell.paste(block, places, CLIENT_ID=name, CLIENT_SECRET=secret)
    assert json.loads(printed)["scope"] == "roster:import"


async def test_a_printed_copy_is_verified(
    world: World, school: School, origin: str, shell: Shell
) -> None:
    (block,) = blocks("documents.md")
    link, lead = await a_referral_link(world, school), school[Role.DSL]
    printed = await shell.paste(block, {}, TOKEN=world.token_of(lead), CAIRN=origin, ID=link.id)
    content = await school.lead.get(f"/v1/referrals/{link.id}/document.json")
    assert printed.split()[0] == sha256(content.content).hexdigest()


async def test_a_tool_sends_alerts_in_both_ways(
    world: World, school: School, origin: str, shell: Shell
) -> None:
    text = (ROOT / "docs/alert-intake.md").read_text()
    (shown,) = re.findall(r"POST /v1/intake-sources\n(.+?)\n\n", text, re.DOTALL)
    added = await school.api(Role.SCHOOL_ADMIN).post("/v1/intake-sources", json.loads(shown))
    assert added.status_code == 201, added.text
    source, secret = added.json()["id"], added.json()["signing_secret"]
    by_key, by_signature = blocks("alert-intake.md")
    name, _, word = (await service_key(school, Permission.ALERT_INTAKE)).partition(":")
    places = {"https://cairn.school.example": origin}
    for block, variables in (
        (by_key, {"ID": name, "SECRET": word}),
        (by_signature, {"WHSEC": secret, "SOURCE_ID": source}),
    ):
        (told,) = answers(await shell.paste(block, places, **variables))
        seen = await school.lead.get(f"/v1/monitoring-alerts/{told['id']}")
        assert seen.status_code == 200, seen.text


async def test_an_agency_reads_what_was_sent(
    world: World, school: School, origin: str, shell: Shell
) -> None:
    keys, send, read = blocks("referrals.md")
    agency = await an_agency(school)
    referral = await a_draft(school, await a_body(school, agency))
    approved = await step(school.lead, referral, "approve", {"reason": "They ask for help."})
    assert approved.headers["etag"] == '"2"', "as the page shows"
    places = {"https://cairn.school.example": origin}
    lead = world.token_of(school[Role.DSL])
    (key,) = answers(await shell.paste(keys, places, LEAD=lead, AGENCY=agency))
    now = {"2026-11-25T10:00:00Z": clock.now().strftime("%FT%TZ")}
    address = {"url": "https://agency.example/hook"}
    path = f"/v1/agencies/{agency}"
    put = await school.lead.request(
        "PUT", f"{path}/webhook", json=address,
        headers={"If-Match": (await school.lead.get(path)).headers["etag"]},
    )  # fmt: skip
    assert put.is_success, put.text
    (sent,) = answers(await shell.paste(send, places | now, LEAD=lead, REFERRAL=referral))
    assert sent["state"] == "sent"
    printed = await shell.paste(read, places, ID=key["id"], SECRET=key["secret"])
    assert [one["id"] for one in json.loads(printed)["items"]] == [referral]


async def test_a_recipient_reads_and_answers(
    world: World, school: School, origin: str, shell: Shell
) -> None:
    (block,) = blocks("sharing.md")
    sent, made = await a_sent_file(world, school)
    places = {"TOKEN=...": f"TOKEN={sent.token}", "1234 5678": sent.code}
    printed = await shell.paste(block, places, CAIRN=origin)
    waiting, content, *_ = answers(printed)
    assert (waiting["state"], content["kind"]) == ("waiting_for_code", "share")
    assert content["sha256"] in printed.partition('"snapshot"')[2]
    (file,) = [path for path in shell.folder.iterdir() if path.is_file()]
    assert file.read_bytes() == LETTER
    told = (await school.lead.get(made.path)).json()
    assert told["state"] == "acknowledged"
    assert told["events"][-1]["text"] == "It was the other arm."
