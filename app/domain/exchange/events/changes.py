"""The list of what happened since a place: the stream's twin for those who ask now and then."""

from collections.abc import Sequence
from typing import Any, Final

from app.core.words import Permission
from app.db.reading import Reading
from app.domain import policy
from app.domain.exchange.events.cursors import Cursors
from app.domain.exchange.events.reading import START, read_leaf, shown, start_now, told

BEGINNING: Final = "start"
MOST_LOOKED_AT = 2_000
"""Entries of the trail that one request looks at."""


async def list_changes_since(
    reading: Reading, cursors: Cursors, since: str | None, limit: int, kinds: Sequence[str]
) -> dict[str, Any]:
    """Events after a place, and where the next answer begins: always further on.

    Raises `PermissionMissing`, `ValidationFailed`, `PlaceUnknown`.
    """
    policy.require(reading.actor, Permission.ALERT_READ)
    school_id = reading.actor.school_id
    if since is None:
        now = await start_now(reading.driver)
        return {"items": [], "next": cursors.written(school_id, now), "more": False}
    place = START if since == BEGINNING else cursors.read(school_id, since, "/query/since")
    leaf = await read_leaf(reading.driver, school_id, place, MOST_LOOKED_AT)
    found = told(reading.actor, leaf, frozenset(kinds) or None)
    cut = found[:limit]
    is_whole = len(cut) == len(found)
    place = leaf.place if is_whole else cut[-1][0].place
    return {
        "items": [shown(entry, much, leaf.facts) for entry, much in cut],
        "next": cursors.written(school_id, place),
        "more": not (is_whole and leaf.is_complete),
    }
