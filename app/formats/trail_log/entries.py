"""An entry of the trail as the bytes that are hashed, and read back from them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

FIELDS = (
    "school_id", "id", "seq", "xid", "at", "actor_id", "actor_role", "session_id", "request_id",
    "verb", "noun", "noun_id", "child_id", "reason", "before_hash", "after_hash", "details",
)  # fmt: skip
"""Every column of the trail; a test compares them with the table."""


class EntryUnreadable(ValueError):
    """The bytes are not an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What of an entry the check looks at, beside its bytes."""

    id: str
    xid: int
    seq: int
    at: datetime


def moment_text(moment: datetime) -> str:
    """A moment with microseconds and `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(row: Mapping[str, Any]) -> bytes:
    """The bytes of a row: a JSON object, keys sorted, no spaces, every value a string.

    A column that is null is left out, so that a column added later changes no old entry.
    `details` is the text that PostgreSQL keeps of it, never parsed and written again.
    """
    return orjson.dumps(
        {name: _text(row[name]) for name in FIELDS if row[name] is not None},
        option=orjson.OPT_SORT_KEYS,
    )


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if not isinstance(value, str | int | UUID):
        raise TypeError(f"a column of the trail came as {type(value).__name__}")
    return str(value)


def read_entry(content: bytes) -> Entry:
    """The entry that canonical bytes hold. Raises `EntryUnreadable`."""
    try:
        result = json.loads(content)
        moment = datetime.strptime(result["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        return Entry(str(result["id"]), int(result["xid"]), int(result["seq"]), moment)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise EntryUnreadable from error
