"""What one look through a file tells before its rows are read."""

from collections.abc import Iterable, Sequence
from typing import Any

from app.formats.csv_rows import Record
from app.formats.oneroster import cells
from app.formats.oneroster.columns import REFERRED_TO, Table
from app.formats.oneroster.header import Layout
from app.formats.rosters.dates import Order, OrderProof
from app.formats.rosters.ids import IdSet

SCHOOLS = 200


class Survey:
    """`rows` counts them; `ids` holds those that others refer to; `tied` the people that are
    joined to others; `orgs` the first organisations that people are said to belong to; `orders`
    how the dates of a column are written, where its cells prove it."""

    def __init__(self, table: Table[Any], layout: Layout, records: Iterable[Record]) -> None:
        self.rows = 0
        self.ids, self.tied = IdSet(), IdSet()
        self.orgs: dict[str, None] = {}
        at = {column.name: index for column, index in layout.places if index is not None}
        self._id = at.get("sourcedId") if table.name in REFERRED_TO else None
        self._agents = at.get("agentSourcedIds")
        self._orgs = at.get("orgSourcedIds" if table.name == "users" else "orgSourcedId")
        if table.name not in ("users", "roles"):
            self._orgs = None
        proofs = {
            column.name: (index, OrderProof())
            for column, index in layout.places
            if index is not None and column.read is cells.day
        }
        for record in records:
            if not record.blank:
                self.rows += 1
                self._look_at(record.cells)
                for index, proof in proofs.values():
                    proof.look_at(_cell(record.cells, index))
        self.orders: dict[str, Order | None] = {
            name: proof.order for name, (_, proof) in proofs.items()
        }

    def _look_at(self, row: Sequence[str]) -> None:
        who = _cell(row, self._id)
        if who:
            self.ids.add(who)
        if who and (agents := _cell(row, self._agents)):
            self.tied.add(who)
            for agent in agents.split(","):
                self.tied.add(agent.strip())
        if len(self.orgs) < SCHOOLS and (orgs := _cell(row, self._orgs)):
            self.orgs.update(dict.fromkeys(id_ for org in orgs.split(",") if (id_ := org.strip())))


def _cell(row: Sequence[str], index: int | None) -> str:
    return row[index].strip() if index is not None and index < len(row) else ""
