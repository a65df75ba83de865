"""The form of a referral: its kind's own, a bundled local one, or one the school brought."""

from collections.abc import Mapping
from typing import Any

from app.db.models import Agency, Referral
from app.db.repositories.sharing import referral_reads
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.sharing.referrals.kinds import KindSchema, bundled, form_of
from app.domain.sharing.referrals.variants import effective


async def form_for(work: UnitOfWork, referral: Referral) -> KindSchema:
    """The form it was drafted with, in the version it was drafted with."""
    if referral.form_variant is None:
        return form_of(referral.kind, referral.form_version)
    found = await _variant(
        await work.driver(), work.actor.school_id, referral.form_variant, referral.form_version
    )
    return found or form_of(referral.kind)


async def form_to_draft(
    work: UnitOfWork, kind: str, agency: Agency, asked: str | None
) -> KindSchema:
    """The form of a new referral: as asked, as the agency wants it, or of its authority.

    Raises `ValidationFailed` where there is no such local form of this kind.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    named = asked or agency.form_variants.get(kind)
    if named is None:
        if agency.local_authority is None:
            return form_of(kind)
        found = await _of_authority(driver, school_id, kind, agency.local_authority)
        return found or form_of(kind)
    found = await _variant(driver, school_id, named)
    if found is None or found.kind != kind:
        problem = FieldProblem("/variant", "unknown_variant", "This kind has no such local form.")
        raise ValidationFailed(problems=[problem])
    return found


async def form_shown(
    driver: Driver, school_id: Any, kind: str, variant: str | None
) -> KindSchema | None:
    """A kind's form as it is now, or a local form of it; None where there is none."""
    if variant is None:
        return form_of(kind)
    found = await _variant(driver, school_id, variant)
    return found if found is not None and found.kind == kind else None


async def _variant(
    driver: Driver, school_id: Any, variant: str, version: str | None = None
) -> KindSchema | None:
    """A local form in a version, or as it is now."""
    if (given := bundled().get(variant)) is not None:
        return effective(given, given["version"])
    number = int(version) if version is not None and version.isdecimal() else None
    row = await referral_reads.variant_of(driver, school_id, variant, number)
    return None if row is None else effective(_content(row), str(row["number"]))


async def _of_authority(
    driver: Driver, school_id: Any, kind: str, authority: str
) -> KindSchema | None:
    row = await referral_reads.variant_of_authority(driver, school_id, kind, authority)
    if row is not None:
        return effective(_content(row), str(row["number"]))
    for given in bundled().values():
        if (given["variant_of"], given["authority"]) == (kind, authority):
            return effective(given, given["version"])
    return None


def _content(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return referral_reads.json_of(row["content"])
