"""Reads of users and groups for an identity provider, and of what groups propose for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from scim2_models.path import FilterNode

from app.core.words import Actor, Permission
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import provisioning_reads
from app.db.repositories.people.provisioning_filters import FilterUnknown, groups_where, users_where
from app.db.session import Driver
from app.domain import policy
from app.domain.access.checks.roles import FOR_PEOPLE
from app.domain.people.provisioning.errors import (
    RoleProposalNotFound,
    ScimFilterInvalid,
    ScimGroupNotFound,
    ScimResourceNotFound,
)
from app.domain.people.staff.granting import own_rights
from app.domain.people.staff.rules import can_give

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for: from `start` (the first is 0), so many."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """That part, and how many there are in all."""

    rows: Sequence[Row]
    total: int


async def list_users(
    driver: Driver, school_id: UUID, tree: FilterNode | None, window: Window
) -> Part:
    """Users in a stable order, each with its groups. Raises `ScimFilterInvalid`."""
    where = Conditions(school_id)
    where.add("true")
    _filter(users_where, where, tree)
    total = await provisioning_reads.count_users(driver, where)
    if not total or not window.count:
        return Part((), total)
    rows = await provisioning_reads.users_of(driver, where, window.start, window.count)
    return Part(await _with_groups(driver, school_id, rows), total)


def _filter(add: Any, where: Conditions, tree: FilterNode | None) -> None:
    if tree is None:
        return
    try:
        add(where, tree)
    except FilterUnknown as fault:
        raise ScimFilterInvalid from fault


async def read_user(driver: Driver, school_id: UUID, resource_id: UUID) -> Row:
    """One user with their groups. Raises `ScimResourceNotFound`."""
    where = Conditions(school_id)
    where.add("p.id = {}", resource_id)
    rows = await provisioning_reads.users_of(driver, where, 0, 1)
    if not rows:
        raise ScimResourceNotFound
    return (await _with_groups(driver, school_id, rows))[0]


async def _with_groups(driver: Driver, school_id: UUID, rows: Sequence[Any]) -> list[Row]:
    people = [row["staff_id"] for row in rows]
    groups: dict[UUID, list[Row]] = {person: [] for person in people}
    for row in await provisioning_reads.groups_of(driver, school_id, people):
        groups[row["staff_id"]].append({"id": row["id"], "display": row["display_name"]})
    return [
        {
            **dict(row),
            "attributes": orjson.loads(row["attributes"]),
            "groups": groups[row["staff_id"]],
        }
        for row in rows
    ]


async def list_groups(
    driver: Driver,
    school_id: UUID,
    tree: FilterNode | None,
    window: Window,
    *,
    members: bool,
) -> Part:
    """Groups in a stable order, with or without their members. Raises `ScimFilterInvalid`."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    _filter(groups_where, where, tree)
    total = await provisioning_reads.count_groups(driver, where)
    if not total or not window.count:
        return Part((), total)
    rows = await provisioning_reads.scim_groups_of(driver, where, window.start, window.count)
    return Part(await _with_members(driver, school_id, rows, members=members), total)


async def read_group(driver: Driver, school_id: UUID, group_id: UUID, *, members: bool) -> Row:
    """One group. Raises `ScimGroupNotFound`."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    where.add("g.id = {}", group_id)
    rows = await provisioning_reads.scim_groups_of(driver, where, 0, 1)
    if not rows:
        raise ScimGroupNotFound
    return (await _with_members(driver, school_id, rows, members=members))[0]


async def _with_members(
    driver: Driver, school_id: UUID, rows: Sequence[Any], *, members: bool
) -> list[Row]:
    found: dict[UUID, list[UUID]] = {row["id"]: [] for row in rows}
    if members:
        for one in await provisioning_reads.members_of(driver, school_id, list(found)):
            found[one["group_id"]].append(one["id"])
    return [{**dict(row), "members": found[row["id"]]} for row in rows]


async def list_scim_groups(reading: Reading, asked: PageOf) -> Page[Row]:
    """Groups with the role each stands for, newest first."""
    rows = await provisioning_reads.group_cards(reading.driver, reading.actor.school_id, asked)
    return page_of(rows, asked, key=_cursor, shape=_in_list)


async def read_scim_group(driver: Driver, school_id: UUID, group_id: UUID) -> Row:
    """One group with its role. Raises `ScimGroupNotFound`."""
    row = await provisioning_reads.group_card(driver, school_id, group_id)
    if row is None:
        raise ScimGroupNotFound
    return dict(row)


async def list_role_proposals(reading: Reading, state: str | None, asked: PageOf) -> Page[Row]:
    """What groups propose, newest first."""
    actor = reading.actor
    rows = await provisioning_reads.proposals(reading.driver, actor.school_id, state, asked)
    return page_of(rows, asked, key=_cursor, shape=lambda row: _in_list(_proposal(actor, row)))


async def read_role_proposal(driver: Driver, actor: Actor, proposal_id: UUID) -> Row:
    """One proposal with what this reader may do next. Raises `RoleProposalNotFound`."""
    row = await provisioning_reads.proposal_of(driver, actor.school_id, proposal_id)
    if row is None:
        raise RoleProposalNotFound
    return _proposal(actor, row)


def _proposal(actor: Actor, row: Any) -> Row:
    may = row["state"] == "proposed" and policy.may(actor, Permission.ROLE_GRANT)
    decide = ["refuse_role_proposal"]
    rights = FOR_PEOPLE.get(row["role"])
    if rights is None or can_give(own_rights(actor), rights):
        decide.insert(0, "confirm_role_proposal")
    mine = row["staff_id"] == actor.id
    return {**dict(row), "permissions": decide if may and not mine else []}


def _in_list(row: Any) -> Row:
    """A row of a list; only a single record carries its version, as its ETag."""
    return {name: value for name, value in dict(row).items() if name != "version"}


def _cursor(row: Any) -> Cursor:
    return Cursor(row["created_at"], row["id"])
