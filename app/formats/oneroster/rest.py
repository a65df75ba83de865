"""What a OneRoster 1.2 REST service answers, written as the files of a OneRoster package."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from app.formats.oneroster.columns import FILES, ROLES, TABLES, Table
from app.formats.oneroster.header import EXTRA_COLUMNS, METADATA, METADATA_NAME

COLLECTIONS: Final = (
    "orgs", "academicSessions", "courses", "classes", "users", "enrollments", "demographics"
)  # fmt: skip
"""In the order in which they refer to one another; roles stand inside users."""
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    table.name: tuple(column.name for column in table.columns if column.expected_in("1.2"))
    for table in TABLES
}
SPELT: Final = {
    "preferredGivenName": "preferredFirstName",
    "preferredFamilyName": "preferredLastName",
}
"""Columns that have another name in JSON."""
STATED: Final = ("status", "dateLastModified")
NEVER_KEPT: Final = "password"

Object = Mapping[str, Any]
Rows = Callable[[], Iterator[Object]]
"""Reads the objects of one collection; it is asked twice."""


def roles_of(user: Object) -> Iterator[dict[str, Any]]:
    """The roles of a user as rows of their own, each with an id that stays the same."""
    for role in user.get("roles") or ():
        if not isinstance(role, Mapping):
            continue
        row = {**role, "user": {"sourcedId": user.get("sourcedId")}}
        parts = (row.get("roleType"), row.get("role"), _id_of(row.get("org")))
        text = "\n".join(str(part) for part in (user.get("sourcedId"), *parts))
        row["sourcedId"] = hashlib.sha256(text.encode()).hexdigest()[:32]
        yield row | {name: user.get(name) for name in STATED}


def is_deleted(row: Object) -> bool:
    """Whether the service says that it has gone."""
    return str(row.get("status", "")).casefold() == "tobedeleted"


def write_package(target: Path, collections: Mapping[str, Rows], modes: Mapping[str, str]) -> None:
    """Write collections as one zip. `modes` says of each whether it is `bulk`, thus complete, or
    `delta`. The same objects make the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "manifest", _manifest(modes))
        for table in TABLES:
            rows = _rows_of(table, collections)
            if rows is not None and table.name in modes:
                _write(archive, table.name, _table(table, rows, modes[table.name]))


def _rows_of(table: Table[Any], collections: Mapping[str, Rows]) -> Rows | None:
    if table is not ROLES:
        return collections.get(table.name)
    users = collections.get("users")
    return users and (lambda: (role for user in users() for role in roles_of(user)))


def _manifest(modes: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    yield "propertyName", "value"
    yield "manifest.version", "1.0"
    yield "oneroster.version", "1.2"
    for name in FILES["1.2"]:
        yield f"file.{name}", modes.get(name, "absent")


def _table(table: Table[Any], rows: Rows, mode: str) -> Iterator[tuple[str, ...]]:
    names, extras = COLUMNS[table.name], _extras(rows())
    yield (*names, *(METADATA + name for name in extras))
    for row in rows():
        if mode == "bulk":
            if is_deleted(row):
                continue
            row = {name: row[name] for name in row if name not in STATED}  # noqa: PLW2901
        extra = row.get("metadata") or {}
        yield (
            *(_cell(row, name) for name in names),
            *(_text(extra.get(name)) for name in extras),
        )


def _extras(rows: Iterable[Object]) -> list[str]:
    """The private columns of a collection: those of a single value, with a name that can be."""
    result: dict[str, None] = {}
    for row in rows:
        extra = row.get("metadata")
        for name in extra if isinstance(extra, Mapping) else ():
            if METADATA_NAME.fullmatch(name) and len(result) < EXTRA_COLUMNS:
                result.setdefault(name)
    return sorted(result)


def _write(archive: zipfile.ZipFile, name: str, lines: Iterable[tuple[str, ...]]) -> None:
    part = zipfile.ZipInfo(f"{name}.csv")
    part.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(part, "w", force_zip64=True) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        csv.writer(text).writerows(lines)
        text.flush()
        text.detach()


def _cell(row: Object, name: str) -> str:
    """One cell: references by their ids, lists with commas between."""
    if name == NEVER_KEPT:
        return ""
    if name == "userIds":
        return ",".join(_user_ids(row.get(name)))
    if name.endswith("SourcedIds"):
        refs = row.get(f"{name.removesuffix('SourcedIds')}s")
        return ",".join(_id_of(ref) for ref in refs) if isinstance(refs, list) else ""
    if name.endswith("SourcedId"):
        return _id_of(row.get(name.removesuffix("SourcedId")))
    value = row.get(SPELT.get(name, name), row.get(name))
    if isinstance(value, list):
        return ",".join(_text(item).replace(",", " ") for item in value)
    return _text(value)


def _user_ids(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Mapping) and item.get("type") and item.get("identifier"):
            yield f"{{{_text(item['type'])}:{_text(item['identifier'])}}}"


def _id_of(reference: Any) -> str:
    return _text(reference.get("sourcedId")) if isinstance(reference, Mapping) else ""


def _text(value: Any) -> str:
    """A single value as it stands in a cell; anything else, and nothing, is blank."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""
