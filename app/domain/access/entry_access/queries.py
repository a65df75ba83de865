"""Leave out log entries that a reader must not know of, by the rule of each kind."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.core.words import Actor
from app.db.facts import facts_of
from app.db.paging import MAX_LIMIT, Conditions, Cursor, PageOf, Places
from app.db.relationship_facts import relationships_of
from app.db.repositories.access.entry_access import Subject, parts_of, without
from app.db.session import Driver
from app.domain import visibility
from app.domain.access.relationship_access.queries import sees_relationship
from app.domain.kinds import Kind, registry

Fetch = Callable[[PageOf], Awaitable[Sequence[Any]]]
DEEPEST = 4
"""A part of a part: an alert rings a due time, which is of a record, which is of a concern."""


def keep_unbarred(actor: Actor, where: Conditions) -> None:
    """Keep entries (alias `t`) except those about records that bar the reader by name.

    `readable_page` leaves them out as well. Here they cost a reader without any conflict of
    interest no second page. The planner must read the newest entries first: given a condition that
    costs it nothing, it would sort all entries of the school.
    """
    reader, places = visibility.reader_of(actor), Places()
    conditions = {
        name: kind.barred_where(reader, places, "x")
        for name, kind in sorted(registry().items())
        if kind.hides_by_name
    }
    where.keep(places.bind(without(conditions), where))


async def readable_page(
    driver: Driver, actor: Actor, hidden: Iterable[UUID], asked: PageOf, fetch: Fetch
) -> list[Any]:
    """Read a page of entries and one more, without those that the reader must not see.

    `fetch` reads a page; later pages replace what is left out. `hidden` are children and concerns
    in which the reader has an interest; no detail may show their IDs.
    """
    named, page, result = [str(item) for item in hidden], asked, list[Any]()
    while True:
        rows = await fetch(page)
        result += [
            row
            for row in await readable_entries(driver, actor, rows)
            if not any(item in row["details"] for item in named)
        ]
        if len(rows) < page.fetch or len(result) >= asked.fetch:
            return result[: asked.fetch]
        last = rows[-1]
        page = replace(
            page, after=Cursor(last["at"], last["id"]), limit=min(2 * page.limit, MAX_LIMIT)
        )


async def readable_entries(driver: Driver, actor: Actor, rows: Sequence[Any]) -> list[Any]:
    """Leave out entries (with `noun` and `noun_id`) about records that are hidden from the reader.

    Judges a record, and what it is part of, by the lock-outs of its kind.
    """
    kept_from = await _kept_from(driver, actor, {_subject(row) for row in rows})
    return [row for row in rows if _subject(row) not in kept_from]


def _subject(row: Mapping[str, Any]) -> Subject | None:
    return (row["noun"], row["noun_id"]) if row["noun_id"] is not None else None


async def _kept_from(
    driver: Driver, actor: Actor, asked: Iterable[Subject | None]
) -> set[Subject | None]:
    """Find the subjects hidden from the reader, directly or as part of a hidden record."""
    known = {
        name: kind for name, kind in registry().items() if actor.conflicts or kind.hides_by_name
    }
    wanted = {item for item in asked if item is not None}
    whole = await _parts(driver, actor.school_id, wanted)
    every = wanted.union(*whole.values())
    out: set[Subject] = set()
    for resource_type, ids in _by_resource_type(every).items():
        if resource_type in known:
            out |= await _hidden(driver, actor, known[resource_type], ids)
        elif resource_type == "relationship":
            out |= await _hidden_parts(driver, actor, ids)
    return {item for item in wanted if item in out or not out.isdisjoint(whole.get(item, ()))}


async def _parts(
    driver: Driver, school_id: UUID, wanted: Iterable[Subject]
) -> dict[Subject, set[Subject]]:
    """Find everything that each subject is part of, at any level."""
    whole: dict[Subject, set[Subject]] = {}
    up: dict[Subject, set[Subject]] = {item: {item} for item in wanted}
    for _ in range(DEEPEST):
        result: dict[Subject, set[Subject]] = {}
        for resource_type, ids in _by_resource_type(up).items():
            for part, of in await parts_of(driver, school_id, resource_type, ids):
                result.setdefault(of, set()).update(up[part])
        for of, below in result.items():
            for item in below:
                whole.setdefault(item, set()).add(of)
        up = result
    return whole


def _by_resource_type(subjects: Iterable[Subject]) -> dict[str, list[UUID]]:
    result: dict[str, list[UUID]] = {}
    for resource_type, id_ in sorted(subjects):
        result.setdefault(resource_type, []).append(id_)
    return result


async def _hidden(
    driver: Driver, actor: Actor, kind: Kind[Any], ids: Sequence[UUID]
) -> set[Subject]:
    rows = await facts_of(driver, actor.school_id, kind.model, ids)
    return {(kind.name, id_) for id_, facts in rows.items() if kind.hides_from(actor, facts)}


async def _hidden_parts(driver: Driver, actor: Actor, ids: Sequence[UUID]) -> set[Subject]:
    rows = await relationships_of(driver, actor.school_id, ids)
    return {
        ("relationship", id_)
        for id_, facts in rows.items()
        if not sees_relationship(actor, facts.kind, *(child.id for child in facts.children))
    }
