"""Moments as every answer, event and packet writes them: UTC, six digits of a second, a `Z`.

One width, so that their texts sort as they do. The database's `rfc3339` writes the same.
"""

from datetime import UTC, date, datetime, time
from typing import Any, Final

import orjson

OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def written(moment: datetime) -> str:
    """Such as `2026-11-26T08:05:00.000000Z`; an aware moment of any zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def rewritten(text: str) -> str:
    """A moment that a record kept as text, in whichever form it was kept then."""
    return written(datetime.fromisoformat(text))


def plain(value: Any) -> Any:
    """What a moment, a day or a time is in JSON. Raises `TypeError` for anything else."""
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def or_text(value: Any) -> Any:
    """The same, and text for anything else."""
    return plain(value) if isinstance(value, date | time) else str(value)


def to_json_bytes(content: Any, *, sort: bool = False, texts: bool = False) -> bytes:
    """JSON bytes; with keys in order where asked, and with `texts` anything unknown as text."""
    options = OPTIONS | orjson.OPT_SORT_KEYS if sort else OPTIONS
    return orjson.dumps(content, default=or_text if texts else plain, option=options)
