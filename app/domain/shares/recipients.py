"""Who a share is for: a contact of the child, a person at an agency, or a named professional."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.models import Agency, Contact, Share
from app.db.unit_of_work import UnitOfWork
from app.domain.access.sharing import agency_for
from app.domain.children.records import has_ended, told
from app.domain.errors import ContactNotFound, StateConflict
from app.domain.shares import rules


@dataclass(frozen=True, slots=True)
class RecipientWish:
    """`via` is contact, agency or professional; only what it needs is set."""

    via: str
    contact_id: UUID | None = None
    agency_id: UUID | None = None
    kind: str | None = None
    name: str | None = None
    job_title: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient whose records were found; `told` is kept with the share."""

    kind: str
    contact_id: UUID | None
    agency_id: UUID | None
    told: dict[str, Any]


async def recipient_for(work: UnitOfWork, child_id: UUID, wish: RecipientWish) -> Recipient:
    """The recipient. Raises `ContactNotFound`, `AgencyNotFound`, `StateConflict` (retired)."""
    if wish.via == "contact" and wish.contact_id is not None:
        return _contact(await _contact_for(work, child_id, wish.contact_id))
    if wish.via == "agency" and wish.agency_id is not None:
        agency = await agency_for(work, wish.agency_id, Permission.AGENCY_READ)
        if agency.retired_at is not None:
            raise StateConflict("This agency is retired.")
        return _at_agency(agency, wish)
    kind = wish.kind or "other"
    return Recipient(kind, None, None, _kept(wish, rules.audience_of_kind(kind)))


async def _contact_for(work: UnitOfWork, child_id: UUID, contact_id: UUID) -> Contact:
    contact = await work.children.find(Contact, contact_id)
    if contact is None or contact.child_id != child_id:
        raise ContactNotFound
    if has_ended(contact.valid_to, work.now.date()):
        raise ContactNotFound
    return contact


def _contact(contact: Contact) -> Recipient:
    kept = {
        "via": "contact",
        "name": contact.name,
        "job_title": None,
        "organisation": contact.organisation,
        "audience": rules.audience_of_contact(contact.kind),
    }
    return Recipient(rules.recipient_kind_of_contact(contact.kind), contact.id, None, kept)


def _at_agency(agency: Agency, wish: RecipientWish) -> Recipient:
    kept = {**_kept(wish, rules.PROFESSIONALS), "organisation": agency.name}
    return Recipient(agency.kind, None, agency.id, kept)


def _kept(wish: RecipientWish, audience: str) -> dict[str, Any]:
    return {
        "via": wish.via,
        "name": wish.name,
        "job_title": wish.job_title,
        "organisation": wish.organisation,
        "audience": audience,
    }


async def is_guarded(work: UnitOfWork, share: Share) -> bool:
    """Whether the recipient, as known today, calls for a second approver."""
    if share.contact_id is None:
        return False
    contact = await work.children.find(Contact, share.contact_id)
    assert contact is not None  # noqa: S101 - a foreign key says so
    verdict = told(contact, work.now.date())
    return rules.guarded(
        told=verdict.value,
        because=verdict.reason,
        alleged_source_of_harm=contact.alleged_source_of_harm,
        audience=share.recipient["audience"],
    )
