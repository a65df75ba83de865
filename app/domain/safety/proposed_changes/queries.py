"""Reads of changes that need a second person."""

from typing import Any

import orjson

from app.core.pointers import pointer
from app.core.words import Permission
from app.db.reading import Reading
from app.db.repositories.safety import proposed_changes as stored
from app.domain import policy
from app.domain.common.proposed_changes.rules import safeguards
from app.domain.etags import etag


async def list_proposed_changes(reading: Reading) -> list[dict[str, Any]]:
    """Waiting changes, oldest first: others than those who confirm see only their own."""
    actor = reading.actor
    policy.require(actor, Permission.SCHOOL_READ)
    confirms = safeguards(actor)
    rows = await stored.waiting_here(reading.driver, actor.school_id, actor.id, everybodys=confirms)
    return [_shown(row, confirms=confirms, mine=row["proposed_by_id"] == actor.id) for row in rows]


def _shown(row: Any, *, confirms: bool, mine: bool) -> dict[str, Any]:
    steps = ["refuse_proposed_change"] if confirms else []
    if confirms and not mine:
        steps.insert(0, "confirm_proposed_change")
    return {
        "id": row["id"],
        "about": pointer(row["noun"], row["thing_id"]),
        **_difference(orjson.loads(row["before"]), orjson.loads(row["after"])),
        "proposed_by": {"id": row["proposed_by_id"], "name": row["proposed_by_name"]},
        "created_at": row["created_at"],
        "etag": etag(row["version"]),
        "permissions": steps,
    }


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, str]:
    """The parts of both that differ, as text."""
    then, later = before.get("content", before), after.get("content", after)
    names = [name for name in {**then, **later} if then.get(name) != later.get(name)]
    return {
        "before": orjson.dumps({name: then.get(name) for name in names}).decode(),
        "after": orjson.dumps({name: later.get(name) for name in names}).decode(),
    }
