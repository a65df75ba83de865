"""Gather the entries of a document."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, Permission
from app.db.paging import Cursor, PageOf
from app.db.repositories.record.chronology import (
    ChronologyFilter,
    child_of_chronology,
    rows_of_chronology,
)
from app.db.repositories.shared_items import Chosen, items_of
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import check_reach
from app.domain.access.concern_access.queries import access_filter
from app.domain.access.share_access.rules import goes
from app.domain.errors import ChildNotFound, require_row
from app.domain.record.chronology.queries import NARRATIVE, visibility_for
from app.domain.sharing.documents.errors import DocumentHidden, DocumentNotMade
from app.domain.sharing.share_recipients.rules import PROFESSIONALS
from app.domain.sharing.snapshots.commands import gather
from app.domain.sharing.snapshots.rules import SnapshotBuilder

FORMAT = "cairn-chronology/1"
PAGE = 250
MOST_EVENTS = 5_000
KEPT_SAFE = "safety_record"
LEFT_OUT = frozenset({"comment"})
"""Comments between staff never leave the school."""
KEPT = (
    "kind", "occurred_at", "occurred_precision", "recorded_at", "late", "significant", "reference",
    "state", "entered_in_error", "level", "category", "status_kind", "safety_record_kind",
    "child_role", "others",
)  # fmt: skip
Row = Mapping[str, Any]
Seen = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rendered entries, and the IDs of their sources."""

    child: Row
    school: str
    entries: Sequence[Row]
    entry_ids: Sequence[UUID]
    purpose_detail: str | None


def filter_from(asked: Row) -> ChronologyFilter:
    """The filter that was asked for, oldest first."""
    return ChronologyFilter(
        kinds=tuple(asked.get("kinds") or ()),
        category=asked.get("category"),
        since=_moment(asked.get("since")),
        until=_moment(asked.get("until")),
        significant=asked.get("significant"),
        oldest_first=True,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def check_reader(driver: Driver, actor: Actor, child_id: UUID) -> None:
    """Raise unless the actor may print this child's chronology now.

    `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    policy.require(actor, Permission.DOCUMENT_PRINT)
    policy.require(actor, Permission.CHRONOLOGY_READ)
    child = require_row(await child_of_chronology(driver, actor.school_id, child_id), ChildNotFound)
    check_reach(actor, child_id, *child.groups)


async def gather_chronology(
    work: UnitOfWork,
    actor: Actor,
    child_id: UUID,
    asked: ChronologyFilter,
    seen: Seen,
    purpose_detail: str | None = None,
) -> Gathered:
    """Gather everything the actor may see; `seen` gets the number of entries so far.

    Raises as `check_reader`, and `DocumentNotMade` for too many events.
    """
    driver = await work.driver()
    await check_reader(driver, actor, child_id)
    rows: list[dict[str, Any]] = []
    async for page in _pages(driver, actor, child_id, asked):
        rows += [orjson.loads(row["entry"]) for row in page]
        if len(rows) > MOST_EVENTS:
            raise DocumentNotMade
        await seen(len(rows))
    leaving = await _leaving(driver, actor.school_id, rows)
    concerns = dict.fromkeys(UUID(row["concern_id"]) for row in leaving if row["concern_id"])
    material = await gather(work, child_id, [], also=[*concerns])
    teller = SnapshotBuilder(material, PROFESSIONALS)
    return Gathered(
        child=teller.child(),
        school=material.child["school"],
        entries=await asyncio.to_thread(lambda: [_rendered(teller, row) for row in leaving]),
        entry_ids=[UUID(row["id"]) for row in leaving],
        purpose_detail=teller.text(purpose_detail),
    )


async def _leaving(driver: Driver, school_id: UUID, rows: Sequence[Row]) -> list[Row]:
    """Entries that may leave the school; of safety records, those of kinds that may leave."""
    asked = [UUID(row["about"]["id"]) for row in rows if row["kind"] == KEPT_SAFE]
    records = await items_of(driver, school_id, None, Chosen(records=asked)) if asked else {}
    going = {str(id_) for (_, id_), item in records.items() if goes(item.record or "")}
    return [
        row
        for row in rows
        if row["kind"] not in LEFT_OUT and (row["kind"] != KEPT_SAFE or row["about"]["id"] in going)
    ]


async def check_still_seen(
    driver: Driver, actor: Actor, child_id: UUID, asked: ChronologyFilter, ids: Sequence[UUID]
) -> None:
    """Raise `DocumentHidden` unless the actor may see every one of these entries now."""
    missing = set(ids)
    async for page in _pages(driver, actor, child_id, asked):
        missing -= {row["id"] for row in page}
        if not missing:
            return
    if missing:
        raise DocumentHidden


async def _pages(
    driver: Driver, actor: Actor, child_id: UUID, asked: ChronologyFilter
) -> AsyncIterator[Sequence[Any]]:
    after: Cursor | None = None
    visibility = visibility_for(actor, child_id)
    while True:
        paging = PageOf(PAGE, after)
        rows = await rows_of_chronology(
            driver, access_filter(actor), child_id, asked, paging, visibility
        )
        yield rows[:PAGE]
        if len(rows) <= PAGE:
            return
        after = Cursor(rows[PAGE - 1]["occurred_at"], rows[PAGE - 1]["id"])


def _rendered(teller: SnapshotBuilder, row: Row) -> dict[str, Any]:
    """Render an entry without IDs, and without people who must not be named."""
    author = row["author"]
    return {
        **{name: row[name] for name in KEPT},
        **{name: teller.text(row[name]) for name in NARRATIVE},
        "author": {"name": author["name"], "role": author["role"]},
        **({"step": row["step"]} if row.get("step") else {}),
        **({"own_categories": teller.deep(own)} if (own := row["own_categories"]) else {}),
        **({"received": _received(teller, row["received"])} if row.get("received") else {}),
    }


def _received(teller: SnapshotBuilder, row: Row) -> dict[str, Any]:
    """Content of another school's record; not who accepted it here."""
    return {
        name: teller.deep(value) for name, value in row.items() if not name.startswith("accepted_")
    }


def content_of_chronology(gathered: Gathered, asked: Row, reference: str) -> dict[str, Any]:
    """The content as it is frozen."""
    saved = ("purpose", "kinds", "category", "since", "until", "significant")
    return {
        "format": FORMAT,
        "kind": "chronology",
        "reference": reference,
        "school": {"name": gathered.school},
        "child": gathered.child,
        "asked": {
            **{name: asked.get(name) for name in saved},
            "purpose_detail": gathered.purpose_detail,
        },
        "entries": list(gathered.entries),
    }
