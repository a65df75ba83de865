"""Reads of grants and of emergency access, and the record that one is for."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any, Final
from uuid import UUID

from app.core import clock
from app.core.words import Actor, Permission, Role
from app.db.cards import picked
from app.db.models import AccessGrant, Child, Concern
from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.access import grants as stored
from app.db.repositories.concern_facts import access_to
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import Columns
from app.domain import policy, visibility
from app.domain.access.concern_access.queries import in_conflict, reads_concern
from app.domain.access.conflicts.queries import candidates_at
from app.domain.access.grants.errors import BreakGlassNotFound, GrantNotFound
from app.domain.access.grants.kind import BREAK_GLASS, OF_GRANT, OF_RECORD
from app.domain.access.grants.schemas import OneRecordIn
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest
from app.domain.etags import etag

Keep = Callable[[Conditions], None]
REVIEW: Final = "review_break_glass"
COLUMNS: Final = Columns.of(AccessGrant)


async def check_target(work: UnitOfWork, target: OneRecordIn) -> list[UUID]:
    """List the children of a target.

    Raises `ConcernNotFound`, `ChildNotFound`, `ConflictOfInterest`.

    People locked out of a concern do not learn here that it exists.
    """
    if target.concern_id is not None:
        concern = await work.concerns.find(Concern, target.concern_id)
        if concern is None or concern.state == "moved_to_adults":
            raise ConcernNotFound
        children = await work.concerns.child_ids(target.concern_id)
        if in_conflict(work.actor, target.concern_id, children):
            raise ConcernNotFound
        return children
    if target.child_id is None or await work.children.find(Child, target.child_id) is None:
        raise ChildNotFound
    conflicts = work.actor.conflicts
    if target.child_id in conflicts.children - conflicts.limited:
        raise ConflictOfInterest
    return [target.child_id]


async def list_grants(
    reading: Reading, kind: str, asked: Mapping[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """List grants or emergency access: all for those who oversee them; for others, their own."""
    actor = reading.actor
    rows = await stored.page_of_grants(
        reading.driver, actor.school_id, *_keep(kind, actor), asked, paging, reading.now
    )
    return page_of(
        rows,
        paging,
        key="created_at",
        shape=lambda row: to_response(row, reading.actor, reading.now),
    )


async def read_grant(
    driver: Driver, actor: Actor, now: datetime, kind: str, id_: UUID
) -> dict[str, Any]:
    """Get one. Raises `GrantNotFound` or `BreakGlassNotFound`."""
    rows = await stored.page_of_grants(
        driver, actor.school_id, *_keep(kind, actor), {"id": id_}, PageOf(1), now
    )
    if not rows:
        raise GrantNotFound if kind == "grant" else BreakGlassNotFound
    result = to_response(rows[0], actor, now)
    if REVIEW in result["permissions"] and await leaves_to_reader(driver, actor, now, rows[0]):
        result["permissions"].remove(REVIEW)
    return result


async def leaves_to_reader(
    driver: Driver, actor: Actor, now: datetime, row: AccessGrant | Mapping[str, Any]
) -> bool:
    """Whether the actor cannot read the concern but another reviewer could."""
    breaker, concern_id = (
        (row.staff_id, row.concern_id)
        if isinstance(row, AccessGrant)
        else (row["staff_id"], row["concern_id"])
    )
    access = await access_to(driver, actor.school_id, concern_id) if concern_id else None
    if access is None or reads_concern(actor, access):
        return False
    people = await candidates_at(
        driver, actor.school_id, clock.day_of(now), concern_id, access.children
    )
    return any(
        not person.in_conflict
        and person.id != breaker
        and access.confidentiality in policy.BUILT_IN[Role(person.role)].classes
        and Permission.ACCESS_REVIEW in policy.BUILT_IN[Role(person.role)].permissions
        for person in people
    )


async def sees_live_grant(
    driver: Driver, actor: Actor, now: datetime, children: Iterable[UUID]
) -> bool:
    """Whether the actor sees that somebody has a grant or emergency access for a child's file."""
    for kind, child_id in product(KEEP, children):
        asked = {"child_id": child_id, "state": "active"}
        if await stored.page_of_grants(
            driver, actor.school_id, *_keep(kind, actor), asked, PageOf(1), now
        ):
            return True
    return False


async def grant_shown(work: UnitOfWork, grant: AccessGrant) -> dict[str, Any]:
    """Get one after a change, as `read_grant` does."""
    driver = await work.driver()
    return await read_grant(driver, work.actor, work.now, grant.kind, grant.id)


def _keep_grants(actor: Actor, where: Conditions) -> None:
    where.add("t.kind = 'grant'")
    visibility.keep(OF_GRANT, actor, where, COLUMNS)


def _keep_glass(actor: Actor, where: Conditions) -> None:
    where.add("t.kind = 'break_glass'")
    BREAK_GLASS.keep(actor, where)


KEEP = {"grant": _keep_grants, "break_glass": _keep_glass}


def _keep(kind: str, actor: Actor) -> tuple[Keep, Keep]:
    """The conditions for what the actor sees of a kind, and for records that they open."""
    return partial(KEEP[kind], actor), partial(visibility.keep, OF_RECORD, actor, at=COLUMNS)


def to_response(row: Mapping[str, Any], actor: Actor, now: datetime) -> dict[str, Any]:
    """Build the answer for its reader."""
    live = row["ended_at"] is None and row["valid_to"] > now
    content = {
        **picked(
            row, "id", "classes", "reason", "valid_from", "valid_to", "ended_at", "created_at",
        ),
        "person": {"id": row["staff_id"], "name": row["staff_name"]},
        "child": row["child_id"] and {"id": row["child_id"], "name": row["child_name"]},
        "concern": row["concern_id"] and {"id": row["concern_id"], "reference": row["reference"]},
        "etag": etag(row["version"]),
    }  # fmt: skip
    mine = row["staff_id"] == actor.id
    if row["kind"] == "grant":
        may_end = live and (mine or bool(policy.may(actor, Permission.ACCESS_GRANT)))
        granted_by = {"id": row["granted_by"], "name": row["granted_by_name"]}
        return {
            **content, "state": "active" if live else "ended", "granted_by": granted_by,
            "permissions": ["end_grant"] if may_end else [],
        }  # fmt: skip
    if not (mine or row["readable"]):
        content |= {"child": None, "concern": None, "reason": None}
    reviews = bool(policy.may(actor, Permission.ACCESS_REVIEW))
    verbs = ["end_break_glass"] if live and (mine or reviews) else []
    if row["reviewed_at"] is None and reviews and not mine:
        verbs.append(REVIEW)
    return {
        **content,
        "state": "unreviewed" if row["reviewed_at"] is None else "reviewed",
        "live": live,
        "sealed": not (mine or row["readable"]),
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "due_at": row["due_at"],
        "reviewed_at": row["reviewed_at"],
        "outcome": row["review_outcome"],
        "note": row["review_note"] if reviews else None,
        "permissions": verbs,
    }
