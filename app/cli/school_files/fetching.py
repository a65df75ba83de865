"""A school exported over the API: ordered, watched, and downloaded once two people stand for it."""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from rich.console import Console

from app.cli.api import CairnApi
from app.cli.exits import Exit
from app.cli.failures import CommandFailed
from app.cli.import_results import Bar, shaped
from app.cli.roster_api import LOOK_AFTER
from app.cli.school_files.exporting import ExportCommand
from app.core.ids import new_id
from app.domain.exchange.school_exports import rules
from app.formats.packets import key_dict, thumbprint
from app.formats.rosters.problems import Problem
from app.integrations.service_client import ServiceUnreachable

EXPORTS: Final = "/v1/exports"
PIECE: Final = 1 << 20
DOWNLOADING: Final = "downloading"
WORDS: Final = {
    rules.ASKED: "People have to approve it", rules.APPROVED: "Waiting for its turn",
    rules.RUNNING: "Being written", DOWNLOADING: "Downloading",
}  # fmt: skip
DAMAGED: Final = "the file did not come whole: repeat the same command"
GIVEN: Final = ("kty", "crv", "x", "y")


@dataclass(frozen=True, slots=True)
class Written:
    """A school that was, or would be, written from the database."""

    state: str
    command: ExportCommand
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> Sequence[Problem]:
        """None: a school that cannot be written fails as a whole."""
        return ()

    def exit_of(self, *, dry_run: bool) -> Exit:
        """Done."""
        return Exit.DONE

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        school = self.manifest.get("school", {}).get("name"), self.command.school_id
        return shaped(None, self.state, None, _counts(self.manifest), school=school)

    def show(self, console: Console, *, dry_run: bool) -> None:
        """For people."""
        also = f" and {self.command.adults_target}" if self.command.adults else ""
        if self.manifest:
            console.print(summary_of(self.manifest), markup=False)
        text = "dry run: nothing was written to" if dry_run else "written:"
        console.print(f"{text} {self.command.target}{also}", markup=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An export of the API, as it stands; `None` where a dry run found none to go on with."""

    row: Mapping[str, Any] | None
    target: Path
    thumbprint: str

    @property
    def problems(self) -> Sequence[Problem]:
        """None."""
        return ()

    def exit_of(self, *, dry_run: bool) -> Exit:
        """Done where the file is there; held while people have to approve it."""
        state = rules.READY if self.row is None else self.row["state"]
        if state == rules.ASKED:
            return Exit.HELD
        return Exit.DONE if state == rules.READY or dry_run else Exit.REFUSED

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        if self.row is None:
            return shaped(None, "not_ordered", None, {"thumbprint": self.thumbprint})
        result, fault = self.row, self.row["fault"]
        lines = (fault["code"], fault["detail"]) if fault else None
        if result["end_reason"]:
            lines = (result["state"], result["end_reason"])
        names = ("thumbprint", "done", "total", "size", "sha256", "expires_at")
        counts = {name: result[name] for name in names} | {"approvals": len(result["approvals"])}
        return shaped(UUID(result["id"]), result["state"], lines, counts)

    def show(self, console: Console, *, dry_run: bool) -> None:
        """For people."""
        if self.row is None:
            console.print(f"dry run: it would be ordered to the key {self.thumbprint}")
            return
        result = self.row
        if result["state"] == rules.ASKED:
            console.print(
                f"{len(result['approvals'])} of {rules.STANDING} people stand for it. Heads and "
                f"leads approve it in Cairn by the key's thumbprint: {self.thumbprint}"
            )
        if result["end_reason"] or result["fault"]:
            why = result["end_reason"] or result["fault"]["detail"]
            console.print(f"{why} To order it again, give another --reason.", markup=False)
        if result["state"] == rules.READY and not dry_run:
            console.print(f"written: {self.target}", markup=False)
        console.print(f"{result['state']}; export {result['id']}", markup=False)


def fetch_school(
    api: CairnApi, command: ExportCommand, *, dry_run: bool, patience: float
) -> Fetched:
    """Go on with what was ordered to this key for this reason, or order it; then fetch the file.

    Raises `CommandFailed`, `ServiceRefused`, `ServiceUnreachable`.
    """
    assert command.key is not None  # noqa: S101 - it was asked for
    print_, bar = thumbprint(command.key), Bar(Console(stderr=True), WORDS)
    with bar.progress:
        watch = _known(api, print_, command.reason)
        if dry_run:
            return Fetched(watch, command.target, print_)
        watch = watch or _order(api, command)
        watch = _watch(api, watch, patience, bar)
        if watch["state"] == rules.READY:
            _download(api, watch, command.target, bar)
    return Fetched(watch, command.target, print_)


def _known(api: CairnApi, print_: str, reason: str) -> dict[str, Any] | None:
    """The newest order of this; one that failed or expired does not count."""
    for page in api.pages(EXPORTS):
        if (page["thumbprint"], page["reason"]) == (print_, reason):
            return None if page["state"] in (rules.FAILED, rules.EXPIRED) else page
    return None


def _order(api: CairnApi, command: ExportCommand) -> dict[str, Any]:
    assert command.key is not None  # noqa: S101 - it was asked for
    key = key_dict(command.key)
    body = {"reason": command.reason, "public_key": {name: key[name] for name in GIVEN}}
    headers: dict[str, str | bytes] = {
        "Idempotency-Key": new_id().hex, "Content-Type": "application/json"
    }  # fmt: skip
    result: dict[str, Any] = api.post(
        EXPORTS, headers=headers, content=lambda: iter((orjson.dumps(body),))
    ).body
    return result


def _watch(api: CairnApi, row: dict[str, Any], patience: float, bar: Bar) -> dict[str, Any]:
    """The export once it is ready or has ended, or needs people."""
    waits, until = iter(LOOK_AFTER), time.monotonic() + patience
    while True:
        bar.tell(row["done"], row["total"], row["state"])
        if row["state"] not in rules.TO_WRITE:
            return row
        if time.monotonic() > until:
            raise ServiceUnreachable(
                f"Export {row['id']} is still {row['state']}. It goes on; the same command "
                "again picks it up."
            )
        time.sleep(next(waits, LOOK_AFTER[-1]))
        row = api.get(f"{EXPORTS}/{row['id']}").body


def _download(api: CairnApi, row: Mapping[str, Any], target: Path, bar: Bar) -> None:
    """Into `.TARGET.ID.part`, which a cut download leaves and the next one goes on with."""
    part = target.with_name(f".{target.name}.{row['id']}.part")
    size = row["size"]
    number = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(number, "r+b") as stream:
        if stream.seek(0, os.SEEK_END) >= size:
            stream.truncate(0)
            stream.seek(0)
        api.download(row["file"], stream, lambda done: bar.tell(done, size, DOWNLOADING))
        stream.flush()
        os.fsync(stream.fileno())
        if _digest(stream) != row["sha256"]:
            part.unlink()
            raise CommandFailed(DAMAGED)
    if target.exists():
        raise CommandFailed(f"{target} exists; an export never overwrites anything")
    part.rename(target)


def _digest(stream: Any) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while piece := stream.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _counts(manifest: Mapping[str, Any]) -> dict[str, int]:
    files = manifest.get("files", {})
    return {
        "rows": sum(file.get("rows", 0) for file in files.values()),
        "files": sum(name.startswith("files/") for name in files),
    }


def summary_of(manifest: Mapping[str, Any]) -> str:
    """What a school's file holds, in one line."""
    counts = _counts(manifest)
    return f"{manifest['school']['name']}: {counts['rows']} rows, {counts['files']} files"
