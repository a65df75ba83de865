"""A roster sent to the API, and watched until it has ended or needs a person."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from app.cli.api import CairnApi
from app.core.ids import new_id
from app.domain.exchange.imports import rules as states
from app.domain.exchange.roster.commands import Outcome, ReceiveRoster
from app.formats.rosters.problems import Problem
from app.integrations.service_client import Answer, ServiceUnreachable

IMPORTS: Final = "/v1/roster/imports"
PIECE: Final = 1024 * 1024
LOOK_AFTER: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds between two looks at an import; the last is repeated."""
ENDED: Final = states.ENDED - {states.UNDOING} | {states.HELD}

Tell = Callable[[int, int, str], None]
"""Told how far an import is."""


def send_roster(
    api: CairnApi, file: Path, command: ReceiveRoster, *, patience: float, tell: Tell
) -> Outcome:
    """Send a file and wait for what becomes of it; the same file again goes on with its import.

    `patience` is in seconds. Raises `ServiceRefused`, `ServiceUnreachable`.
    """
    query = _query(command)
    key = key_of(file, command.file_name, query, plan_only=command.plan_only)
    while True:
        sent = send_file(api, IMPORTS, file, command.file_name, query, key)
        if not sent.headers.get("idempotency-replayed") or _is_last(api, sent.body["id"]):
            result = wait_for(api, IMPORTS, sent.body["id"], ENDED, patience=patience, tell=tell)
            return outcome_of(api, result)
        key = hashlib.sha256(f"{key} {sent.body['id']}".encode()).hexdigest()


def undo_sent(api: CairnApi, import_id: UUID, *, patience: float, tell: Tell) -> Outcome:
    """Undo an import and wait for it; one that is undone stays so. Raises as `send_roster`."""
    result = api.get(f"{IMPORTS}/{import_id}")
    if result.body["state"] not in (states.UNDOING, states.UNDONE):
        etag = result.headers["etag"]
        key = hashlib.sha256(f"undo {import_id} {etag}".encode()).hexdigest()
        headers = {"If-Match": etag, "Idempotency-Key": key}
        api.post(f"{IMPORTS}/{import_id}/undo", headers=headers)
    ended = wait_for(api, IMPORTS, str(import_id), ENDED, patience=patience, tell=tell)
    return outcome_of(api, ended)


def wait_for(
    api: CairnApi, imports: str, import_id: str, settled: Collection[str], *,
    patience: float, tell: Tell,
) -> dict[str, Any]:  # fmt: skip
    """The import once its state is settled. Raises `ServiceRefused`, `ServiceUnreachable`."""
    waits, until = iter(LOOK_AFTER), time.monotonic() + patience
    while True:
        body: dict[str, Any] = api.get(f"{imports}/{import_id}").body
        tell(body["done"], body["total"], body["state"])
        if body["state"] in settled:
            return body
        if time.monotonic() > until:
            raise ServiceUnreachable(
                f"Import {import_id} is still {body['state']}. It goes on; the same command "
                "again picks it up."
            )
        time.sleep(next(waits, LOOK_AFTER[-1]))


def outcome_of(api: CairnApi, row: dict[str, Any]) -> Outcome:
    """An import with its problems, as the operator's own command has it."""
    problems = [
        Problem(
            page["file"],
            page["line"],
            page["column"],
            page["code"],
            page["severity"],
            page["detail"],
        )
        for page in api.pages(f"{IMPORTS}/{row['id']}/problems")
    ]
    fault = row.get("fault")
    return Outcome(
        UUID(row["id"]), row["state"], row.get("counts") or {},
        fault and fault["code"], problems,
    )  # fmt: skip


def send_file(
    api: CairnApi, imports: str, file: Path, name: str, query: Mapping[str, str], key: str
) -> Answer:
    """Begin an import of a file, or find the one that the key began."""
    text = "".join(c for c in name if c.isprintable() and c not in '"\\')
    headers: dict[str, str | bytes] = {
        "Idempotency-Key": key,
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{text}"'.encode(),
        "Content-Length": str(file.stat().st_size),
    }
    address = f"{imports}?{urlencode(query)}"
    return api.post(address, headers=headers, content=lambda: pieces_of(file))


def _query(command: ReceiveRoster) -> dict[str, str]:
    asked = {"source": command.source, "plan_only": "true" if command.plan_only else "false"}
    if command.organisation_source_id:
        asked["organisation_source_id"] = command.organisation_source_id
    return asked


def key_of(file: Path, name: str, query: Mapping[str, str], *, plan_only: bool) -> str:
    """The same for the same content, name and options; a plan alone is always made afresh, since
    the record may have changed."""
    if plan_only:
        return new_id().hex
    digest = hashlib.sha256(f"{name} {urlencode(query)}".encode())
    for piece in pieces_of(file):
        digest.update(piece)
    return digest.hexdigest()


def _is_last(api: CairnApi, import_id: str) -> bool:
    """Whether an import that was sent before still stands for its file: it is under way or held,
    or it was applied and nothing was imported since."""
    body = api.get(f"{IMPORTS}/{import_id}").body
    if body["state"] == states.APPLIED:
        newest = api.get(f"{IMPORTS}?limit=1").body["items"]
        return bool(newest) and newest[0]["id"] == import_id
    return body["state"] == states.HELD or body["state"] not in states.ENDED


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file as the body of a request."""
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece
