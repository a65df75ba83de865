"""Checks every log of a database against its signed checkpoints, a school at a time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.reading import Reading, open_reading
from app.db.repositories.access import audit_seals, child_searches
from app.db.repositories.access.audit_seals import CHILDREN, LOGS, ROWS, TrailLog
from app.db.session import Database
from app.domain.access.row_hashes.queries import report_rows
from app.formats.trail_log.checking import (
    CLOCKS_APART,
    Known,
    KnownCut,
    LogCheck,
    StoredCheckpoint,
    StoredLeaf,
    Wrong,
)
from app.formats.trail_log.entries import canonical
from app.formats.trail_log.notes import PublicKey, origin_of

MAY_WAIT = timedelta(minutes=2)
"""An entry that has not been sealed by then should have been."""
Outside = Mapping[str, Mapping[int, Known]]


@dataclass(frozen=True, slots=True)
class Checked:
    """Findings of the check of one log."""

    check: LogCheck
    waiting: int
    """Entries too young to seal."""
    searches: tuple[int, datetime | None] = (0, None)
    """Searches that are no entries yet, and when the first of them began."""


async def check_database(
    database: Database,
    keys: Mapping[str, PublicKey],
    outside: Outside,
    *,
    only: UUID | None = None,
) -> AsyncIterator[Checked]:
    """Check all logs of all schools, or of one. Reads one batch at a time."""
    for log in LOGS:
        for school_id in sorted(await _schools(database, log, outside)):
            if only in (None, school_id):
                yield await check_log(database, school_id, log, keys, outside)


async def _schools(database: Database, log: TrailLog, outside: Outside) -> set[UUID]:
    """Schools that the database lists, and those that someone may have removed from it."""
    async with open_reading(database, Actor.system(NIL)) as reading:
        schools = await audit_seals.schools(reading.driver)
    for origin in outside:
        _, school, name = origin.split("/", 2)
        if name == log.name:
            schools.add(UUID(school))
    return schools


async def check_log(
    database: Database,
    school_id: UUID,
    log: TrailLog,
    keys: Mapping[str, PublicKey],
    outside: Outside,
) -> Checked:
    """Check one log of one school, and whether the record is as commands left it."""
    async with open_reading(database, Actor.system(school_id), one_moment=True) as reading:
        checked = await check_reading(reading, school_id, log, keys, outside)
        await _look_for_untraced(reading, school_id, log, checked.check)
        if log == ROWS:
            await report_rows(reading, school_id, checked.check)
        if log == CHILDREN:
            going = await child_searches.going_on(reading.driver, school_id)
            checked = replace(checked, searches=going)
        return checked


async def check_reading(
    reading: Reading,
    school_id: UUID,
    log: TrailLog,
    keys: Mapping[str, PublicKey],
    outside: Outside,
) -> Checked:
    """Check the entries of one log within one transaction."""
    driver = reading.driver
    origin = origin_of(school_id, log.name)
    cuts = await audit_seals.known_cuts(driver, school_id, log)
    check = LogCheck(origin, keys, outside.get(origin), [KnownCut(*cut) for cut in cuts])
    newest = await audit_seals.newest(driver, school_id, log)
    async with aclosing(audit_seals.leaves(driver, school_id, log)) as rows:
        leaves = _Ahead(rows)
        async for row in audit_seals.checkpoints(driver, school_id, log, newest):
            stored = StoredCheckpoint(row["number"], row["size"], row["root"], row["note"])
            if not check.begin(stored):
                continue
            while (leaf := await leaves.below(check.size)) is not None:
                check.leaf(leaf)
            check.end()
    for row in await audit_seals.beyond(driver, school_id, log):
        check.beyond(StoredLeaf(row["index"], str(row["entry_id"]), row["hash"], None))
    check.finish()
    check.compare_blocks(await audit_seals.nodes(driver, school_id, log))
    waiting = await _look_for_leafless(reading, school_id, log, check)
    return Checked(check, waiting)


class _Ahead:
    """Leaves one by one, the next of them already known."""

    def __init__(self, rows: AsyncIterator[tuple[Any, Any]]) -> None:
        self._rows = rows
        self._next: StoredLeaf | None = None
        self._ended = False

    async def below(self, size: int) -> StoredLeaf | None:
        """The next leaf, if its index is below a size."""
        if self._next is None and not self._ended:
            pair = await anext(self._rows, None)
            self._ended = pair is None
            self._next = _stored_leaf(*pair) if pair is not None else None
        result = self._next
        if result is None or result.index >= size:
            return None
        self._next = None
        return result


def _stored_leaf(leaf: Any, entry: Any) -> StoredLeaf:
    content = canonical(entry) if entry is not None else None
    return StoredLeaf(leaf["index"], str(leaf["entry_id"]), leaf["hash"], content)


async def _look_for_leafless(
    reading: Reading, school_id: UUID, log: TrailLog, check: LogCheck
) -> int:
    """Report entries that should have been sealed, or can only have been inserted later."""
    reached = await audit_seals.number_reached(reading.driver)
    last = check.last
    horizon = last.horizon if last is not None and last.horizon <= reached else 0
    waiting = 0
    async for entry_id, xid, at in audit_seals.leafless(reading.driver, school_id, log):
        if xid < horizon:
            check.report(
                Wrong.EXTRA,
                "it was put among entries that had been sealed before",
                entry_id=str(entry_id),
            )
        elif not reading.now - MAY_WAIT <= at <= reading.now + CLOCKS_APART:
            check.report(
                Wrong.UNSEALED,
                f"it is from {at:%Y-%m-%d %H:%M:%S} UTC and has not been sealed",
                entry_id=str(entry_id),
            )
        else:
            waiting += 1
    return waiting


async def _look_for_untraced(
    reading: Reading, school_id: UUID, log: TrailLog, check: LogCheck
) -> None:
    async for resource_type, row_id in audit_seals.untraced(reading.driver, school_id, log):
        check.report(
            Wrong.UNTRACED, f"no entry of the trail speaks of the {resource_type} {row_id}"
        )
