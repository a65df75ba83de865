"""Reads of past entries: lists without narrative, and the answer for one."""

from typing import Any

from app.db.cards import CHILD, Card, filters, page_of_cards, project
from app.db.models import PastEntry, PastFile
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.exchange import past_entries as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.exchange.past_entries.kind import PAST_ENTRY
from app.domain.exchange.past_entries.schemas import (
    PastEntryCard,
    PastEntryListIn,
    PastEntryOut,
    PastFileOut,
)
from app.domain.steps import Target, offered

IN_STATE = {
    "taken_up": "t.taken_up_at is not null",
    "open": "t.open and t.taken_up_at is null",
    "closed": "not t.open and t.taken_up_at is null",
}
STATE = "case " + " ".join(f"when {item} then '{name}'" for name, item in IN_STATE.items()) + " end"
CARD = Card(
    PastEntry, PastEntryCard, besides={"child": CHILD, "state": STATE},
    joins="join child k on k.school_id = $1 and k.id = t.child_id",
)  # fmt: skip
OTHER = "another pupil"


async def list_past_entries(reading: Reading, asked: PastEntryListIn, paging: PageOf) -> Page[str]:
    """Past entries that the actor may read, newest first."""
    PAST_ENTRY.require(reading.actor)
    where = Conditions(reading.actor.school_id)
    if asked.state is not None:
        where.keep(IN_STATE[asked.state])
    filters(asked.model_copy(update={"state": None}), where)
    PAST_ENTRY.keep(reading.actor, where)
    rows = await page_of_cards(
        reading.driver, CARD, where, paging, sort="t.occurred_at", newest=True
    )
    return cut_cards(rows, paging)


async def to_response(work: UnitOfWork, target: Target[PastEntry]) -> dict[str, Any]:
    """Build the answer for an entry, with all that the other system recorded about it."""
    row = target.row
    beside = await stored.beside(await work.driver(), row.school_id, row.id)
    file = await work.concerns.find(PastFile, row.id)
    others = await stored.others_of(await work.driver(), row.school_id, row.id, row.together_id)
    return project(
        PastEntryOut, row,
        child={"id": row.child_id, "name": beside["child_name"]},
        state="taken_up" if row.taken_up_at else "open" if row.open else "closed",
        file_sha256=beside["file_sha256"],
        source_row=row.cells,
        author_account=beside["account_id"]
        and {"id": beside["account_id"], "name": beside["account_name"]},
        file=file and {name: getattr(file, name) for name in PastFileOut.model_fields},
        others=[{"label": OTHER, "role": role} for role in others],
        taken_up_by=row.taken_up_by and {"id": row.taken_up_by, "name": beside["taken_up_name"]},
        permissions=await offered(work, target),
    )  # fmt: skip
