"""Reads of actions."""

from typing import Any

from app.core.words import AuditEvent
from app.db.cards import Card, filters, page_of_cards, project
from app.db.models import Action
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HOLDER
from app.domain.record.actions.kind import ACTION
from app.domain.record.actions.schemas import ActionCard, ActionListIn, ActionOut
from app.domain.steps import Target, offered

CARD = Card(Action, ActionCard, {})


async def open_my_actions(work: UnitOfWork, asked: ActionListIn, paging: PageOf) -> Page[str]:
    """Open the reader's own actions, soonest due first; logs the view, since they show content."""
    ACTION.require(work.actor)
    where = Conditions(work.actor.school_id)
    where.add("t.owner_id = {}", work.actor.id)
    ACTION.keep(work.actor, where, (HOLDER, True))
    if asked.state is not None:
        where.keep(f"t.state = '{asked.state}'")  # written out: the partial index serves it
    filters(asked, where)
    rows = await page_of_cards(await work.driver(), CARD, where, paging, sort="t.due_at")
    work.record(
        AuditEvent.ACTION_OPENED, "action", None,
        details={"part": "own", "found": min(len(rows), paging.limit)},
    )  # fmt: skip
    return cut_cards(rows, paging)


async def to_response(work: UnitOfWork, target: Target[Action]) -> dict[str, Any]:
    """Build the answer for an action."""
    row = target.row
    named = await work.accounts.people(row.owner_id, row.set_by, row.ended_by)
    return project(
        ActionOut, row, owner=named[row.owner_id], set_by=named[row.set_by],
        ended_by=named.get(row.ended_by), permissions=await offered(work, target),
    )  # fmt: skip
