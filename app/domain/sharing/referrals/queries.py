"""Lists of referrals, and what each kind asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from app.db.paging import Conditions, Page, PageOf
from app.db.reading import Reading
from app.db.repositories.sharing import referral_reads, sharing_reads
from app.domain.access.checks.sharing import page_of_files, with_source
from app.domain.sharing.referrals.errors import VariantNotFound
from app.domain.sharing.referrals.forms_in_use import form_shown
from app.domain.sharing.referrals.kind import REFERRAL
from app.domain.sharing.referrals.kinds import KINDS, bundled
from app.domain.sharing.referrals.variants import json_schema


async def list_referrals(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """Referrals of the school, newest first, without what is in them."""

    async def fetch(part: PageOf) -> Sequence[Any]:
        where = Conditions(reading.actor.school_id)
        REFERRAL.keep(reading.actor, where)
        return await sharing_reads.referrals_of(reading.driver, where, filters, part)

    return await page_of_files(
        reading,
        asked,
        fetch,
        lambda row: with_source(orjson.loads(row["items"]), row["concern_id"]),
    )


def list_referral_kinds() -> list[dict[str, Any]]:
    """Every kind with its sections and fields."""
    return [asdict(schema) for schema in KINDS.values()]


async def read_form(reading: Reading, kind: str, variant: str | None) -> dict[str, Any]:
    """A kind's form, or a local form of it, also as JSON Schema. Raises `VariantNotFound`."""
    form = await form_shown(reading.driver, reading.actor.school_id, kind, variant)
    if form is None:
        raise VariantNotFound
    return {**asdict(form), "json_schema": json_schema(form)}


async def list_variants(reading: Reading) -> list[dict[str, Any]]:
    """The local forms: those the school brought, in their newest version, and the bundled ones."""
    own = await referral_reads.variants(reading.driver, reading.actor.school_id)
    told = [
        {
            "variant": row["variant"], "version": str(row["number"]), "variant_of": row["kind"],
            "authority": row["authority"], "title": row["title"], "example": False,
            "bundled": False,
        }
        for row in own
    ]  # fmt: skip
    names = ("variant", "version", "variant_of", "authority", "title")
    for given in bundled().values():
        kept = {name: given[name] for name in names}
        told.append({**kept, "example": given.get("example", False), "bundled": True})
    return told


async def list_own_duties(reading: Reading) -> list[dict[str, Any]]:
    """The reader's own reports, newest first."""
    rows = await referral_reads.own_duties(
        reading.driver, reading.actor.school_id, reading.actor.id
    )
    return [dict(row) for row in rows]
