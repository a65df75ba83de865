"""A saved mapping: which column of a table is which field, and what its values mean."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from app.formats.oneroster.columns import plain_name
from app.formats.rosters.dates import Order
from app.formats.rosters.fields import IDENTIFIERS, TRANSLATED, all_fields

FORM: Final = "cairn-mapping/1"
KIND: Final = "roster"
ORDERS: Final = ("dmy", "mdy", "ymd")
LARGEST: Final = 256 * 1024


class MappingError(Exception):
    """The mapping cannot be used; `code` names why, `name` the field or column."""

    def __init__(self, code: str, name: str | None = None) -> None:
        super().__init__(code)
        self.code, self.name = code, name


@dataclass(frozen=True, slots=True)
class RosterMapping:
    """`columns` maps a field to the column or columns that are joined by a space for it; `values`
    a field and a word, in lower case, to what it means. `header` is the hash of the header that
    it was confirmed for, None where that was not said."""

    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    date_order: Order | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int = 1
    header: str | None = None
    school: str = "school"
    school_name: str | None = None
    complete: bool = False


def header_hash(names: Sequence[str]) -> str:
    """The same for the same columns in the same order, whatever their spelling."""
    plain = "\n".join(plain_name(name) for name in names)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def parse_mapping(raw: bytes) -> RosterMapping:
    """A mapping in TOML or JSON. Raises `MappingError`."""
    try:
        if len(raw) > LARGEST:
            raise MappingError("mapping.unreadable")
        text = raw.decode("utf-8-sig")
        content = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        return _mapping(content)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise MappingError("mapping.unreadable") from None


def _mapping(content: dict[str, Any]) -> RosterMapping:
    if content.get("format") != FORM or content.get("kind", KIND) != KIND:
        raise MappingError("mapping.unreadable")
    file, school = content.get("file", {}), content.get("school", {})
    columns = {name: _names(value) for name, value in content["columns"].items()}
    known = frozenset(all_fields())
    for name in columns:
        if name not in known:
            raise MappingError("mapping.unknown_field", name[:60])
    for name in content.get("values", {}):
        if name not in TRANSLATED:
            raise MappingError("mapping.unknown_field", name[:60])
    if not any(name in columns for name in IDENTIFIERS):
        raise MappingError("mapping.field_missing", "upn")
    if "given_name" not in columns and "family_name" not in columns:
        raise MappingError("mapping.field_missing", "family_name")
    return RosterMapping(
        columns,
        {name: _words(value) for name, value in content.get("values", {}).items()},
        cast(Order | None, _one_of(file.get("date_order"), ORDERS)),
        _encoding(file.get("encoding")),
        _one_of(file.get("delimiter"), (",", ";", "\t", "|")),
        min(max(int(file.get("header_row", 1)), 1), 50),
        file.get("header"),
        str(school.get("id") or "school")[:255],
        school.get("name"),
        content.get("complete") is True,
    )


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else tuple(str(name) for name in value)
    if not names or not all(names):
        raise TypeError
    return names


def _words(value: Mapping[str, Any]) -> dict[str, str]:
    return {" ".join(word.casefold().split()): str(meant) for word, meant in value.items()}


def _one_of(value: str | None, words: Sequence[str]) -> str | None:
    if value is not None and value not in words:
        raise ValueError
    return value


def _encoding(value: str | None) -> str | None:
    return _one_of(value, ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252",
                           "windows-1252", "iso-8859-1"))  # fmt: skip
