"""Meetings for another school: staff by name and job title, all others as written."""

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
        UUID(item["staff_id"])
        for people in lists
        for item in orjson.loads(people)
        if item["staff_id"]
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
                "held_at": minute["held_at"],
                "people": _people(minute["people"], name),
                "papers": [paper["title"] for paper in orjson.loads(minute["papers"])],
                "result": minute["result"],
                "decisions": minute["decisions"],
                "dissent": orjson.loads(minute["dissent"]),
                "reason": minute["reason"],
                "recorded_at": minute["at"],
                "recorded_by": name(minute["by_id"]),
            }
            for minute in minutes
        ],
    }


def _people(people: str, name: Name) -> list[dict[str, Any]]:
    items = []
    for item in orjson.loads(people):
        facts = {key: value for key, value in item.items() if key != "staff_id"}
        items.append(facts | {"staff": name(UUID(item["staff_id"])) if item["staff_id"] else None})
    return items
