"""A file of past entries sent to the API, and watched until its plan is made."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from app.cli.api import CairnApi
from app.cli.roster_api import LOOK_AFTER, PIECE, Tell, pieces_of
from app.core.ids import new_id
from app.domain.exchange.imports import rules as states
from app.domain.exchange.past_imports.commands import ReceivePast
from app.formats.rosters.problems import Problem, Severity
from app.integrations.service_client import Answer, ServiceUnreachable

IMPORTS: Final = "/v1/imports"
SETTLED: Final = frozenset({states.PLANNED, states.HELD}) | states.ENDED
OVER: Final = frozenset({states.UNDONE, states.REFUSED, states.FAILED})
"""Where the same file again is a new import."""


def send_past(
    api: CairnApi, file: Path, command: ReceivePast, *, patience: float, tell: Tell
) -> tuple[dict[str, Any], list[Problem]]:
    """Send a file and wait for its plan; the same file again goes on with its import.

    `patience` is in seconds. Raises `ServiceRefused`, `ServiceUnreachable`.
    """
    key = _key_of(file, command)
    while True:
        sent = _send(api, file, command, key)
        found = _wait_for(api, sent.body["id"], patience=patience, tell=tell)
        if not sent.headers.get("idempotency-replayed") or found["state"] not in OVER:
            return found, list(_problems(api, file.name, found["id"]))
        key = hashlib.sha256(f"{key} {found['id']}".encode()).hexdigest()


def _wait_for(api: CairnApi, import_id: str, *, patience: float, tell: Tell) -> dict[str, Any]:
    waits, until = iter(LOOK_AFTER), time.monotonic() + patience
    while True:
        found: dict[str, Any] = api.get(f"{IMPORTS}/{import_id}").body
        tell(found["done"], found["total"], found["state"])
        if found["state"] in SETTLED:
            return found
        if time.monotonic() > until:
            raise ServiceUnreachable(
                f"Import {import_id} is still {found['state']}. It goes on; the same command "
                "again picks it up."
            )
        time.sleep(next(waits, LOOK_AFTER[-1]))


def _problems(api: CairnApi, name: str, import_id: str) -> Iterator[Problem]:
    for one in api.pages(f"{IMPORTS}/{import_id}/problems"):
        yield problem_of(name, one)


def problem_of(name: str, one: Mapping[str, Any]) -> Problem:
    """A problem of a plan, as commands have it: a warning, or an error of the row."""
    severity: Severity = "warning" if one["severity"] == "warn" else "error"
    detail = f"{one['title']} {one['advice']}".strip()
    return Problem(name, one["line"], one["column"], one["code"], severity, detail)


def _send(api: CairnApi, file: Path, command: ReceivePast, key: str) -> Answer:
    name = "".join(c for c in file.name if c.isprintable() and c not in '"\\')
    headers: dict[str, str | bytes] = {
        "Idempotency-Key": key,
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{name}"'.encode(),
        "Content-Length": str(file.stat().st_size),
    }
    query = urlencode(_query(command))
    return api.post(f"{IMPORTS}?{query}", headers=headers, content=lambda: pieces_of(file))


def _query(command: ReceivePast) -> dict[str, str]:
    return {
        "kind": command.kind, "source": command.source,
        "confidentiality": command.confidentiality,
        "plan_only": "true" if command.plan_only else "false",
    }  # fmt: skip


def _key_of(file: Path, command: ReceivePast) -> str:
    """The same for the same content, name and options; a plan alone is always made afresh."""
    if command.plan_only:
        return new_id().hex
    digest = hashlib.sha256(f"{file.name} {urlencode(_query(command))}".encode())
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
