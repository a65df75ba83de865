"""Reads of users for an identity provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from scim2_models.path import FilterNode

from app.db.paging import Conditions
from app.db.repositories.people import provisioning
from app.db.repositories.people.provisioning_filters import FilterUnknown, users_where
from app.db.session import Driver
from app.domain.people.provisioning.errors import ScimFilterInvalid, ScimResourceNotFound
from app.domain.people.role_proposals.queries import Row


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list: `count` rows from `start` (the first is 0)."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """That part, and the total."""

    rows: Sequence[Row]
    total: int


async def list_users(
    driver: Driver, school_id: UUID, tree: FilterNode | None, window: Window
) -> Part:
    """Users in a stable order, each with its groups. Raises `ScimFilterInvalid`."""
    where = Conditions(school_id)
    where.add("true")
    add_filter(users_where, where, tree)
    total = await provisioning.count_users(driver, where)
    if not total or not window.count:
        return Part((), total)
    rows = await provisioning.users_of(driver, where, window.start, window.count)
    return Part(await _with_groups(driver, school_id, rows), total)


def add_filter(add: Any, where: Conditions, tree: FilterNode | None) -> None:
    if tree is None:
        return
    try:
        add(where, tree)
    except FilterUnknown as fault:
        raise ScimFilterInvalid from fault


async def read_user(driver: Driver, school_id: UUID, resource_id: UUID) -> Row:
    """Get one user with their groups. Raises `ScimResourceNotFound`."""
    where = Conditions(school_id)
    where.add("p.id = {}", resource_id)
    rows = await provisioning.users_of(driver, where, 0, 1)
    if not rows:
        raise ScimResourceNotFound
    return (await _with_groups(driver, school_id, rows))[0]


async def _with_groups(driver: Driver, school_id: UUID, rows: Sequence[Any]) -> list[Row]:
    people = [row["staff_id"] for row in rows]
    groups: dict[UUID, list[Row]] = {person: [] for person in people}
    for row in await provisioning.groups_of(driver, school_id, people):
        groups[row["staff_id"]].append({"id": row["id"], "display": row["display_name"]})
    return [
        {
            **dict(row),
            "attributes": orjson.loads(row["attributes"]),
            "groups": groups[row["staff_id"]],
        }
        for row in rows
    ]
