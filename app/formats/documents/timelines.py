"""A time axis of a chronology: how many events lie where, and which are marked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.formats.documents.words import Words, as_time

BARS = 60
MARKED = 24
ROWS = 3
NEAR = 0.02
NAMED = 12


def timeline_of(words: Words, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The drawing of entries in order of time, numbered from 1; None where none has a time."""
    timed = [
        (number, at, entry)
        for number, entry in enumerate(entries, start=1)
        if (at := as_time(entry.get("occurred_at"))) is not None
    ]
    if not timed:
        return None
    first, last = timed[0][1], timed[-1][1]
    start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    end = max(last + timedelta(hours=1), start + timedelta(days=1))
    whole = (end - start).total_seconds()

    def position(at: datetime) -> float:
        return min(max((at - start).total_seconds() / whole, 0.0), 1.0)

    counts = Counter(min(int(position(at) * BARS), BARS - 1) for _, at, _ in timed)
    maximum = max(counts.values())
    marked = [
        (number, position(at), entry) for number, at, entry in timed if entry.get("significant")
    ]
    return {
        "bars": [
            {"at": bar / BARS, "wide": 1 / BARS, "high": count / maximum}
            for bar, count in sorted(counts.items())
        ],
        "grid": [{"at": 1.0, "label": "1 event" if maximum == 1 else f"{maximum} events"}],
        "ticks": _ticks(words, start, end, position),
        "marked": _marked(marked[:MARKED]),
        "alt": _alt(words, timed, marked),
        "caption": _caption(timed, marked),
    }


def _ticks(words: Words, start: datetime, end: datetime, position: Any) -> list[dict[str, Any]]:
    """Five places along the axis by their dates; fewer where the axis is short."""
    days = (end - start).days
    parts = min(5, max(days, 1))
    items = []
    for part in range(parts + 1):
        at = start + (end - start) * (part / parts)
        day = words.day(at.date()) if part < parts else words.day((end - timedelta(hours=1)).date())
        items.append({"at": position(at), "label": day})
    return items


def _marked(marked: Sequence[tuple[int, float, Any]]) -> list[dict[str, Any]]:
    """Labels in a few rows, so that near ones do not lie on one another."""
    ends = [-1.0] * ROWS
    placed = []
    for number, at, _ in marked:
        row = next((row for row in reversed(range(ROWS)) if at - ends[row] >= NEAR), ROWS - 1)
        ends[row] = at
        placed.append({"at": at, "row": row, "label": str(number)})
    return placed


def _alt(words: Words, timed: Sequence[Any], marked: Sequence[Any]) -> str:
    many = "1 event" if len(timed) == 1 else f"{len(timed)} events"
    text = f"Time axis from {words.day(timed[0][1])} to {words.day(timed[-1][1])} with {many}."
    if marked:
        named = ", ".join(
            f"number {number} on {words.day(entry.get('occurred_at'))}"
            for number, _, entry in marked[:NAMED]
        )
        more = f" and {len(marked) - NAMED} more" if len(marked) > NAMED else ""
        text += f" Marked as significant: {named}{more}."
    return text


def _caption(timed: Sequence[Any], marked: Sequence[Any]) -> str:
    text = f"{len(timed)} events; the height of a bar is how many lie there."
    if marked:
        beginning = "Numbers are" if len(marked) <= MARKED else f"The first {MARKED} numbers are"
        text += f" {beginning} events marked as significant, as in the table."
    return text
