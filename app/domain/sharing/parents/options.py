"""Suggestions about telling parents, each with what speaks for it; a person decides."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.core.vocabularies.terms import DRAFT
from app.core.words import AuditEvent, Permission
from app.db.models import Contact
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.children import why_reached
from app.domain.access.checks.concerns import concern_for
from app.domain.record.children.records import shown_name
from app.domain.record.children.restricted import told_of
from app.domain.sharing.parents import rules
from app.domain.sharing.parents.gathering import Gathered, child_of, gather, is_excepted


async def parents_options(
    work: UnitOfWork, concern_id: UUID, child_id: UUID | None, said: Sequence[str]
) -> dict[str, Any]:
    """Rows to think of with their reasons, and who is offered as the one to tell.

    Nothing is decided and nothing is sent. Raises `PermissionMissing`, `ConcernNotFound`,
    `ChildToName`, `ConflictOfInterest`, `OutsideCohort`.
    """
    concern = await concern_for(work, concern_id, Permission.SAFETY_READ)
    child = await child_of(work, concern, child_id, Permission.SAFETY_READ)
    found = await gather(work, concern, child, frozenset(said))
    work.record(
        AuditEvent.CHILD_OPENED, "child", child.id, child_id=child.id,
        details={"part": "who_to_tell", "rule": why_reached(work.actor, child)},
    )  # fmt: skip
    return {
        "concern_id": concern.id,
        "child": {"id": child.id, "name": " ".join(shown_name(child))},
        "facts": _facts(found),
        "suggestions": [_suggestion(one) for one in rules.suggestions(found.facts)],
        "contacts": await _contacts(work, found),
        "not_known": rules.not_known(found.facts),
        "words_to_send": rules.words_to_send(found.facts),
        "vocabulary_status": DRAFT,
    }


def _facts(found: Gathered) -> dict[str, Any]:
    facts = found.facts
    return {
        "age": facts.age,
        "looked_after": facts.looked_after,
        "pathway_state": facts.pathway_state,
        "words_about_dying": facts.words_about_dying,
        "alleged_source_of_harm": facts.alleged_source_of_harm,
        "latest_check_id": facts.check_id,
        "latest_check_old": found.check_old,
    }


def _suggestion(one: rules.Suggestion) -> dict[str, Any]:
    row = one.row
    return {
        "row": row.id,
        "situation": row.situation,
        "suggestion": row.default,
        "why": [
            {"fact": why.fact, "text": why.text, "contact_id": why.contact_id,
             "record_id": why.record_id, "concern_id": why.concern_id}
            for why in one.why
        ],
        "settle_first": list(one.settle_first),
        "to_write": list(row.write),
        "second_lead": row.second_lead,
        "source": row.source,
    }  # fmt: skip


async def _contacts(work: UnitOfWork, found: Gathered) -> list[dict[str, Any]]:
    """Those who are offered first, else in their own order."""
    facts = {one.id: one for one in found.facts.contacts}
    shown = [_contact(one, facts[one.id], found, work.today) for one in found.contacts]
    return sorted(shown, key=lambda one: not one["offered"])


def _contact(
    one: Contact, facts: rules.ContactFacts, found: Gathered, today: date
) -> dict[str, Any]:
    verdict = told_of(one, found.known, today)
    excepted = is_excepted(one, found.known, today, found.excepted)
    why_not = rules.why_not_offered(facts, found.facts, excepted=excepted)
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "parental_responsibility": one.parental_responsibility,
        "lives_with": one.lives_with,
        "alleged_source_of_harm": one.alleged_source_of_harm,
        "court_orders": one.court_orders,
        "may_be_told": {
            "value": verdict.value, "derived": verdict.derived, "reason": verdict.reason
        },
        "has_sharing_exception": excepted,
        "offered": not why_not,
        "why_not": why_not,
    }  # fmt: skip
