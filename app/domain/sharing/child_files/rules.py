"""How a meeting is told to another school: staff by name and job title, all others as written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

Row = Mapping[str, Any]
Name = Callable[[UUID | None], dict[str, Any] | None]


def named_in(meetings: Iterable[Row], minutes: Iterable[Row]) -> set[UUID]:
    """Members of staff who were invited or came."""
    lists = [row["invited"] for row in meetings] + [row["people"] for row in minutes]
    return {
        UUID(one["staff_id"]) for people in lists for one in orjson.loads(people) if one["staff_id"]
    }


def meeting_told(row: Row, minutes: Sequence[Row], name: Name) -> dict[str, Any]:
    """A meeting with everything that was written down about it, oldest first."""
    return {
        "meeting": row["kind"],
        "starts_at": row["starts_at"],
        "place": row["place"],
        "state": row["state"],
        "cancel_reason": row["cancel_reason"],
        "invited": _people(row["invited"], name),
        "recorded_by": name(row["set_by"]),
        "minutes": [
            {
                "held_at": one["held_at"],
                "people": _people(one["people"], name),
                "papers": [paper["title"] for paper in orjson.loads(one["papers"])],
                "result": one["result"],
                "decisions": one["decisions"],
                "dissent": orjson.loads(one["dissent"]),
                "reason": one["reason"],
                "recorded_at": one["at"],
                "recorded_by": name(one["by_id"]),
            }
            for one in minutes
        ],
    }


def _people(people: str, name: Name) -> list[dict[str, Any]]:
    found = []
    for one in orjson.loads(people):
        told = {key: value for key, value in one.items() if key != "staff_id"}
        found.append(told | {"staff": name(UUID(one["staff_id"])) if one["staff_id"] else None})
    return found
