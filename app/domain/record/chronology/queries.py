"""Read a child's chronology: it shows narrative, so the view is logged."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.vocabularies.children import SIBLING_KINDS
from app.core.words import Actor, AuditEvent, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories.record.chronology import (
    ChronologyFilter,
    child_of_chronology,
    family_of,
    rows_of_chronology,
)
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.child_access.queries import check_reach, refuse_missing, why
from app.domain.access.concern_access.queries import access_filter
from app.domain.access.relationship_access.queries import sees_relationship
from app.domain.errors import ConflictOfInterest
from app.domain.pseudonyms import Hidden, Names, Pseudonymiser

NARRATIVE = ("summary", "child_said", "decision", "reason", "outcome")
CLASSES = ("K2", "K3", "K4", "K5")
MUCH_TEXT = 20_000
"""Characters of entries that may name other children from which a page is shown in a thread."""


async def read_chronology(
    work: UnitOfWork, child_id: UUID, asked: ChronologyFilter, paging: PageOf
) -> Page[str]:
    """Read a page of everything dated about the child that the reader may see; log the view.

    Other children are pseudonymised, in the narrative too. Raises `ChildNotFound`, `OutsideCohort`,
    `PermissionMissing`.
    """
    page, rule = await entries(work, child_id, asked, paging)
    work.record(
        AuditEvent.CHRONOLOGY_READ,
        "chronology",
        child_id,
        child_id=child_id,
        details={"rule": rule},
    )
    return page


async def read_family_chronology(
    work: UnitOfWork, child_id: UUID, asked: ChronologyFilter, paging: PageOf
) -> Page[dict[str, Any]]:
    """Read a page of the child's chronology with those of confirmed brothers and sisters.

    Each child's own rules apply: one that the reader may not open is left out, and the view is
    logged for every child shown. Raises as `read_chronology`.
    """
    pages = {child_id: await read_chronology(work, child_id, asked, paging)}
    family = await family_of(await work.driver(), work.actor.school_id, child_id, SIBLING_KINDS)
    for sibling in family.keys() - {child_id}:
        if not sees_relationship(work.actor, "sibling", child_id, sibling):
            continue
        try:
            pages[sibling] = await read_chronology(work, sibling, asked, paging)
        except (ConflictOfInterest, OutsideCohort):
            continue
    rows = [
        {**orjson.loads(entry), "child": {"id": child, "name": family[child]}}
        for child, page in pages.items()
        for entry in page.items
    ]
    rows.sort(key=_sort_key, reverse=not asked.oldest_first)
    items = rows[: paging.limit]
    more = len(rows) > paging.limit or any(page.next for page in pages.values())
    return Page(items, _cursor(items[-1]) if more and items else None)


def _cursor(entry: Mapping[str, Any]) -> str:
    return Cursor(datetime.fromisoformat(entry["occurred_at"]), UUID(entry["id"])).encode()


def _sort_key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["occurred_at"], entry["id"]


async def entries(
    work: UnitOfWork, child_id: UUID, asked: ChronologyFilter, paging: PageOf
) -> tuple[Page[str], str]:
    """The page, and why this reader reaches the child. Raises as `read_chronology`."""
    policy.require(work.actor, Permission.CHRONOLOGY_READ)
    driver = await work.driver()
    access, visibility = access_filter(work.actor), visibility_for(work.actor, child_id)
    rows = await rows_of_chronology(driver, access, child_id, asked, paging, visibility)
    child = await child_of_chronology(driver, work.actor.school_id, child_id, rows)
    if child is None:
        await refuse_missing(work, child_id)
    check_reach(work.actor, child_id, *child.groups)
    page = await page_shown(rows, paging, child.names)
    return page, why(work.actor, child_id, *child.groups)


async def page_shown(
    rows: Sequence[Mapping[str, Any]], paging: PageOf, texts: Sequence[str | None]
) -> Page[str]:
    """Build the page as this reader sees it; long texts are changed outside the event loop.

    `texts` are the child's own name columns; a row's `names` are those of the other children.
    """
    hiding = _Hiding(_names(texts))
    page = page_of(
        rows, paging, key=lambda row: Cursor(row["occurred_at"], row["id"]), shape=hiding.needed
    )

    def rendered() -> Page[str]:
        return Page([_rendered(entry, hide) for entry, hide in page.items], page.next)

    if sum(len(entry) for entry, hide in page.items if hide) > MUCH_TEXT:
        return await asyncio.to_thread(rendered)
    return rendered()


def visibility_for(actor: Actor, child_id: UUID) -> dict[str, str]:
    """For each class, who sees an entry and why this reader does, as JSON for the statement."""
    by_role: dict[str, Any] = {}
    by_part: dict[str, Any] = {}
    for confidentiality in CLASSES:
        readers = policy.readers_of(confidentiality)
        decided = policy.may_see_class(actor, confidentiality, child_id)
        target = by_role if decided else by_part
        target[confidentiality] = {
            "confidentiality": confidentiality,
            "readers": readers,
            "reason_code": decided.rule if decided else "assigned",
        }
    return {"by_role": orjson.dumps(by_role).decode(), "by_part": orjson.dumps(by_part).decode()}


class _Hiding:
    """Pseudonymisers of one page: most of its rows are about the same children."""

    def __init__(self, own_names: Names) -> None:
        self._own_names = own_names
        self._known: dict[str, Pseudonymiser] = {}

    def of(self, names: Sequence[Sequence[str | None]]) -> Pseudonymiser:
        """The pseudonymiser that hides these children."""
        key = repr(names)
        if key not in self._known:
            self._known[key] = Pseudonymiser([self._own_names], others_hidden(names))
        return self._known[key]

    def needed(self, row: Mapping[str, Any]) -> tuple[str, Pseudonymiser | None]:
        """An entry, and the pseudonymiser it needs; None if it names no other child."""
        entry: str = row["entry"]
        if not row["names"]:
            return entry, None
        hide = self.of(row["names"])
        # An escape could be between two letters.
        return entry, hide if "\\" in entry or hide.may_touch(entry) else None


def _rendered(entry: str, hide: Pseudonymiser | None) -> str:
    if hide is None:
        return entry
    content = orjson.loads(entry)
    for field in NARRATIVE:
        if content[field] is not None:
            content[field] = hide(content[field])
    return orjson.dumps(content).decode()


def others_hidden(names: Sequence[Sequence[str | None]]) -> list[Hidden]:
    """Other children of a concern, each as `another pupil`, numbered from the second."""
    return [
        Hidden(_names(name), "another pupil" if index == 0 else f"another pupil {index + 1}")
        for index, name in enumerate(names)
    ]


def _names(columns: Sequence[str | None]) -> Names:
    legal_given, legal_family, known_given, known_family, middle = columns
    return Names(
        given=tuple(name for name in (legal_given, known_given) if name),
        family=tuple(name for name in (legal_family, known_family) if name),
        middle=(middle,) if middle else (),
    )
