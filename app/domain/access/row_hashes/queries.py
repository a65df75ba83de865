"""Checks every row of the record against its last saved hash."""

import hashlib
import sqlite3
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import orjson

from app.core.words import Actor, AuditEvent
from app.db.reading import Reading, open_reading
from app.db.repositories.access import row_hashes
from app.db.row_trace import COVERED
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.formats.trail_log.checking import LogCheck, Wrong

State = Literal["changed", "missing", "unvouched"]
NAMED_OF_A_TABLE = 20
"""Maximum rows named for one table and state; beyond it Cairn gives only the number."""
WRONG = {
    "changed": Wrong.ROW_CHANGED, "missing": Wrong.ROW_MISSING, "unvouched": Wrong.ROW_UNTRACED,
}  # fmt: skip
SENTENCES: Mapping[State, str] = {
    "changed": "the {table} {key} is not as it was left{by}",
    "missing": "the {table} {key} is gone; it was there{by}",
    "unvouched": "nothing was kept of the {table} {key} when it was written",
}


@dataclass(frozen=True, slots=True)
class Differing:
    """A row that differs from the audit log. `entry_id` and `at` are those of its last entry."""

    table: str
    key: str
    state: State
    entry_id: str | None = None
    at: datetime | None = None


class Newest:
    """The newest hash of every row, in a file of its own, so that no school is too large."""

    def __init__(self, file: Path) -> None:
        self._saved = sqlite3.connect(file, isolation_level=None)
        for statement in (
            "pragma journal_mode = off", "pragma synchronous = off", "pragma cache_size = -65536",
            "create table newest (tab text, key text, hash text, entry text, at text, "
            "primary key (tab, key)) without rowid",
            "begin",
        ):  # fmt: skip
            self._saved.execute(statement)

    def add(self, entry_id: str, at: datetime, details: str) -> None:
        """Take an entry of the row log; the last one for a row counts."""
        moment = at.isoformat()
        self._saved.executemany(
            "insert into newest values (?, ?, ?, ?, ?) on conflict (tab, key) do update "
            "set hash = excluded.hash, entry = excluded.entry, at = excluded.at",
            (
                (table, key, item, entry_id, moment)
                for table, hashes in orjson.loads(details).items()
                for key, item in hashes.items()
            ),
        )

    def compare(self, table: str, key: str, content: str) -> Differing | None:
        """Compare a row once with its saved hash; None if it is the same."""
        row = self._saved.execute(
            "delete from newest where tab = ? and key = ? returning hash, entry, at", (table, key)
        ).fetchone()
        if row is None:
            return Differing(table, key, "unvouched")
        result, entry_id, at = row
        if result == row_hash(content):
            return None
        return Differing(table, key, "changed", entry_id, datetime.fromisoformat(at))

    def left(self) -> Iterator[Differing]:
        """Rows not compared although the log says that they exist."""
        for table, key, entry_id, at in self._saved.execute(
            "select tab, key, entry, at from newest where hash is not null order by tab, key"
        ):
            yield Differing(table, key, "missing", entry_id, datetime.fromisoformat(at))

    def close(self) -> None:
        """Forget everything."""
        self._saved.close()


def row_hash(content: str) -> str:
    """Hash of a row's text, as the database computes it when it writes the row."""
    return b64encode(hashlib.sha256(content.encode()).digest()).decode()


@contextmanager
def newest_hashes() -> Iterator[Newest]:
    """An empty `Newest`, in a file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cairn-rows-") as folder:
        newest = Newest(Path(folder) / "newest")
        try:
            yield newest
        finally:
            newest.close()


async def differing_rows(reading: Reading, school_id: UUID) -> AsyncIterator[Differing]:
    """Find every covered row of a school that changed outside Cairn, is gone, or was never hashed.

    Reads one snapshot: rows written meanwhile would seem to differ.
    """
    driver = reading.driver
    with newest_hashes() as newest:
        async for entry_id, at, details in row_hashes.entries(driver, school_id):
            newest.add(str(entry_id), at, details)
        for table in sorted(COVERED):
            async for key, content in row_hashes.contents(driver, school_id, table):
                compare = newest.compare(table, key, content)
                if compare is not None:
                    yield compare
        for compare in newest.left():
            yield compare


async def report_rows(reading: Reading, school_id: UUID, check: LogCheck) -> None:
    """Report every row that differs: name some for each table, and count the rest."""
    counts: dict[tuple[str, State], int] = {}
    async for differing_row in differing_rows(reading, school_id):
        what = (differing_row.table, differing_row.state)
        counts[what] = counts.get(what, 0) + 1
        if counts[what] <= NAMED_OF_A_TABLE:
            check.report(WRONG[differing_row.state], _described(differing_row))
    for (table, state), number in counts.items():
        if number > NAMED_OF_A_TABLE:
            more = number - NAMED_OF_A_TABLE
            check.report(WRONG[state], f"{more} more rows of {table} are {state}")


def _described(differing: Differing) -> str:
    by = (
        ""
        if differing.at is None
        else f" on {differing.at:%Y-%m-%d %H:%M:%S} UTC by entry {differing.entry_id}"
    )
    return SENTENCES[differing.state].format(table=differing.table, key=differing.key, by=by)


async def adopt_rows(
    database: Database,
    school_id: UUID,
    reason: str,
    *,
    changed: bool,
    only: Collection[str] = COVERED,
) -> dict[str, int]:
    """Vouch for rows as they are now; returns how many for each table. The log holds the reason.

    Without `changed`, covers only rows that were never hashed, such as those older than the row
    log; with it, also rows that differ or are gone, as after a migration. `only` names the tables.
    """
    actor = Actor.system(school_id)
    keys: dict[str, list[str]] = {}
    async with open_reading(database, actor, one_moment=True) as reading:
        async for differing_row in differing_rows(reading, school_id):
            if differing_row.table in only and (changed or differing_row.state == "unvouched"):
                keys.setdefault(differing_row.table, []).append(differing_row.key)
    counts = {table: len(key) for table, key in keys.items()}
    if counts:
        async with open_work(database, actor) as work:
            work.record(
                AuditEvent.ROWS_ADOPTED, "trail", None, reason=reason,
                details={"rows": counts, "changed": changed},
            )  # fmt: skip
            for table, key in keys.items():
                work.vouch(table, key)
    return counts
