"""Copies of a safety plan: given, recalled, and printed as a card to fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import SafetyPlan, SafetyPlanHolder
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import CopyRecalled, HolderNotFound, PlanNotNow
from app.domain.safety.safety_plans.queries import plan_for, plan_to_change
from app.domain.sharing.documents.commands import Printing
from app.domain.sharing.record_redaction.rules import OWN_COPY, plan_content_for
from app.domain.steps import touch
from app.formats.documents.cards import card_of
from app.formats.documents.helplines import Line, age_on, helplines

HOLDER = "safety_plan_holder"
ON_PAPER = ("paper", "card")

TEMPLATE: Final = "card"
AUDIENCES: Final = {"pupil": OWN_COPY, "other": "parent"}
"""Whose copy it is: in another's no friend of the pupil is named."""


@dataclass(frozen=True, slots=True)
class GiveCopy:
    """Who has a copy, of which kind, since when, and what the pupil said to it."""

    id: UUID | None
    kind: str
    person: str | None
    copy: str
    given_at: datetime | None
    consent: Mapping[str, Any] | None


async def give_copy(work: UnitOfWork, plan_id: UUID, version: int, wish: GiveCopy) -> SafetyPlan:
    """Note who has a copy of an agreed version. Raises as `plan_to_change`, `PlanNotNow`."""
    plan, _ = await plan_to_change(work, plan_id, version)
    if plan.state not in ("agreed", *rules.IN_FORCE):
        raise PlanNotNow
    holder = SafetyPlanHolder(
        school_id=plan.school_id, id=wish.id or new_id(), plan_id=plan.id, kind=wish.kind,
        person=wish.person, copy=wish.copy, given_at=wish.given_at or work.now,
        consent=dict(wish.consent) if wish.consent else None, noted_by=work.actor.id,
        noted_at=work.now,
    )  # fmt: skip
    work.children.add(holder)
    touch(work, plan)
    work.record(
        AuditEvent.PLAN_COPY_GIVEN, HOLDER, holder.id, child_id=plan.child_id,
        after={"person": wish.person}, details={"kind": wish.kind, "copy": wish.copy},
    )  # fmt: skip
    return plan


async def recall_copy(work: UnitOfWork, plan_id: UUID, holder_id: UUID, version: int) -> SafetyPlan:
    """Somebody gets one copy back. Raises as `plan_to_change`, `HolderNotFound`, `CopyRecalled`."""
    plan, _ = await plan_to_change(work, plan_id, version)
    holder = await work.children.lock(SafetyPlanHolder, holder_id)
    if holder is None or holder.plan_id != plan.id:
        raise HolderNotFound
    if holder.recalled_at is not None:
        raise CopyRecalled
    await _recall(work, plan, holder)
    touch(work, plan)
    return plan


async def recall_copies(work: UnitOfWork, plan: SafetyPlan) -> None:
    """Every copy on paper of a version is to be got back, unless somebody is about it already."""
    found = await work.session.scalars(
        select(SafetyPlanHolder)
        .where(
            SafetyPlanHolder.school_id == plan.school_id,
            SafetyPlanHolder.plan_id == plan.id,
            SafetyPlanHolder.copy.in_(ON_PAPER),
            SafetyPlanHolder.recalled_at.is_(None),
        )
        .order_by(SafetyPlanHolder.id)
    )
    for holder in found.all():
        await _recall(work, plan, holder)


async def _recall(work: UnitOfWork, plan: SafetyPlan, holder: SafetyPlanHolder) -> None:
    task = await set_task(
        work,
        SetTask(
            rules.RECALL, plan.child_id, plan.concern_id, (HOLDER, holder.id),
            plan.confidentiality, first=plan.lead_id,
            facts={"number": plan.number, "kind": holder.kind, "copy": holder.copy},
        ),
    )  # fmt: skip
    await work.session.flush()
    holder.recalled_at, holder.recalled_by = work.now, work.actor.id
    holder.recall_task_id = None if task is None else task.id
    work.record(
        AuditEvent.PLAN_COPY_RECALLED, HOLDER, holder.id, child_id=plan.child_id,
        details={"task_id": str(holder.recall_task_id)},
    )  # fmt: skip


async def open_card(work: UnitOfWork, plan_id: UUID, copy_for: str) -> dict[str, Any]:
    """A card's content, for who reads the plan; the look leaves a trace.

    Raises as `plan_for`.
    """
    plan = await plan_for(work, plan_id)
    work.record(
        AuditEvent.PLAN_CARD_OPENED, rules.NOUN, plan.id, child_id=plan.child_id,
        details={"number": plan.number, "copy_for": copy_for},
    )  # fmt: skip
    due, born, nation = await stored.card_facts(await work.driver(), plan.school_id, plan.id)
    call = helplines(nation, age_on(work.today, born))
    return card(plan, copy_for, due, call)


def card(
    plan: SafetyPlan, copy_for: str, review_due: datetime | None, call: Sequence[Line]
) -> dict[str, Any]:
    """What a card says, for whose copy it is: never who the pupil is, nor what staff wrote."""
    content = plan_content_for(plan, AUDIENCES[copy_for])
    return {
        **card_of(
            content, number=plan.number, state=plan.state,
            agreed_at=plan.agreed_at and written(plan.agreed_at),
            review_due_at=review_due and written(review_due), call=call,
        ),
        "copy_for": copy_for,
    }  # fmt: skip


async def print_card(work: UnitOfWork, plan_id: UUID, copy_for: str) -> Printing:
    """A card to be typeset; the name of its file names nobody. Raises as `plan_for`."""
    content = await open_card(work, plan_id, copy_for)
    printed = {**content, "document": {"printed_at": written(work.now)}}
    return Printing(TEMPLATE, printed, plan_id.hex[-8:])
