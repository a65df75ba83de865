"""Lists of grants and of broken glass."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.access import grants as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.access.checks.concerns import sight_of
from app.domain.access.grants.errors import BreakGlassNotFound, GrantNotFound
from app.domain.access.grants.kind import BREAK_GLASS
from app.domain.etags import etag


async def list_grants(
    reading: Reading, kind: str, asked: Mapping[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """Grants or broken glass: all for those who oversee them, else the reader's own."""
    actor = reading.actor
    rows = await stored.page_of_grants(
        reading.driver, sight_of(actor), partial(KEEP[kind], actor), asked, paging, reading.now
    )
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["created_at"], row["id"]),
        shape=lambda row: shown(row, reading.actor, reading.now),
    )


async def read_grant(
    driver: Driver, actor: Actor, now: datetime, kind: str, id_: UUID
) -> dict[str, Any]:
    """One of them. Raises `GrantNotFound` or `BreakGlassNotFound`."""
    rows = await stored.page_of_grants(
        driver, sight_of(actor), partial(KEEP[kind], actor), {"id": id_}, PageOf(1), now
    )
    if not rows:
        raise GrantNotFound if kind == "grant" else BreakGlassNotFound
    return shown(rows[0], actor, now)


def _keep_grants(actor: Actor, where: Conditions) -> None:
    oversees = (Permission.ACCESS_GRANT, Permission.ACCESS_REVIEW)
    sees_all = any(policy.may(actor, one) for one in oversees)
    stored.keep_grants(sight_of(actor), where, sees_all=sees_all)


def _keep_glass(actor: Actor, where: Conditions) -> None:
    where.add("t.kind = 'break_glass'")
    BREAK_GLASS.keep(actor, where)


KEEP = {"grant": _keep_grants, "break_glass": _keep_glass}


def shown(row: Mapping[str, Any], actor: Actor, now: datetime) -> dict[str, Any]:
    """One as its reader sees it."""
    live = row["ended_at"] is None and row["valid_to"] > now
    content = {
        "id": row["id"],
        "person": {"id": row["staff_id"], "name": row["staff_name"]},
        "child": row["child_id"] and {"id": row["child_id"], "name": row["child_name"]},
        "concern": row["concern_id"] and {"id": row["concern_id"], "reference": row["reference"]},
        "classes": row["classes"],
        "reason": row["reason"],
        "live": live,
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "ended_at": row["ended_at"],
        "created_at": row["created_at"],
        "etag": etag(row["version"]),
    }
    mine = row["staff_id"] == actor.id
    if row["kind"] == "grant":
        may_end = live and (mine or bool(policy.may(actor, Permission.ACCESS_GRANT)))
        granted_by = {"id": row["granted_by"], "name": row["granted_by_name"]}
        return {
            **content, "granted_by": granted_by, "permissions": ["end_grant"] if may_end else [],
        }  # fmt: skip
    if not (mine or row["readable"]):
        content |= {"concern": None, "reason": None}
    reviews = bool(policy.may(actor, Permission.ACCESS_REVIEW))
    verbs = ["end_break_glass"] if live and (mine or reviews) else []
    if row["reviewed_at"] is None and reviews and not mine:
        verbs.append("review_break_glass")
    return {
        **content,
        "sealed": not (mine or row["readable"]),
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "due_at": row["due_at"],
        "reviewed_at": row["reviewed_at"],
        "outcome": row["review_outcome"],
        "note": row["review_note"] if reviews else None,
        "permissions": verbs,
    }
