"""The card of a plan: what the pupil wrote and whom to call, as values and as a page to fold."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import SafetyPlan
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.sight import plan_for
from app.domain.sharing.documents.commands import Printing
from app.domain.sharing.leaving.plans import PUPIL, plan_content_for
from app.formats.documents.cards import card_of

TEMPLATE: Final = "card"
AUDIENCES: Final = {"pupil": PUPIL, "other": "parent"}
"""Whose copy it is: in another's no friend of the pupil is named."""


async def open_card(work: UnitOfWork, plan_id: UUID, copy_for: str) -> dict[str, Any]:
    """A card's content, for who reads the plan; the look leaves a trace.

    Raises as `plan_for`.
    """
    plan = await plan_for(work, plan_id)
    work.record(
        AuditEvent.PLAN_CARD_OPENED, rules.NOUN, plan.id, child_id=plan.child_id,
        details={"number": plan.number, "copy_for": copy_for},
    )  # fmt: skip
    due = await stored.review_due(await work.driver(), plan.school_id, plan.id)
    return card(plan, copy_for, due)


def card(plan: SafetyPlan, copy_for: str, review_due: datetime | None) -> dict[str, Any]:
    """What a card says, for whose copy it is: never who the pupil is, nor what staff wrote."""
    content = plan_content_for(plan, AUDIENCES[copy_for])
    return {
        **card_of(
            content, number=plan.number, state=plan.state,
            agreed_at=plan.agreed_at and written(plan.agreed_at),
            review_due_at=review_due and written(review_due),
        ),
        "copy_for": copy_for,
    }  # fmt: skip


async def print_card(work: UnitOfWork, plan_id: UUID, copy_for: str) -> Printing:
    """A card to be typeset; the name of its file names nobody. Raises as `plan_for`."""
    content = await open_card(work, plan_id, copy_for)
    printed = {**content, "document": {"printed_at": written(work.now)}}
    return Printing(TEMPLATE, printed, plan_id.hex[-8:])
