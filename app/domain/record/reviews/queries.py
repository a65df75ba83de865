"""Reads of reviews: lists without narrative, and the answer for one."""

from typing import Any

from app.db.cards import CHILD, Card, filters, page_of_cards, project
from app.db.models import Review
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.record import reviews as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.record.reviews.kind import REVIEW
from app.domain.record.reviews.schemas import ReviewCard, ReviewListIn, ReviewNoteOut, ReviewOut
from app.domain.steps import Target, offered

CARD = Card(
    Review, ReviewCard,
    besides={
        "child": CHILD,
        "concern": (
            "case when c.id is not null "
            "then json_build_object('id', c.id, 'reference', c.reference) end"
        ),
        "confidentiality": "coalesce(c.confidentiality, t.confidentiality)",
        "every": (
            "case when t.every_count is not null "
            "then json_build_object('count', t.every_count, 'unit', t.every_unit) end"
        ),
        "state": "case when t.ended_at is null then 'open' else 'ended' end",
    },
    joins=(
        "left join concern c on c.school_id = $1 and c.id = t.concern_id "
        "left join child k on k.school_id = $1 and k.id = t.child_id"
    ),
)  # fmt: skip


async def list_reviews(reading: Reading, asked: ReviewListIn, paging: PageOf) -> Page[str]:
    """Reviews that the actor may read: open ones soonest due first, ended ones newest first."""
    REVIEW.require(reading.actor)
    ended = asked.state == "ended"
    where = Conditions(reading.actor.school_id)
    where.keep(f"t.ended_at is {'not ' if ended else ''}null")
    filters(asked, where)
    REVIEW.keep(reading.actor, where)
    sort = "t.set_at" if ended else "t.due_at"
    rows = await page_of_cards(reading.driver, CARD, where, paging, sort=sort, newest=ended)
    return cut_cards(rows, paging)


async def to_response(work: UnitOfWork, target: Target[Review]) -> dict[str, Any]:
    """Build the answer for a review, with every time it was done."""
    review, driver = target.row, await work.driver()
    names = await stored.beside(driver, review.school_id, review.id)
    every = review.every_count and {"count": review.every_count, "unit": review.every_unit}
    return project(
        ReviewOut, review,
        child=review.child_id and {"id": review.child_id, "name": names["child_name"]},
        concern=review.concern_id and {"id": review.concern_id, "reference": names["reference"]},
        confidentiality=names["confidentiality"],
        owner={"id": review.owner_id, "name": names["owner_name"]},
        every=every or None,
        state="open" if review.ended_at is None else "ended",
        set_by={"id": review.set_by, "name": names["set_by_name"]},
        looks=[
            project(ReviewNoteOut, row, by={"id": row["by_id"], "name": row["by_name"]})
            for row in (await stored.notes_of(driver, review.school_id, review.id))
        ],
        permissions=await offered(work, target),
    )  # fmt: skip
