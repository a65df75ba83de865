"""SQL that tells whether the data a roster is compared with has changed.

The row trail records which tables every transaction wrote to. Others' writes count from the moment
at which an import began to compare: by transaction, since lower numbers can commit later, and by
place, since a restored server counts its transactions from the start.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.db.driver import Driver

COMPARED = (
    "child", "child_identifier", "enrolment", "contact", "staff", "roster_link", "frozen_file",
    "organisation",
)  # fmt: skip
"""The tables that the comparison reads, and the settings by which a plan is held back."""

SINCE = """
select pg_snapshot_xmin(pg_current_snapshot())::text as since,
       coalesce((select max(seq) from row_trail where school_id = $1), 0)::text as place
"""

# If the import left no entry under its number, the entries came from another server.
CHANGED = """
select not exists (
    select from row_trail o
    where o.school_id = $1 and o.xid = $3::text::xid8 and o.details ? 'roster_import')
  or exists (
    select from row_trail r
    where r.school_id = $1 and (r.xid >= $2::text::xid8 or r.seq > $4::text::bigint)
      and r.xid <> $3::text::xid8 and r.details ?| $5::text[]) as changed
"""


class RosterStanding:
    """Where the record stood when an import was compared with it."""

    def __init__(self, driver: Driver, school_id: UUID) -> None:
        self._driver, self._school_id = driver, school_id

    async def since(self) -> dict[str, str]:
        """The present place. Read before the comparison, so that no change is missed."""
        return dict((await self._driver.rows(SINCE, self._school_id))[0])

    async def own(self) -> str:
        """The number of this transaction."""
        return str(await self._driver.value("select pg_current_xact_id()::text"))

    async def has_changed(self, standing: Mapping[str, Any]) -> bool:
        """Whether another transaction has changed something since."""
        row = await self._driver.row(
            CHANGED, self._school_id, standing["since"], standing["own"], standing["place"],
            COMPARED,
        )  # fmt: skip
        return row is None or bool(row["changed"])
