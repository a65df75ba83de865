"""Drafting a referral and changing the draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Referral
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import child_for
from app.domain.access.sharing import (
    agency_for,
    check_concern,
    check_items,
    check_version,
    referral_for,
)
from app.domain.errors import StateConflict, ValidationFailed
from app.domain.referrals import rules


@dataclass(frozen=True, slots=True)
class DraftReferral:
    """A wish to refer; only child, agency, kind and urgency are needed at first."""

    child_id: UUID
    agency_id: UUID
    kind: str
    urgency: str
    id: UUID | None = None
    concern_id: UUID | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    consent: dict[str, Any] | None = None
    name_others: dict[str, Any] | None = None
    items: Sequence[dict[str, Any]] = ()
    lawful_basis: str | None = None
    special_category_condition: str | None = None
    para18_limb: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeReferral:
    """The named fields of a draft change; answers in `fields` are merged, null removes one."""

    referral_id: UUID
    version: int
    changes: Mapping[str, Any]


async def draft_referral(work: UnitOfWork, wish: DraftReferral) -> Referral:
    """Draft a referral. Raises `PermissionMissing`, `ChildNotFound`, `AgencyNotFound`,

    `StateConflict` (agency retired), `ValidationFailed`.
    """
    policy.require(work.actor, Permission.REFERRAL_WRITE)
    child = await child_for(work, wish.child_id, Permission.CHILD_OPEN)
    await _check_agency(work, wish.agency_id)
    if wish.concern_id is not None:
        await check_concern(work, child.id, wish.concern_id)
    await check_items(work, child.id, wish.items)
    _check_fields(wish.kind, wish.fields)
    rule = rules.due_rule("draft", wish.kind)
    referral = Referral(
        school_id=work.actor.school_id,
        id=wish.id or new_id(),
        child_id=child.id,
        concern_id=wish.concern_id,
        kind=wish.kind,
        agency_id=wish.agency_id,
        urgency=wish.urgency,
        fields=dict(wish.fields),
        consent=_consent(work, None, {"consent": wish.consent, "name_others": wish.name_others}),
        items=list(wish.items),
        lawful_basis=wish.lawful_basis,
        special_category_condition=wish.special_category_condition,
        para18_limb=wish.para18_limb,
        state="draft",
        approvals=[],
        owner_id=work.actor.id,
        due_at=rule.due(work.now),
        due_rule=rule.id,
        drafted_by=work.actor.id,
        drafted_at=work.now,
        version=1,
        changed_at=work.now,
    )
    work.record(
        Did.REFERRAL_DRAFTED, "referral", referral.id, child_id=child.id, after=facts_of(referral)
    )
    referral.reference = await work.sharing.next_reference("R", work.now.year)
    work.sharing.add(referral)
    await work.session.flush()
    return referral


async def change_referral(work: UnitOfWork, wish: ChangeReferral) -> Referral:
    """Change a draft. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`,

    `AgencyNotFound`, `VersionStale`, `StateConflict`, `ValidationFailed`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "change_referral")
    changes = dict(wish.changes)
    if "agency_id" in changes:
        await _check_agency(work, changes["agency_id"])
    await check_items(work, referral.child_id, changes.get("items") or ())
    before = facts_of(referral)
    if "fields" in changes:
        changes["fields"] = _merged(referral.fields, changes["fields"])
        _check_fields(referral.kind, changes["fields"])
    if "consent" in changes or "name_others" in changes:
        changes["consent"] = _consent(work, referral.consent, changes)
        changes.pop("name_others", None)
    for name, value in changes.items():
        setattr(referral, name, value)
    referral.version += 1
    referral.changed_at = work.now
    work.record(
        Did.REFERRAL_CHANGED,
        "referral",
        referral.id,
        child_id=referral.child_id,
        before=before,
        after=facts_of(referral),
        details={"fields": sorted(wish.changes)},
    )
    return referral


async def referral_at(
    work: UnitOfWork,
    referral_id: UUID,
    version: int,
    step: str,
    permission: Permission = Permission.REFERRAL_WRITE,
) -> Referral:
    """The referral, locked, at the version the writer saw and in a state that allows the step.

    Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`,
    `StateConflict`.
    """
    referral = await referral_for(work, referral_id, permission, lock=True)
    check_version(referral, version)
    owed = rules.approval_owed(referral.state, referral.approvals)
    if not rules.possible(step, referral.state, referral.urgency, owed=owed):
        raise StateConflict
    return referral


def facts_of(referral: Referral) -> dict[str, Any]:
    """What of a referral a writer chose; hashed into the trail."""
    names = (
        "agency_id", "kind", "urgency", "concern_id", "fields", "consent", "items",
        "lawful_basis", "special_category_condition", "para18_limb",
    )  # fmt: skip
    return {name: getattr(referral, name) for name in names}


def _merged(kept: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as in a merge patch: each one sent replaces the one kept, null removes it."""
    both = {**kept, **sent}
    return {name: answer for name, answer in both.items() if answer is not None}


def _consent(
    work: UnitOfWork, kept: Mapping[str, Any] | None, changes: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the consent column keeps: the block, and who decided to name other children."""
    found = dict(kept or {"block": None, "name_others": None})
    if "consent" in changes:
        found["block"] = changes["consent"]
    if "name_others" in changes:
        decision = changes["name_others"]
        found["name_others"] = decision and {
            "reason": decision["reason"],
            "by": str(work.actor.id),
            "at": work.now.isoformat(),
        }
    return found if any(found.values()) else None


async def _check_agency(work: UnitOfWork, agency_id: UUID) -> None:
    agency = await agency_for(work, agency_id, Permission.AGENCY_READ)
    if agency.retired_at is not None:
        raise StateConflict("This agency is retired.")


def _check_fields(kind: str, fields: Mapping[str, Any]) -> None:
    if found := rules.problems_of_fields(kind, fields):
        raise ValidationFailed(problems=found)
