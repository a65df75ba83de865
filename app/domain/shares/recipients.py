"""Who a share is for: a contact of the child, a person at an agency, or a named professional."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.models import Agency, Contact, Share
from app.db.unit_of_work import UnitOfWork
from app.domain.access.sharing import agency_for
from app.domain.children.records import has_ended, told
from app.domain.errors import ContactNotFound, FieldProblem, StateConflict, ValidationFailed
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
    """The recipient. Raises `ContactNotFound`, `AgencyNotFound`, `StateConflict` (retired),

    `ValidationFailed` (a professional of a kind that is none).
    """
    if wish.via == "contact" and wish.contact_id is not None:
        return _contact(await _contact_for(work, child_id, wish.contact_id))
    if wish.via == "agency" and wish.agency_id is not None:
        agency = await agency_for(work, wish.agency_id, Permission.AGENCY_READ)
        if agency.retired_at is not None:
            raise StateConflict("This agency is retired.")
        return _at_agency(agency, wish)
    if wish.kind is None or not rules.is_professional(wish.kind):
        problem = FieldProblem(
            "/recipient/kind", "not_a_professional", "Family are chosen from the child's contacts."
        )
        raise ValidationFailed(problems=[problem])
    return Recipient(wish.kind, None, None, _kept(wish))


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
    kept = {**_kept(wish), "organisation": agency.name}
    return Recipient(agency.kind, None, agency.id, kept)


def _kept(wish: RecipientWish) -> dict[str, Any]:
    return {
        "via": wish.via,
        "name": wish.name,
        "job_title": wish.job_title,
        "organisation": wish.organisation,
        "audience": rules.PROFESSIONALS,
    }


async def is_guarded(work: UnitOfWork, share: Share) -> bool:
    """Whether the recipient, as known today, calls for a second approver.

    Somebody with the name of a contact of the child counts as that contact.
    """
    today = work.now.date()
    return any(_is_barred(one, today) for one in await _contacts_meant(work, share, today))


async def _contacts_meant(work: UnitOfWork, share: Share, today: date) -> list[Contact]:
    contacts = await work.children.contacts_of(share.child_id)
    if share.contact_id is not None:
        return [one for one in contacts if one.id == share.contact_id]
    name = share.recipient["name"]
    return [
        one
        for one in contacts
        if not has_ended(one.valid_to, today) and rules.same_name(one.name, name)
    ]


def _is_barred(contact: Contact, today: date) -> bool:
    verdict = told(contact, today)
    return rules.guarded(
        told=verdict.value,
        because=verdict.reason,
        alleged_source_of_harm=contact.alleged_source_of_harm,
        audience=rules.audience_of_contact(contact.kind),
    )
