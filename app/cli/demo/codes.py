"""Second factors of the demo's people: their secrets, and the next code that still works.

A code is taken once, and only around its thirty seconds. So each code is handed out once, and
people who ask too often get the next one later.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from app.cli.failures import CommandFailed
from app.core import clock
from app.demo.codes import unwritten
from app.domain.people.second_factors import rules

HANDED_OUT = "demo-codes.json"
TO_TYPE_IT = timedelta(seconds=12)
"""How long a code works at least after it was handed out."""
NOT_THERE = "There is no demo here: start `make demo` in this folder first."


def secret_of(description: Path, email: str) -> bytes:
    """The secret of one of the demo's people. Raises `CommandFailed`."""
    try:
        accounts = json.loads(description.read_text())["accounts"]
    except (OSError, ValueError, KeyError):
        raise CommandFailed(NOT_THERE) from None
    for account in accounts:
        if account["email"] == email.strip().lower():
            if "totp_secret" not in account:
                raise CommandFailed(f"{email} signs in without a code.")
            return unwritten(account["totp_secret"])
    raise CommandFailed(f"Nobody in the demo has the address {email}.")


def next_code(root: Path, email: str, secret: bytes) -> str:
    """The next code that was not handed out yet, once its time has come."""
    with _handed_out(root) as taken:
        oldest = rules.step_at(clock.now() + TO_TYPE_IT) - rules.DRIFT
        step = max(oldest, taken.get(email, 0) + 1)
        taken[email] = step
    while step > rules.step_at(clock.now()) + rules.DRIFT:
        time.sleep(0.5)
    return rules.code_at(secret, step)


@contextmanager
def _handed_out(root: Path) -> Iterator[dict[str, int]]:
    """The last step handed out to each person, by one process at a time."""
    descriptor = os.open(root / HANDED_OUT, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        taken: dict[str, int] = json.loads(text) if text else {}
        yield taken
        file.seek(0)
        file.truncate()
        json.dump(taken, file)
