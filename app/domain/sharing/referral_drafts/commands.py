"""Drafting a referral and changing the draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.schemas import In, fields_of
from app.core.words import AuditEvent, Permission
from app.db.models import Agency, Child, Referral
from app.db.repositories.sharing import referrals
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for, sees_of_child
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.access.relationship_access.queries import sees_relationship
from app.domain.access.share_access.queries import (
    agency_for,
    check_concern,
    check_items,
    may_go_out,
    with_source,
)
from app.domain.common.deadlines.commands import start_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.sharing.referral_contents.queries import behind, chosen_extract, plain
from app.domain.sharing.referral_drafts.queries import answers
from app.domain.sharing.referral_drafts.schemas import FieldAnswerIn, ReferralIn
from app.domain.sharing.referral_forms.queries import form_for, form_to_draft
from app.domain.sharing.referral_forms.rules import KindSchema
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.queries import referral_at
from app.domain.sharing.shared_files.commands import check_files
from app.domain.sharing.shared_files.rules import choices
from app.domain.steps import new, record_row, touch

BY_ANOTHER = "added.by_another"
"""The source of another person's answer in a personal report."""
MOST_TOLD = 20
"""Earlier referrals that fill a draft, the newest."""


async def draft_referral(work: UnitOfWork, body: ReferralIn) -> Referral:
    """Draft a referral. Raises `PermissionMissing`, `ChildNotFound`, `AgencyNotFound`,

    `StateConflict` (agency retired), `ValidationFailed`.
    """
    policy.require(work.actor, Permission.REFERRAL_WRITE)
    sent = fields_of(body)
    child = await child_for(work, body.child_id, Permission.CHILD_OPEN)
    await check_unlocked(work, child.id, adds=True)
    agency = await _agency_in_use(work, body.agency_id)
    if body.concern_id is not None:
        await check_concern(work, child.id, body.concern_id)
    await check_items(work, child.id, sent["items"])
    await check_files(work, sent["items"])
    form = await form_to_draft(work, body.kind, agency, body.variant)
    fields = answers_of(body.fields)
    check_fields(form, fields)
    filled = await _filled(work, child, body, form) if body.prefill else Filled()
    extract, items = await chosen_extract(work, child.id, sent["chronology"])
    referral = new_referral(
        work, body, form, filled, fields, consent=_consent(work, None, sent),
        chronology=extract, items=[*sent["items"], *items],
    )  # fmt: skip
    record_row(
        work, AuditEvent.REFERRAL_DRAFTED, referral, child_id=child.id, after=facts_of(referral)
    )
    await begin(work, referral)
    return referral


@dataclass(frozen=True, slots=True)
class Filled:
    """Answers from the record for a form, with the source of each."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


async def _filled(work: UnitOfWork, child: Child, body: ReferralIn, form: KindSchema) -> Filled:
    record = await referrals.record_for_draft(
        await work.driver(), work.actor.school_id, child.id, body.concern_id, work.actor.id,
        work.now,
    )  # fmt: skip
    record["statuses"] = [
        row
        for row in record["statuses"]
        if sees_of_child(work.actor, "status", child, row["confidentiality"])
    ]
    record["children"] = [
        row
        for row in record["children"]
        if sees_relationship(work.actor, row["kind"], child.id, UUID(row["id"]))
    ]
    record["referrals"] = await _to_be_told(work, record["referrals"])
    return Filled(*answers(form, record, name_others=bool(body.name_others)))


async def _to_be_told(
    work: UnitOfWork, rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Earlier referrals that the actor sees whole and may pass on, without any of class K5.

    This is stricter than opening one, because a copy lasts.
    """
    made_of = [with_source(row["items"], row["concern_id"]) for row in rows]
    passable = iter(await may_go_out(work, [item for items in made_of for item in items]))
    whole = [all([next(passable) for _ in items]) for items in made_of]
    return [row for row, may in zip(rows, whole, strict=True) if may][:MOST_TOLD]


def new_referral(
    work: UnitOfWork,
    body: In,
    form: KindSchema,
    filled: Filled,
    fields: Mapping[str, Any],
    **columns: Any,
) -> Referral:
    """Make a draft; its writer's answers take precedence over the record's."""
    sources = {name: source for name, source in filled.sources.items() if name not in fields}
    return new(
        work, Referral, body, fields={**filled.fields, **fields}, sources=sources,
        form_variant=form.variant, form_version=form.version, state="draft", approvals=[],
        owner_id=work.actor.id, drafted_by=work.actor.id, drafted_at=work.now, **columns,
    )  # fmt: skip


