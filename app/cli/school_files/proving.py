"""Holds a school's file against its own sealed trail, before anything of it comes in."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from app.cli.failures import CommandFailed
from app.db import school_rows
from app.db.row_trace import COVERED, columns_of
from app.db.school_rows import ADULTS, Leaving
from app.domain.access.row_hashes.queries import Newest, State, newest_hashes
from app.formats import school_files
from app.formats.school_files import SchoolSource
from app.integrations.seal_keys import FOLDER, SealKeyError, SealKeyFolder

ROW_TRAIL = "trail/row_trail.ndjson"
SHOWN = 10
LONGEST = 64 << 20
"""Bytes of one line; no row of Cairn's is longer."""


def check_whole(manifests: Sequence[Mapping[str, Any]]) -> None:
    """Raise `CommandFailed` where a kind of record is missing from the files."""
    there = {name for manifest in manifests for name in manifest["files"]}
    wanted = {
        item.member for item in school_rows.leaving() if item.part != ADULTS or len(manifests) > 1
    }
    if missing := sorted(wanted - there):
        raise CommandFailed(f"the file is not whole: {missing[0]} is missing")


def check_lines(sources: Sequence[SchoolSource], *, has_adults: bool) -> None:
    """Raise `CommandFailed` where a row is not as the school's row trail left it, or is gone."""
    members = {item.member: item for item in school_rows.leaving() if item.table in COVERED}
    with newest_hashes() as newest:
        last = -1
        for entry in _lines_of(sources, ROW_TRAIL):
            if entry["seq"] <= last:
                raise CommandFailed(f"{ROW_TRAIL} is not in its order")
            last = entry["seq"]
            _remember(newest, entry)
        items = [
            *_differing(sources, members, newest),
            *(
                f"records/{item.table}.ndjson: {item.key} is gone"
                for item in newest.left()
                if has_adults or not item.table.startswith("adult_")
            ),
        ]
    if items:
        more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
        raise CommandFailed(
            f"the file is not as the school's own trail left it: {'; '.join(items[:SHOWN])}{more}. "
            "Run `cairn audit verify` where it comes from, and ask for the file again"
        )


def published_keys(source: SchoolSource) -> list[tuple[str, bytes]]:
    """The public sealing keys of a file, each proved by its name. Raises `CommandFailed`."""
    with tempfile.TemporaryDirectory(prefix="cairn-keys-") as temporary:
        folder = Path(temporary) / FOLDER
        folder.mkdir()
        wordses: list[tuple[str, bytes]] = []
        for name, pieces in source.members():
            if not name.startswith(school_files.KEYS):
                continue
            content, plain = b"".join(pieces), PurePosixPath(name).name
            if name != school_files.KEYS + plain or not plain.endswith(".pub"):
                raise CommandFailed(f"{name} is no public key")
            (folder / plain).write_bytes(content)
            wordses.append((plain, content))
        try:
            SealKeyFolder(Path(temporary)).published()
        except SealKeyError:
            raise CommandFailed("a public key of the file is none") from None
        return wordses


def _remember(newest: Newest, entry: Mapping[str, Any]) -> None:
    details = orjson.dumps(entry["details"]).decode()
    newest.add(entry["id"], datetime.fromisoformat(entry["at"]), details)


def _differing(
    sources: Sequence[SchoolSource], members: Mapping[str, Leaving], newest: Newest
) -> Iterator[str]:
    for source in sources:
        for name, pieces in source.members():
            leaving = members.get(name)
            if leaving is None:
                continue
            for number, line in enumerate(_lines(name, pieces), 1):
                key = _key(leaving.table, _row(name, number, line))
                differs = newest.compare(leaving.table, key, line.decode())
                if differs is not None:
                    text = _described(source, name, leaving.table, key, number, differs.state)
                    yield f"{name} line {number}: {key} {text}"


def _key(table: str, row: Mapping[str, Any]) -> str:
    return "/".join(str(row.get(column)) for column in columns_of(table))


def _described(
    source: SchoolSource, name: str, table: str, key: str, number: int, state: State
) -> str:
    """What is wrong with a line; one that nothing is known of may be there twice."""
    if state == "changed":
        return "was changed"
    for first, line in enumerate(_lines_of_member(source, name), 1):
        if first < number and _key(table, _row(name, first, line)) == key:
            return f"comes twice; the first is line {first}"
    return "is not known to the trail"


def _lines_of_member(source: SchoolSource, wanted: str) -> Iterator[bytes]:
    for name, pieces in source.members():
        if name == wanted:
            yield from _lines(name, pieces)


def _lines_of(sources: Sequence[SchoolSource], wanted: str) -> Iterator[dict[str, Any]]:
    for source in sources:
        for number, line in enumerate(_lines_of_member(source, wanted), 1):
            yield _row(wanted, number, line)


def _row(name: str, number: int, line: bytes) -> dict[str, Any]:
    content: Any = None
    with suppress(ValueError):
        content = orjson.loads(line)
    if not isinstance(content, dict):
        raise CommandFailed(f"{name} line {number} is no JSON object: ask for the file again")
    return content


def _lines(name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        if len(rest) > LONGEST:
            raise CommandFailed(f"{name} has a line that is too long")
    if rest:
        yield rest
