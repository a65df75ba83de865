"""Give copies of a safety plan, and print it as a card to fold; telling home is guarded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import SafetyPlan, SafetyPlanHolder
from app.db.repositories.safety import safety_plans as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import ValidationFailed
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.safety.safety_plans import rules
from app.domain.safety.safety_plans.errors import PlanNotNow
from app.domain.safety.safety_plans.queries import plan_for, plan_to_change
from app.domain.sharing.barred_recipients.queries import Handed, handed_to
from app.domain.sharing.documents.commands import Printing
from app.domain.sharing.record_redaction.rules import OWN_COPY, plan_content_for
from app.domain.steps import new, record_row, touch
from app.formats.documents.cards import card_of
from app.formats.documents.helplines import Line, age_on, helplines

TEMPLATE: Final = "card"
PUPIL: Final = "pupil"
FAMILY: Final = "family"
PROFESSIONALS: Final = ("staff", "health", "professional")
"""Holders and readers of a card who know the pupil through their work."""
AUDIENCES: Final = {PUPIL: OWN_COPY}
"""Audience of each copy: only the pupil's names their friends."""


@dataclass(frozen=True, slots=True)
class GiveCopy:
    """A copy: its holder, kind and date, and the pupil's view.

    `already_given`: it has happened, and is recorded whatever bars it.
    """

    id: UUID | None
    kind: str
    person: str | None
    copy: str
    given_at: datetime | None
    consent: Mapping[str, Any] | None
    already_given: bool = False

    @property
    def is_agreed(self) -> bool:
        """Whether the pupil agreed that this person has it."""
        return bool((self.consent or {}).get("value"))


async def give_copy(work: UnitOfWork, plan_id: UUID, version: int, command: GiveCopy) -> SafetyPlan:
    """Record the holder of a copy of an agreed version.

    Raises as `plan_to_change`, `PlanNotNow`, `ValidationFailed` (this is the name of someone who
    may not be told), `ParentsGuarded`.
    """
    plan, _ = await plan_to_change(work, plan_id, version)
    if plan.state not in ("agreed", *rules.IN_FORCE):
        raise PlanNotNow
    handed = await _handed(work, plan, command.kind, command.person, reason=command.is_agreed)
    if not command.already_given:
        _check(handed)
    elif handed.marks:
        await tell_of_telling(work, [plan.child_id])
    holder = new(
        work, SafetyPlanHolder, command, plan_id=plan.id, given_at=command.given_at or work.now,
        consent=dict(command.consent) if command.consent else None, noted_by=work.actor.id,
        noted_at=work.now,
    )  # fmt: skip
    work.children.add(holder)
    touch(work, plan)
    record_row(
        work, AuditEvent.PLAN_COPY_GIVEN, holder, child_id=plan.child_id,
        after={"person": command.person},
        details={"kind": command.kind, "copy": command.copy, "though_guarded": handed.marks},
    )  # fmt: skip
    return plan


async def _handed(
    work: UnitOfWork, plan: SafetyPlan, kind: str, person: str | None, *, reason: bool = True
) -> Handed:
    """Find the bars on handing it to someone: an unnamed stranger may be family."""
    if kind == PUPIL:
        return Handed()
    at_home = kind == FAMILY or (person is None and kind not in PROFESSIONALS)
    items = [plan.concern_id] if plan.concern_id else []
    return await handed_to(work, plan.child_id, person, items, at_home=at_home, reason=reason)


def _check(handed: Handed) -> None:
    """Raise `ValidationFailed`, `ParentsGuarded` if something bars it."""
    if handed.problems:
        raise ValidationFailed(problems=handed.problems)
    if handed.refusal is not None:
        raise handed.refusal


async def open_card(work: UnitOfWork, plan_id: UUID, copy_for: str) -> dict[str, Any]:
    """Open a card's content, for readers of the plan, and log the view.

    Raises as `plan_for`, `ParentsGuarded`.
    """
    plan = await plan_for(work, plan_id)
    _check(await _handed(work, plan, copy_for, None))
    record_row(
        work, AuditEvent.PLAN_CARD_OPENED, plan,
        details={"number": plan.number, "copy_for": copy_for},
    )  # fmt: skip
    due, born, nation = await stored.card_facts(await work.driver(), plan.school_id, plan.id)
    call = helplines(nation, age_on(work.today, born))
    return card_content(plan, copy_for, due, call)


def card_content(
    plan: SafetyPlan, copy_for: str, review_due: datetime | None, call: Sequence[Line]
) -> dict[str, Any]:
    """Content of a card for an audience: never who the pupil is, nor what staff wrote."""
    content = plan_content_for(plan, AUDIENCES.get(copy_for, "parent"))
    return {
        **card_of(
            content, number=plan.number, state=plan.state,
            agreed_at=plan.agreed_at and written(plan.agreed_at),
            review_due_at=review_due and written(review_due), call=call,
        ),
        "copy_for": copy_for,
    }  # fmt: skip


async def print_card(work: UnitOfWork, plan_id: UUID, copy_for: str) -> Printing:
    """Get a card to typeset; its file name names nobody. Raises as `open_card`."""
    content = await open_card(work, plan_id, copy_for)
    printed = {**content, "document": {"printed_at": written(work.now)}}
    return Printing(TEMPLATE, printed, plan_id.hex[-8:])
