"""Effects of an amendment: new urgency, further categories, and disclosures."""

from uuid import UUID

from app.core.vocabularies.category_rules import IMMEDIACY
from app.db.models import Concern
from app.db.unit_of_work import UnitOfWork
from app.domain import disclosures
from app.domain.common.category_rules.rules import following, joined, strictest
from app.domain.common.deadlines.commands import calendar_of, start_clock
from app.domain.common.deadlines.rules import acknowledge_rule
from app.domain.duty.milestones.rules import of_categories
from app.domain.record.concern_amendments.rules import Answers
from app.domain.record.concerns.commands import follow_categories, open_closed, tell_at_once
from app.domain.record.concerns.errors import StatementKindTold, StatementUnknown
from app.domain.record.concerns.rules import primary_of
from app.domain.safety.self_harm.commands import put_right

NOT_SAID = "not_said"


async def check_statement(
    work: UnitOfWork, concern: Concern, statement_id: UUID | None, kind: str | None
) -> None:
    """Raise `StatementUnknown`, or `StatementKindTold` if it is already known whose words it is."""
    if statement_id is None:
        return
    statement_kind = await work.concerns.statement_kind(concern.id, statement_id)
    if statement_kind is None:
        raise StatementUnknown
    if kind is not None and statement_kind != NOT_SAID:
        raise StatementKindTold


async def follow_answers(
    work: UnitOfWork, concern: Concern, answers: Answers, amendment_id: UUID
) -> bool:
    """Apply the effects of the answers; returns whether every lead was alerted at once.

    A closed concern that is now more urgent is reopened. Nothing becomes less urgent, and entries
    frozen at a child's death stay unchanged.
    """
    before = concern.immediacy
    added = [category for category in answers.categories if category not in concern.categories]
    if concern.frozen_at is None:
        concern.own_categories = joined(concern.own_categories, answers.own_categories)
    if concern.frozen_at is None and added:
        was = of_categories(concern.categories)
        known = [category for category in concern.categories if category != "not_sure"]
        concern.categories = [*known, *added]
        concern.primary_category = concern.primary_category or primary_of(concern.categories)
        await follow_categories(work, concern, of_categories(concern.categories) - was)
    rings = await _keep_told(work, concern, answers, amendment_id)
    if concern.frozen_at is not None:
        return False
    swallowed = disclosures.was_swallowed(answers.self_harm or {})
    lines = (answers.immediacy, disclosures.IMMEDIATE if swallowed else None, concern.immediacy)
    concern.immediacy = strictest(IMMEDIACY, (line for line in lines if line is not None))
    if added:
        rings |= following(added, (await calendar_of(work)).categories).is_urgent
    if concern.immediacy != before:
        await _ask_again(work, concern)
    elif not rings:
        return False
    await tell_at_once(work, concern, "concern_urgent")
    return True


async def _keep_told(
    work: UnitOfWork, concern: Concern, answers: Answers, amendment_id: UUID
) -> bool:
    kind = (answers.self_harm or {}).get("kind") or disclosures.kind_of(answers.categories)
    if kind is None and answers.self_harm is not None:
        pathway = await work.concerns.pathway_of(concern.id)
        kind = pathway.kind if pathway is not None else disclosures.UNSAID
    return kind is not None and await put_right(work, concern, kind, amendment_id)


async def _ask_again(work: UnitOfWork, concern: Concern) -> None:
    """Ask a lead to acknowledge again, unless the writer has already done so."""
    if concern.state == "closed":
        await open_closed(work, concern)
    if concern.ended_at is not None or concern.acknowledged_by == work.actor.id:
        return
    on_pathway = await work.concerns.pathway_of(concern.id) is not None
    rule_id = acknowledge_rule(concern.immediacy, on_pathway=on_pathway)
    if concern.acknowledged_at is not None or concern.due_rule != rule_id:
        concern.acknowledged_at = concern.acknowledged_by = None
        await start_clock(work, concern, rule_id)
