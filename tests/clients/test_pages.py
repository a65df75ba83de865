"""Blocks of docs/events.md, docs/webhooks.md and docs/self-harm.md, run as they stand there."""

import asyncio
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from app.core import clock
from app.core.ids import new_id
from app.core.words import Role
from tests.clients.installed import BLOCKS, ROOT, made, ran
from tests.programs import check_presence
from tests.world import School, World

pytestmark = pytest.mark.machine_time

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"concern.raised","data":{"school_id":"01a2"}}'
FOLLOW = """
globalThis.fetch = ((plain) => (path, more) => plain('%(origin)s' + path, more))(fetch);
const told = (event) => {
  if (event.id) { console.log(event.kind, event.about.path); process.exit(0); }
};
setTimeout(() => process.exit(1), 60000);
console.log('following');
await follow(async () => '%(token)s', told, () => undefined, ['concern.raised']);
"""
VERIFY = """
import { readFileSync } from 'node:fs';
const [headers, body] = JSON.parse(readFileSync('sent.json', 'utf8'));
try { console.log(verify('%s', headers, body).type); } catch (fault) { console.log(fault.message); }
"""
"""What a reader writes around the block of a page."""


def block(page: str, language: str) -> str:
    """The one block of a page in a language."""
    (text,) = [
        one for of, one in BLOCKS.findall((ROOT / "docs" / page).read_text()) if of == language
    ]
    return str(text)


def sent(*, ago: int = 0, secret: str = SECRET) -> tuple[dict[str, str], str]:
    """The headers and the body of a webhook that was sent so many seconds ago."""
    at = clock.now() - timedelta(seconds=ago)
    headers = {"webhook-id": "01a2", "webhook-timestamp": str(int(at.timestamp()))}
    return {**headers, "webhook-signature": Webhook(secret).sign("01a2", at, BODY)}, BODY


class TestWebhooks:
    @pytest.mark.parametrize(
        ("ago", "secret", "told"),
        [
            (0, SECRET, "concern.raised"), (600, SECRET, "too old"),
            (0, SECRET.replace("Mf", "Mg"), "not from Cairn"),
        ],
    )  # fmt: skip
    def test_are_verified_in_both_languages(
        self, tmp_path: Path, ago: int, secret: str, told: str
    ) -> None:
        made()
        headers, body = sent(ago=ago, secret=secret)
        (tmp_path / "sent.json").write_text(json.dumps([headers, body]))
        program = tmp_path / "verify.mjs"
        program.write_text(block("webhooks.md", "js") + VERIFY % SECRET)
        assert ran("node", program, folder=tmp_path) == f"{told}\n"
        given = f"secret, headers, raw_body = {SECRET!r}, {headers!r}, {body!r}\n"
        script = given + block("webhooks.md", "python") + "print(message['type'])\n"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert (done.stdout == "concern.raised\n") == (told == "concern.raised"), done.stderr
        assert ("WebhookVerificationError" in done.stderr) == (told != "concern.raised")


class TestEvents:
    async def test_are_followed_without_a_library(
        self, world: World, school: School, origin: str, tmp_path: Path
    ) -> None:
        made()
        said = {"origin": origin, "token": world.token_of(school[Role.DSL])}
        program = tmp_path / "follow.mjs"
        program.write_text(block("events.md", "js") + FOLLOW % said)
        running = asyncio.create_task(asyncio.to_thread(ran, "node", program, folder=tmp_path))
        child, paths = str(await school.child()), []
        report = {"children": [{"child_id": child}], "account": [{"text": "She was late."}]}
        while not running.done():
            raised = await school.staff.post("/v1/concerns", report)
            paths.append(f"/v1/concerns/{raised.json()['id']}")
            await asyncio.wait([running], timeout=0.5)
        _, told = (await running).splitlines()
        kind, path = told.split()
        assert kind == "concern.raised"
        assert path in paths


class TestFirstWords:
    async def test_are_reported_added_to_and_ended_as_shown(
        self, world: World, school: School, origin: str, tmp_path: Path
    ) -> None:
        check_presence("/usr/bin/curl", "curl", "CAIRN_REQUIRE_SCRIPTS")
        text = (ROOT / "docs/self-harm.md").read_text()
        child, concern, version = str(await school.child()), "", ""
        for role, command in zip(
            (Role.STAFF, Role.STAFF, Role.DSL),
            [one for of, one in BLOCKS.findall(text) if of == "sh"],
            strict=True,
        ):
            called, token = command, world.token_of(school[role])
            for shown, here in (
                ("https://cairn.example", origin), ("{concern_id}", concern), ('"3"', version),
                (re.findall('"child_id": "(.+?)"', text)[0], child),
                ("2026-11-26T10:05:00Z", clock.now().strftime("%FT%TZ")),
                ("$(uuidgen)", str(new_id())), ("curl -X", "curl -sS --fail-with-body -D head -X"),
            ):  # fmt: skip
                called = called.replace(shown, here)
            done = await asyncio.to_thread(
                subprocess.run, ["bash", "-ec", called], cwd=tmp_path, check=False, text=True,
                capture_output=True, env={"TOKEN": token, "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            concern = concern or json.loads(done.stdout)["id"]
            opened = await school.lead.get(f"/v1/concerns/{concern}")
            version = opened.headers["etag"]
