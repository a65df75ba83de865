"""What the demo says: its progress, where it is, and how to begin."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.demo.folder import Folder
from app.cli.demo.loader import Tick
from app.cli.demo.people import FIRST_CHILD_ID, PASSWORD, sign_ins
from app.core import clock

QUIET_SECONDS = 5.0
LEAD = "amara.okafor@harbour.example"
TEACHER = "hannah.clarke@harbour.example"

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
            f"  Mail lands in   {folder.mail}",
            f"  Programs log to {folder.logs}",
            f"  The record is   {record}",
            f"  For programs    {folder.description}",
            "",
            f"Sign in as any of these; the password is {PASSWORD}",
            "",
            *_people(),
            "",
            "Three lines to paste into another terminal:",
            "",
            *curl_lines(base_url),
            "",
            "Everybody and everything in it is invented. Press Ctrl-C to stop.",
        )
    )


def _people() -> list[str]:
    """One person for each role in each place; demo.json lists the others."""
    seen: set[tuple[str, str]] = set()
    lines = []
    for one in sign_ins():
        key = (one["role"], one["organisation"])
        if key not in seen:
            seen.add(key)
            lines.append(f"  {one['role']:<16}{one['email']:<38}{one['organisation']}")
    return sorted(lines, key=lambda line: line[54:])


def curl_lines(base_url: str) -> list[str]:
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
        f"TOKEN={_token(base_url, LEAD)}",
        f'curl -sS -w "\\n" -H "Authorization: Bearer $TOKEN" "{base_url}/v1/concerns?limit=5"',
        f'curl -sS -H "Authorization: Bearer {_token(base_url, TEACHER)}"'
        f" -H 'Content-Type: application/json' -d '{body}' {base_url}/v1/concerns",
    ]


def _token(base_url: str, email: str) -> str:
    return (
        f"$(curl -sS -d grant_type=password -d username={email} -d password={PASSWORD}"
        f' {base_url}/v1/auth/token | sed \'s/.*"access_token":"\\([^"]*\\).*/\\1/\')'
    )
