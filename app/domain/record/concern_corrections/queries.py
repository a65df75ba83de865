"""Read the corrections of a concern."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from app.core.pointers import pointer
from app.core.words import Permission
from app.db.repositories.record import concern_corrections as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import kinds, policy
from app.domain.errors import ConcernNotFound
from app.domain.record.children.kind import CHILD
from app.domain.record.concerns.queries import open_concern
from app.domain.steps import sees


async def list_corrections(work: UnitOfWork, concern_id: UUID) -> list[dict[str, Any]]:
    """List corrections, oldest first, for people who read the whole concern; log the view.

    Only people who may open both children see the former child, the reason and what was sent.
    Raises `PermissionMissing`, `ConcernNotFound`.
    """
    policy.require(work.actor, Permission.CONCERN_READ)
    record, _ = await open_concern(work, concern_id)
    if "state" not in record:
        raise ConcernNotFound
    rows = await stored.corrections_of(await work.driver(), work.actor.school_id, concern_id)
    children = await work.concerns.child_ids(concern_id)
    return [await _to_response(work, concern_id, row, children) for row in rows]


async def _to_response(
    work: UnitOfWork, concern_id: UUID, row: Mapping[str, Any], children: Collection[UUID]
) -> dict[str, Any]:
    was, became = orjson.loads(row["was"]), orjson.loads(row["became"])
    about_child = row["former_child_id"] is not None
    both = not about_child or await _sees_both(work, row)
    left = about_child and row["former_child_id"] not in children
    return {
        "id": row["id"],
        "at": row["at"],
        "by": {"id": row["by_id"], "name": row["by_name"]},
        "fields": [*(["child"] if about_child else []), *became],
        "former_child": _person(row, "former_child_id", "former_name") if both else None,
        "child": _person(row, "child_id", "child_name") if both else None,
        "was": was,
        "became": became,
        "reason": row["reason"] if both else None,
        "to_put_right": await _led_to(work, concern_id, row) if both and left else [],
    }


def _person(row: Mapping[str, Any], id_: str, name: str) -> dict[str, Any] | None:
    return None if row[id_] is None else {"id": row[id_], "name": row[name]}


async def _sees_both(work: UnitOfWork, row: Mapping[str, Any]) -> bool:
    former = await sees(work, CHILD, row["former_child_id"])
    return former and await sees(work, CHILD, row["child_id"])


async def _led_to(
    work: UnitOfWork, concern_id: UUID, row: Mapping[str, Any]
) -> Sequence[dict[str, Any]]:
    """What the reader may see of each kind that they list."""
    conditions = {
        item.name: partial(item.keep, work.actor)
        for item in kinds.every_kind()
        if item.permits(work.actor)
    }
    led = await stored.led_to(
        await work.driver(), work.actor.school_id, concern_id, row["former_child_id"], conditions
    )
    return [pointer(item["kind"], item["id"]) | dict(item) for item in led]