async def begin(work: UnitOfWork, referral: Referral) -> None:
    """Start its clock, give it a reference and write it."""
    await start_clock(work, referral, rules.due_rule("draft", referral.kind))
    referral.reference = await work.sharing.next_reference("R", work.now.year)
    work.sharing.add(referral)
    await work.session.flush()


async def update_referral(
    work: UnitOfWork, referral_id: UUID, version: int, changes: Mapping[str, Any]
) -> Referral:
    """Change a draft. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`,

    `AgencyNotFound`, `VersionStale`, `StateConflict`, `DutyIsTheirs`, `ValidationFailed`.
    """
    referral = await referral_at(work, referral_id, version, "update_referral")
    rules.check_addition(work.actor.id, referral.duty_of, referral.fields, changes)
    changes = dict(changes)
    if "agency_id" in changes:
        await _agency_in_use(work, changes["agency_id"])
    await check_items(work, referral.child_id, changes.get("items") or ())
    await _check_files(work, referral, changes.get("items") or ())
    items = behind(referral.items)
    if "chronology" in changes:
        extract, items = await chosen_extract(work, referral.child_id, changes["chronology"])
        changes["chronology"] = extract
    if "items" in changes or "chronology" in changes:
        changes["items"] = [*changes.get("items", plain(referral.items)), *items]
    before = facts_of(referral)
    if "fields" in changes:
        changes |= await _answers(work, referral, changes["fields"])
    if "consent" in changes or "name_others" in changes:
        changes["consent"] = _consent(work, referral.consent, changes)
        changes.pop("name_others", None)
    for name, value in changes.items():
        setattr(referral, name, value)
    touch(work, referral)
    record_row(
        work, AuditEvent.REFERRAL_CHANGED, referral, before=before, after=facts_of(referral),
        details={"fields": sorted(changes)},
    )  # fmt: skip
    return referral


async def _check_files(
    work: UnitOfWork, referral: Referral, items: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse files in a report of a personal duty, which nobody else confirms."""
    if referral.duty_of is not None and any(choices(items)):
        pointer, _, _ = next(choices(items))
        detail = "A report of your own duty takes no files: say that you have them."
        raise ValidationFailed(problems=[FieldProblem(pointer, "no_files", detail)])
    await check_files(work, items)


async def _answers(work: UnitOfWork, referral: Referral, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the sent answers, with their sources. Raises `ValidationFailed`."""
    fields = merged(referral.fields, sent)
    check_fields(await form_for(work, referral), fields)
    sources = {name: source for name, source in referral.sources.items() if name not in sent}
    if referral.duty_of not in (None, work.actor.id):
        sources |= {name: BY_ANOTHER for name in sent if name in fields}
    return {"fields": fields, "sources": sources}


def facts_of(referral: Referral) -> dict[str, Any]:
    """A writer's choices in a referral; the audit log holds their hash."""
    names = (
        "agency_id", "kind", "urgency", "concern_id", "fields", "consent", "items",
        "lawful_basis", "special_category_condition", "para18_limb",
    )  # fmt: skip
    return {name: getattr(referral, name) for name in names}


def answers_of(sent: Mapping[str, FieldAnswerIn | None]) -> dict[str, Any]:
    """Answers as saved: a person has only the fields that were given."""
    return {
        name: answer
        and {
            "state": answer.state,
            "value": answer.model_dump(mode="json", exclude_unset=True).get("value"),
        }
        for name, answer in sent.items()
    }


def merged(saved: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as in a merge patch: each one sent replaces the one kept, null removes it."""
    both = {**saved, **sent}
    return {name: answer for name, answer in both.items() if answer is not None}


def _consent(
    work: UnitOfWork, saved: Mapping[str, Any] | None, changes: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Value of the consent column: the block, and who decided to name other children."""
    result = dict(saved or {"block": None, "name_others": None})
    if "consent" in changes:
        result["block"] = changes["consent"]
    if "name_others" in changes:
        decision = changes["name_others"]
        result["name_others"] = decision and {
            "reason": decision["reason"],
            "by": str(work.actor.id),
            "at": written(work.now),
        }
    return result if any(result.values()) else None


async def _agency_in_use(work: UnitOfWork, agency_id: UUID) -> Agency:
    agency = await agency_for(work, agency_id, Permission.AGENCY_READ)
    if agency.retired_at is not None:
        raise StateConflict("This agency is retired.")
    return agency


def check_fields(form: KindSchema, fields: Mapping[str, Any]) -> None:
    """Raise `ValidationFailed` for fields that the form has not, and values that do not fit."""
    if problems := rules.problems_of_fields(form, fields):
        raise ValidationFailed(problems=problems)
