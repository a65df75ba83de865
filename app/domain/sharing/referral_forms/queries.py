"""Reads of referral forms: which are in use, and what each asks for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.core.vocabularies.welsh import WELSH as VOCABULARIES_IN_WELSH
from app.db.models import Agency, Referral
from app.db.reading import Reading
from app.db.repositories.sharing import referrals
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.sharing.referral_forms.errors import VariantNotFound
from app.domain.sharing.referral_forms.rules import (
    KINDS,
    WELSH,
    KindSchema,
    bundled,
    effective,
    form_of,
    json_schema,
)

KINDS_IN_WELSH = VOCABULARIES_IN_WELSH["referral_kinds"]


async def form_for(work: UnitOfWork, referral: Referral) -> KindSchema:
    """The form it was drafted with, in the version it was drafted with."""
    if referral.form_variant is None:
        return form_of(referral.kind, referral.form_version)
    variant = await _variant(
        await work.driver(), work.actor.school_id, referral.form_variant, referral.form_version
    )
    return variant or form_of(referral.kind)


async def form_to_draft(
    work: UnitOfWork, kind: str, agency: Agency, asked: str | None
) -> KindSchema:
    """Choose the form of a new referral: as requested, the agency's, or the authority's.

    Raises `ValidationFailed` if there is no such local form of this kind.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    named = asked or agency.form_variants.get(kind)
    if named is None:
        if agency.local_authority is None:
            return form_of(kind)
        variant = await _of_authority(driver, school_id, kind, agency.local_authority)
        return variant or form_of(kind)
    variant = await _variant(driver, school_id, named)
    if variant is None or variant.kind != kind:
        problem = FieldProblem(
            "/variant", "unknown_variant", "This kind of referral does not have this local form."
        )
        raise ValidationFailed(problems=[problem])
    return variant


async def form_shown(
    driver: Driver, school_id: Any, kind: str, variant: str | None
) -> KindSchema | None:
    """Get a kind's present form, or a local form of it; None if there is none."""
    if variant is None:
        return form_of(kind)
    result = await _variant(driver, school_id, variant)
    return result if result is not None and result.kind == kind else None


async def _variant(
    driver: Driver, school_id: Any, variant: str, version: str | None = None
) -> KindSchema | None:
    """A local form in a version, or as it is now."""
    if (given := bundled().get(variant)) is not None:
        return effective(given, given["version"])
    number = int(version) if version is not None and version.isdecimal() else None
    row = await referrals.variant_of(driver, school_id, variant, number)
    return None if row is None else effective(_content(row), str(row["number"]))


async def _of_authority(
    driver: Driver, school_id: Any, kind: str, authority: str
) -> KindSchema | None:
    row = await referrals.variant_of_authority(driver, school_id, kind, authority)
    if row is not None:
        return effective(_content(row), str(row["number"]))
    for given in bundled().values():
        if (given["variant_of"], given["authority"]) == (kind, authority):
            return effective(given, given["version"])
    return None


def _content(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return referrals.json_of(row["content"])


def list_referral_kinds() -> list[dict[str, Any]]:
    """List every kind with its sections and fields."""
    return [_to_response(schema) for schema in KINDS.values()]


def _to_response(form: KindSchema) -> dict[str, Any]:
    """Build the answer for a form; a school's own text in a local form has no Welsh."""
    answer = asdict(form)
    for section in answer["sections"]:
        section["label_cy"] = WELSH["sections"].get(section["label"])
        for field in section["fields"]:
            field["label_cy"] = WELSH["labels"].get(field["label"])
            field["help_cy"] = field["help"] and WELSH["helps"].get(field["help"])
    label = KINDS_IN_WELSH[form.kind]
    return {**answer, "label_cy": label, "review_cy": WELSH.get("review")}


async def read_form(reading: Reading, kind: str, variant: str | None) -> dict[str, Any]:
    """A kind's form, or a local form of it, also as JSON Schema. Raises `VariantNotFound`."""
    form = await form_shown(reading.driver, reading.actor.school_id, kind, variant)
    if form is None:
        raise VariantNotFound
    return {**_to_response(form), "json_schema": json_schema(form)}


async def list_variants(reading: Reading) -> list[dict[str, Any]]:
    """List local forms: the school's own, in their newest version, and the bundled ones."""
    own = await referrals.variants(reading.driver, reading.actor.school_id)
    items = [
        {
            "variant": row["variant"], "version": str(row["number"]), "variant_of": row["kind"],
            "authority": row["authority"], "title": row["title"], "example": False,
            "bundled": False,
        }
        for row in own
    ]  # fmt: skip
    names = ("variant", "version", "variant_of", "authority", "title")
    for given in bundled().values():
        facts = {name: given[name] for name in names}
        items.append({**facts, "example": given.get("example", False), "bundled": True})
    return items
