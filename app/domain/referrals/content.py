"""Builds the bytes of a referral."""

from app.db.models import Agency, Referral
from app.db.unit_of_work import UnitOfWork
from app.domain.shares.content import Content, content_of, gather
from app.domain.shares.rules import PROFESSIONALS
from app.domain.shares.snapshots import Teller

FORMAT = "cairn-referral/1"


async def referral_content(work: UnitOfWork, referral: Referral) -> Content:
    """What the agency would get now: staff by name, other children by what they are.

    A named person can decide, with a reason, that the other children are named.
    """
    also = [referral.concern_id] if referral.concern_id else []
    writer = referral.drafted_by
    material = await gather(work, referral.child_id, referral.items, also=also, people=[writer])
    kept = referral.consent or {}
    teller = Teller(material, PROFESSIONALS, name_others=bool(kept.get("name_others")))
    agency = await work.sharing.find(Agency, referral.agency_id)
    assert agency is not None  # noqa: S101 - a foreign key says so
    content = {
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
        "items": [teller.item(item) for item in referral.items],
    }
    return content_of(material, referral.items, content)
