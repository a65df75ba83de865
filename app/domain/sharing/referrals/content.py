"""Builds the bytes of a referral."""

from collections.abc import Sequence
from typing import Any

from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem
from app.domain.sharing.referrals.extract import plain, told_extract
from app.domain.sharing.referrals.forms_in_use import form_for
from app.domain.sharing.referrals.kinds import KindSchema
from app.domain.sharing.shares.choosing import unconfirmed
from app.domain.sharing.shares.content import Content, content_of, gather
from app.domain.sharing.shares.files import Confirmed
from app.domain.sharing.shares.rules import PROFESSIONALS
from app.domain.sharing.shares.snapshots import SnapshotBuilder

FORMAT = "cairn-referral/1"


async def referral_content(work: UnitOfWork, referral: Referral) -> Content:
    """What the agency would get now: staff by name, other children by what they are.

    A named person can decide, with a reason, that the other children are named.
    """
    also = [referral.concern_id] if referral.concern_id else []
    writer = referral.drafted_by
    material = await gather(work, referral.child_id, referral.items, also=also, people=[writer])
    kept = referral.consent or {}
    named = bool(kept.get("name_others"))
    teller = SnapshotBuilder(material, PROFESSIONALS, referral.items, name_others=named)
    agency = await work.sharing.find(Agency, referral.agency_id)
    assert agency is not None  # noqa: S101 - a foreign key says so
    content: dict[str, Any] = {
        "format": FORMAT,
        "kind": "referral",
        "referral_kind": referral.kind,
        "reference": referral.reference,
        "urgency": referral.urgency,
        "school": {"name": material.child["school"]},
        "child": teller.child(),
        "agency": {"name": agency.name, "kind": agency.kind},
        "written_by": material.staff[writer]["name"],
        "lawful_basis": referral.lawful_basis,
        "fields": {
            name: {"state": answer["state"], "value": teller.deep(answer.get("value"))}
            for name, answer in referral.fields.items()
        },
        "consent": teller.deep(kept.get("block")),
        "items": [teller.item(item) for item in plain(referral.items)],
        "form": form_told(await form_for(work, referral)),
    }
    if (extract := await told_extract(work, referral, material, teller)) is not None:
        content["chronology"] = extract
    return content_of(material, referral.items, content, teller.files)


async def unconfirmed_files(
    work: UnitOfWork, referral: Referral, content: Content, confirmed: Sequence[Confirmed]
) -> list[FieldProblem]:
    """What somebody who lets the chosen files go has not said of them yet."""
    return await unconfirmed(
        work, referral.child_id, referral.items, content.files, confirmed,
        others_named=bool((referral.consent or {}).get("name_others")),
    )  # fmt: skip


def form_told(form: KindSchema) -> dict[str, Any]:
    """The form with its labels, so that what was frozen can be read without any other file."""
    return {
        "kind": form.kind,
        "label": form.label,
        "version": form.version,
        "variant": form.variant,
        "authority": form.authority,
        "sections": [
            {
                "name": section.name,
                "label": section.label,
                "fields": [
                    {"name": field.name, "label": field.label, "type": field.type,
                     "required": field.required}
                    for field in section.fields
                ],
            }
            for section in form.sections
        ],
    }  # fmt: skip
