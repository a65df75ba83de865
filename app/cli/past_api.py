"""A file of past entries sent to the API, and watched until its plan is made."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from app.cli.api import CairnApi
from app.cli.roster_api import Tell, key_of, send_file, wait_for
from app.domain.exchange.imports import rules as states
from app.domain.exchange.past_imports.commands import ReceivePast
from app.formats.rosters.problems import Problem, Severity

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
    query = _query(command)
    key = key_of(file, file.name, query, plan_only=command.plan_only)
    while True:
        sent = send_file(api, IMPORTS, file, file.name, query, key)
        result = wait_for(api, IMPORTS, sent.body["id"], SETTLED, patience=patience, tell=tell)
        if not sent.headers.get("idempotency-replayed") or result["state"] not in OVER:
            return result, list(_problems(api, file.name, result["id"]))
        key = hashlib.sha256(f"{key} {result['id']}".encode()).hexdigest()


def _problems(api: CairnApi, name: str, import_id: str) -> Iterator[Problem]:
    for page in api.pages(f"{IMPORTS}/{import_id}/problems"):
        yield problem_of(name, page)


def problem_of(name: str, item: Mapping[str, Any]) -> Problem:
    """A problem of a plan, as commands have it: a warning, or an error of the row."""
    severity: Severity = "warning" if item["severity"] == "warn" else "error"
    detail = f"{item['title']} {item['advice']}".strip()
    return Problem(name, item["line"], item["column"], item["code"], severity, detail)


def _query(command: ReceivePast) -> dict[str, str]:
    return {
        "kind": command.kind, "source": command.source,
        "confidentiality": command.confidentiality,
        "plan_only": "true" if command.plan_only else "false",
    }  # fmt: skip
