"""Reads of what rosters brought in; reading children leaves a trace, as a search does."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import AuditEvent, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories.exchange import roster_facts
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.exchange.roster_facts import rules
from app.domain.exchange.roster_imports.queries import START


async def list_children(
    work: UnitOfWork, source: str, asked: PageOf, **numbers: str | None
) -> Page[dict[str, Any]]:
    """The children a source knows. Raises `PermissionMissing`."""
    policy.require(work.actor, Permission.ROSTER_READ)
    after = asked.after.id if asked.after is not None else None
    rows = await roster_facts.children_of(
        await work.driver(), work.actor.school_id, source, after, asked.fetch, **numbers
    )
    page = page_of(rows, asked, key=lambda row: Cursor(START, _id(row)), shape=_child)
    filters = sorted(name for name, value in numbers.items() if value is not None)
    only = page.items[0]["child_id"] if filters and len(page.items) == 1 else None
    work.record(
        AuditEvent.CHILDREN_SEARCHED, "child", only, child_id=only,
        details={"roster": source, "filters": filters, "found": len(page.items)},
    )  # fmt: skip
    return page


def _id(row: Mapping[str, Any]) -> UUID:
    return UUID(str(row["id"]))


def _child(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers, contacts = orjson.loads(row["identifiers"]), orjson.loads(row["contacts"])
    return rules.child_as_sent(dict(row), numbers, contacts)
