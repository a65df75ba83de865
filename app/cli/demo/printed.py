"""What the demo says: its progress, where it is, and how to begin."""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.demo.folder import Folder
from app.core import clock
from app.core.words import Role
from app.demo.loader import Tick
from app.demo.people import FIRST_CHILD_ID, PASSWORD, sign_ins
from app.domain.policy import BUILT_IN, needs_second_factor

QUIET_SECONDS = 5.0
LEAD = "amara.okafor@harbour.example"
TEACHER = "hannah.clarke@harbour.example"

NEED_CODES = frozenset(role for role, rights in BUILT_IN.items() if needs_second_factor(rights))

console = Console(highlight=False, soft_wrap=True, emoji=False, markup=False)


def say(text: str) -> None:
    """One line."""
    console.print(text)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner on a terminal, elsewhere a line, while something takes a while."""
    if not console.is_terminal:
        say(what)
        yield
        return
    with console.status(what):
        yield
    say(what)


@contextmanager
def progress() -> Iterator[Tick]:
    """A bar on a terminal; elsewhere a line every few seconds."""
    if not console.is_terminal:
        yield _lines()
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console,
    ) as bar:  # fmt: skip
        tasks = {}

        def tick(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield tick


def _lines() -> Tick:
    said_at = 0.0

    def tick(what: str, done: int, total: int) -> None:
        nonlocal said_at
        if done == total or time.monotonic() - said_at > QUIET_SECONDS:
            said_at = time.monotonic()
            say(f"  {what}: {done} of {total}")

    return tick


def welcome(base_url: str, folder: Folder, record: str) -> str:
    """Everything a newcomer needs, with lines to paste."""
    return "\n".join(
        (
            "",
            "Cairn is ready.",
            "",
            f"  API             {base_url}/v1",
            f"  Documentation   {base_url}/docs",
            f"  Description     {base_url}/openapi.json",
            f"  Mail lands in   {folder.mail}",
            f"  Programs log to {folder.logs}",
            f"  The record is   {record}",
            f"  For programs    {folder.description}",
            "",
            f"Sign in as any of these; the password is {PASSWORD}",
            "Where a code is needed too, this prints the next one (here for the lead):",
            "",
            f"  {code_line(folder, LEAD)}",
            "",
            *_people(),
            "",
            "Three lines to paste into another terminal:",
            "",
            *curl_lines(base_url, folder),
            "",
            "Everybody and everything in it is invented. Press Ctrl-C to stop.",
        )
    )


def sandbox_welcome(base_url: str) -> str:
    """How a developer begins."""
    return "\n".join(
        (
            "",
            "The sandbox is ready. docs/sandbox.md says what it can do; it begins with a school:",
            "",
            f"  curl -sS -X POST {base_url}/v1/sandbox/schools",
            "",
            f"Documentation: {base_url}/docs",
            f"Description: {base_url}/openapi.json",
            "Press Ctrl-C to stop.",
        )
    )


def _people() -> list[str]:
    """One person for each role in each place; demo.json lists the others."""
    seen: set[tuple[str, str]] = set()
    lines = []
    for sign_in in sign_ins():
        key = (sign_in["role"], sign_in["organisation"])
        if key not in seen:
            seen.add(key)
            code = "code" if Role(sign_in["role"]) in NEED_CODES else ""
            lines.append(
                f"  {sign_in['role']:<20}{code:<6}{sign_in['email']:<38}{sign_in['organisation']}"
            )
    return sorted(lines, key=lambda line: line[64:])


def curl_lines(base_url: str, folder: Folder) -> list[str]:
    """A token for the lead, the concerns the lead sees, and a new one raised by a teacher."""
    occurred_at = (clock.now() - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = orjson.dumps(
        {
            "children": [{"child_id": str(FIRST_CHILD_ID)}],
            "account": [
                {
                    "kind": "child_said",
                    "text": "I do not want to go home today.",
                    "prompted_by": "I asked how the weekend had been.",
                }
            ],
            "occurred_at": occurred_at,
            "immediacy": "today",
        }
    ).decode()
    return [
        f"TOKEN={_token(base_url, LEAD, folder)}",
        f'curl -sS -w "\\n" -H "Authorization: Bearer $TOKEN" "{base_url}/v1/concerns?limit=5"',
        f'curl -sS -H "Authorization: Bearer {_token(base_url, TEACHER)}"'
        f" -H 'Content-Type: application/json' -d '{body}' {base_url}/v1/concerns",
    ]


def code_line(folder: Folder, email: str) -> str:
    """The command that prints somebody's next code, from any folder."""
    cairn = Path(sys.argv[0]).absolute()
    return shlex.join([str(cairn), "demo", "code", email, "--in", str(folder.root)])


def _token(base_url: str, email: str, folder: Folder | None = None) -> str:
    """A command that signs in; `folder` where the role needs a code."""
    code = f" -d otp=$({code_line(folder, email)})" if folder else ""
    return (
        f"$(curl -sS -d grant_type=password -d username={email} -d password={PASSWORD}{code}"
        f' {base_url}/v1/auth/token | sed \'s/.*"access_token":"\\([^"]*\\).*/\\1/\')'
    )
