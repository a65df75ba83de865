"""Reads of groups for an identity provider and for administrators."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from scim2_models.path import FilterNode

from app.db.paging import Conditions, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import provisioning
from app.db.repositories.people.provisioning_filters import groups_where
from app.db.session import Driver
from app.domain.errors import require_row
from app.domain.people.provisioning.queries import Part, Window, add_filter
from app.domain.people.role_proposals.queries import Row, card_of, cursor_of
from app.domain.people.scim_groups.errors import ScimGroupNotFound


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
    add_filter(groups_where, where, tree)
    total = await provisioning.count_groups(driver, where)
    if not total or not window.count:
        return Part((), total)
    rows = await provisioning.scim_groups_of(driver, where, window.start, window.count)
    return Part(await _with_members(driver, school_id, rows, members=members), total)


async def read_group(driver: Driver, school_id: UUID, group_id: UUID, *, members: bool) -> Row:
    """Get one group. Raises `ScimGroupNotFound`."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    where.add("g.id = {}", group_id)
    rows = await provisioning.scim_groups_of(driver, where, 0, 1)
    if not rows:
        raise ScimGroupNotFound
    return (await _with_members(driver, school_id, rows, members=members))[0]


async def _with_members(
    driver: Driver, school_id: UUID, rows: Sequence[Any], *, members: bool
) -> list[Row]:
    result: dict[UUID, list[UUID]] = {row["id"]: [] for row in rows}
    if members:
        for member in await provisioning.members_of(driver, school_id, list(result)):
            result[member["group_id"]].append(member["id"])
    return [{**dict(row), "members": result[row["id"]]} for row in rows]


async def list_scim_groups(reading: Reading, asked: PageOf) -> Page[Row]:
    """List groups with the role of each, newest first."""
    rows = await provisioning.group_cards(reading.driver, reading.actor.school_id, asked)
    return page_of(rows, asked, key=cursor_of, shape=card_of)


async def read_scim_group(driver: Driver, school_id: UUID, group_id: UUID) -> Row:
    """Get one group with its role. Raises `ScimGroupNotFound`."""
    row = require_row(await provisioning.group_card(driver, school_id, group_id), ScimGroupNotFound)
    return dict(row)
