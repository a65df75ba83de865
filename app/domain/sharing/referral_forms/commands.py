"""Add a local form: each version is kept permanently, and a change is another version."""

from typing import Any

from app.core.words import AuditEvent, Permission
from app.db.models import ReferralVariant
from app.db.repositories.sharing import referrals as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.sharing.referral_forms.rules import form_of, problems_of_variant
from app.domain.steps import new, record_row


async def add_variant(work: UnitOfWork, given: dict[str, Any]) -> ReferralVariant:
    """Add a local form, or its next version, on top of the kind's present form.

    Raises `PermissionMissing`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.AGENCY_CHANGE)
    if problems := problems_of_variant(given):
        raise ValidationFailed(problems=problems)
    kind, number = await stored.newest_variant(work.session, work.actor.school_id, given["variant"])
    if kind not in (None, given["variant_of"]):
        problem = FieldProblem("/variant_of", "other_kind", "Earlier versions are of another kind.")
        raise ValidationFailed(problems=[problem])
    row = new(
        work, ReferralVariant, variant=given["variant"], number=number + 1,
        kind=given["variant_of"], authority=given["authority"],
        content={**given, "of_version": form_of(given["variant_of"]).version},
    )  # fmt: skip
    work.sharing.add(row)
    details = {"variant": row.variant, "number": row.number, "kind": row.kind}
    record_row(work, AuditEvent.REFERRAL_VARIANT_ADDED, row, after=given, details=details)
    await work.session.flush()
    return row
