"""Lists of conflicts of interest, and of links a person should look at."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.access import conflicts as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.access.checks.concerns import sight_of
from app.domain.access.conflicts.errors import ConflictNotFound
from app.domain.etags import etag

MOST_SUGGESTED: Final = 50


def sees_all(actor: Actor) -> bool:
    """Whether the actor sees other people's conflicts."""
    return bool(
        policy.may(actor, Permission.ACCESS_GRANT) or policy.may(actor, Permission.ACCESS_REVIEW)
    )


async def list_conflicts(
    reading: Reading, asked: dict[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """All conflicts for those who decide on access, else the reader's own about children."""
    policy.require(reading.actor, Permission.CONFLICT_DECLARE)
    rows = await stored.page_of_conflicts(
        reading.driver, sight_of(reading.actor), asked, paging, all_of_them=sees_all(reading.actor)
    )
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["created_at"], row["id"]),
        shape=lambda row: shown(row, reading.actor),
    )


async def read_conflict(driver: Driver, actor: Actor, conflict_id: UUID) -> dict[str, Any]:
    """One conflict as its reader sees it. Raises `ConflictNotFound`."""
    rows = await stored.page_of_conflicts(
        driver, sight_of(actor), {"id": conflict_id}, PageOf(1), all_of_them=sees_all(actor)
    )
    if not rows:
        raise ConflictNotFound
    return shown(rows[0], actor)


async def suggested_about(
    driver: Driver, actor: Actor, children: Sequence[UUID], concern_id: UUID | None
) -> list[dict[str, Any]]:
    """What is suggested about children or a concern, for those who may confirm it."""
    if not sees_all(actor):
        return []
    concerns = [] if concern_id is None else [concern_id]
    asked = {"state": "suggested", "about": (list(children), concerns)}
    rows = await stored.page_of_conflicts(
        driver, sight_of(actor), asked, PageOf(MOST_SUGGESTED), all_of_them=True
    )
    return [shown(row, actor) for row in rows[:MOST_SUGGESTED]]


def shown(row: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """A conflict as its reader sees it."""
    child = concern = None
    if row["child_id"] is not None:
        child = {"id": row["child_id"], "name": row["child_name"]}
    if row["concern_id"] is not None:
        concern = {"id": row["concern_id"], "reference": row["reference"]}
    verbs = []
    if sees_all(actor) and row["ended_at"] is None:
        verbs += ["confirm_conflict"] if row["state"] != "in_force" else []
        verbs += ["end_conflict"] if row["staff_id"] != actor.id else []
    return {
        "id": row["id"],
        "kind": row["kind"],
        "state": row["state"],
        "person": {"id": row["staff_id"], "name": row["staff_name"]},
        "child": child,
        "concern": concern,
        "reason": row["reason"],
        "contact_id": row["contact_id"],
        "created_at": row["created_at"],
        "ground_gone_at": row["ground_gone_at"],
        "ended_at": row["ended_at"],
        "end_reason": row["end_reason"],
        "etag": etag(row["version"]),
        "permissions": verbs,
    }


async def list_suggestions(reading: Reading) -> list[dict[str, Any]]:
    """Staff and contacts with the same name and phone, for a lead to confirm or not."""
    policy.require(reading.actor, Permission.ACCESS_GRANT)
    rows = await stored.suggested(reading.driver, reading.actor.school_id, reading.today)
    return [
        {
            "person": {"id": row["staff_id"], "name": row["staff_name"]},
            "child": {"id": row["child_id"], "name": row["child_name"]},
            "contact_id": row["contact_id"],
            "contact_kind": row["contact_kind"],
            "because": "same_name_and_phone",
        }
        for row in rows
        if row["child_id"] not in reading.actor.conflicts.children
    ]


async def read_named(driver: Driver, actor: Actor, conflict_id: UUID) -> dict[str, Any]:
    """What a person who named somebody is shown, also when they read nothing else of it."""
    row = await stored.one_conflict(driver, actor.school_id, conflict_id)
    return shown(row, actor)
