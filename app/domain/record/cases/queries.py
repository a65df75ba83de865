"""Reads of cases: lists without narrative, and the answer for one."""

from typing import Any

import orjson

from app.db.cards import CHILD, Card, filters, page_of_cards, project
from app.db.models import ConcernCase
from app.db.models.record.cases import CLASS_OF_CASE
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.record import cases as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.record.cases.kind import CASE
from app.domain.record.cases.schemas import (
    CaseNoteOut,
    ConcernCaseCard,
    ConcernCaseListIn,
    ConcernCaseOut,
    HeldActionOut,
    HeldConcernOut,
)
from app.domain.steps import Target, after_change, offered

CARD = Card(
    ConcernCase, ConcernCaseCard,
    besides={
        "child": CHILD,
        "confidentiality": CLASS_OF_CASE,
        "state": "case when t.ended_at is null then 'open' else 'ended' end",
        "concerns": "cardinality(t.concern_ids)",
    },
    joins="join child k on k.school_id = $1 and k.id = t.child_id",
)  # fmt: skip


async def list_cases(reading: Reading, asked: ConcernCaseListIn, paging: PageOf) -> Page[str]:
    """Cases that the actor may read: open ones soonest due first, ended ones newest first."""
    CASE.require(reading.actor)
    ended = asked.state == "ended"
    where = Conditions(reading.actor.school_id)
    where.keep(f"t.ended_at is {'not ' if ended else ''}null")
    filters(asked, where)
    CASE.keep(reading.actor, where)
    sort = "t.set_at" if ended else "t.due_at"
    rows = await page_of_cards(reading.driver, CARD, where, paging, sort=sort, newest=ended)
    return cut_cards(rows, paging)


async def response_after_change(work: UnitOfWork, case: ConcernCase) -> dict[str, Any]:
    """Build the answer for a case after a change."""
    return await to_response(work, await after_change(work, CASE, case))


async def to_response(work: UnitOfWork, target: Target[ConcernCase]) -> dict[str, Any]:
    """Build the answer for a case: its concerns, their open work, and every review."""
    case, driver = target.row, await work.driver()
    names = await stored.beside(driver, case.school_id, case.id)
    held = await stored.concerns_of(driver, case.school_id, case.concern_ids)
    notes = await stored.notes_of(driver, case.school_id, case.id)
    return project(
        ConcernCaseOut, case,
        child={"id": case.child_id, "name": names["child_name"]},
        confidentiality=target.facts.own_class,
        owner={"id": case.owner_id, "name": names["owner_name"]},
        state="open" if case.ended_at is None else "ended",
        concerns=len(held),
        held=[
            project(HeldConcernOut, row, children=orjson.loads(row["children"])) for row in held
        ],
        actions=[
            project(HeldActionOut, row, owner={"id": row["owner_id"], "name": row["owner_name"]})
            for row in await stored.actions_of(driver, case.school_id, case.concern_ids)
        ],
        notes=[
            project(CaseNoteOut, row, by={"id": row["by_id"], "name": row["by_name"]})
            for row in notes
        ],
        set_by={"id": case.set_by, "name": names["set_by_name"]},
        permissions=await offered(work, target),
    )  # fmt: skip
