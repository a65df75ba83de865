"""Recipients of a share: a contact of the child, a person at an agency, or a named professional."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.models import Contact, Share
from app.db.repositories.sharing.share_recipients import last_changes_of_reach
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access import errors, queries
from app.domain.access.share_access.queries import agency_for
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.record.children.queries import has_ended
from app.domain.record.children.rules import same_name
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.record.contacts.queries import (
    Somebody,
    alike,
    as_somebody,
    hard_mark,
    hard_marks,
    may_be_told_of,
    one_person,
    restricted_match,
)
from app.domain.record.contacts.rules import REACHED_BY, is_confirmed
from app.domain.sharing.parents_guards.queries import Home, home_of
from app.domain.sharing.parents_guards.rules import Guard, held, readable, reason_marks
from app.domain.sharing.parents_guards.rules import marks as marks_of
from app.domain.sharing.share_recipients import rules
from app.domain.sharing.share_recipients.schemas import (
    AgencyRecipientIn,
    ContactRecipientIn,
    ProfessionalRecipientIn,
    RecipientIn,
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Guards on telling the family a share is for; empty for other recipients."""

    home: Home | None = None
    guards: Sequence[Guard] = ()

    @property
    def is_held(self) -> bool:
        """Whether something is missing that two signatures cannot give."""
        return bool(held(self.guards, reason=True, second=True))

    def check(self, *, reason: bool) -> None:
        """Raise `ParentsGuarded` unless all is there but the two who sign."""
        if self.home is not None:
            self.home.check(self.guards, reason=reason, second=True)

    @property
    def marks(self) -> list[str]:
        """Marks that two people have to have seen."""
        return marks_of(self.guards)

    @property
    def reason_marks(self) -> list[str]:
        """Marks that one person has to have seen, with a reason."""
        return reason_marks(self.guards)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient whose records were found; `content` is saved with the share."""

    kind: str
    contact_id: UUID | None
    agency_id: UUID | None
    content: dict[str, Any]


async def recipient_for(work: UnitOfWork, child_id: UUID, chosen: RecipientIn) -> Recipient:
    """Find the recipient.

    Raises `ContactNotFound`, `AgencyNotFound`, `StateConflict` (retired), `ValidationFailed` (an
    unknown kind of professional).
    """
    if isinstance(chosen, ContactRecipientIn):
        return _contact(await _contact_for(work, child_id, chosen.contact_id))
    if isinstance(chosen, AgencyRecipientIn):
        agency = await agency_for(work, chosen.agency_id, Permission.AGENCY_READ)
        if agency.retired_at is not None:
            raise StateConflict("This agency is retired.")
        return Recipient(agency.kind, None, agency.id, _saved_columns(chosen, agency.name))
    if not rules.is_professional(chosen.kind):
        problem = FieldProblem(
            "/recipient/kind", "not_a_professional", "Choose family from the child's contacts."
        )
        raise ValidationFailed(problems=[problem])
    return Recipient(chosen.kind, None, None, _saved_columns(chosen, chosen.organisation))


async def _contact_for(work: UnitOfWork, child_id: UUID, contact_id: UUID) -> Contact:
    contact = await work.children.find(Contact, contact_id)
    if contact is None or contact.child_id != child_id:
        raise ContactNotFound
    if has_ended(contact.valid_to, work.today):
        raise ContactNotFound
    return contact


def _contact(contact: Contact) -> Recipient:
    content = {
        "via": "contact",
        "name": contact.name,
        "job_title": None,
        "organisation": contact.organisation,
        "audience": rules.audience_of_contact(contact.kind),
    }
    return Recipient(rules.recipient_kind_of_contact(contact.kind), contact.id, None, content)


def _saved_columns(
    chosen: AgencyRecipientIn | ProfessionalRecipientIn, organisation: str | None
) -> dict[str, Any]:
    return {
        "via": chosen.via,
        "name": chosen.name,
        "job_title": chosen.job_title,
        "organisation": organisation,
        "audience": rules.PROFESSIONALS,
    }


async def guard_marks(work: UnitOfWork, share: Share) -> tuple[list[str], Guarded]:
    """The recipient's present bars without a second approver, and the guards on telling home.

    A professional with the name of a contact of the child counts as that contact, and everyone as
    the barred contact they may be (`restricted_match`). Contact and reason: IDs and codes only.
    Raises `TellingBlocked` as `check_not_blocked`.
    """
    contacts, today = await work.children.contacts_of(share.child_id), work.today
    meant = _meant(contacts, share.contact_id, share.recipient["name"], None)
    await queries.check_not_blocked(work, share.child_id, hard_marks(meant, contacts, today))
    guarded = await _guarded(work, share, contacts, [meant])
    own = _contacts_meant(contacts, share, today)
    return _guards(contacts, own, meant, today), guarded


def _guards(
    contacts: Sequence[Contact], own: Sequence[Contact], meant: Somebody, today: date
) -> list[str]:
    bars = {_bar(item, today) for item in own}
    result = bars | {match.mark for match in restricted_match(meant, contacts, today)}
    return sorted(mark for mark in result if mark is not None)


@dataclass(frozen=True, slots=True)
class Judged:
    """Bars on sharing with one contact, before anything is drafted."""

    contact: Contact
    kind: str
    is_blocked: bool
    """No signature helps now: `check_not_blocked` refuses."""
    takes_two: bool
    """A bar, or a guard on telling home, that two people have to have seen."""
    family: Sequence[UUID]
    """Family members who learn of it when this contact does."""
    guards: Sequence[Guard]
    """Guards before any item is chosen; see `Home.of_item`."""


async def judged(
    work: UnitOfWork, child_id: UUID, contacts: Sequence[Contact], asked: Sequence[Contact],
    items: Collection[UUID],
) -> tuple[Home | None, list[Judged]]:  # fmt: skip
    """Ask the same questions as for a share of these items, about each contact in `asked`."""
    today, people = work.today, {item.id: as_somebody(item) for item in asked}
    hard = {id_: hard_marks(person, contacts, today) for id_, person in people.items()}
    blocked = await queries.blocked_among(work, child_id, hard)
    family = {id_: family_meant(contacts, [person]) for id_, person in people.items()}
    home = await home_of(work, child_id, items) if any(family.values()) else None
    result = []
    for item in asked:
        guards = home.before_items().guards_of(family[item.id]) if home else []
        bars = _guards(contacts, [item], people[item.id], today)
        kind = rules.recipient_kind_of_contact(item.kind)
        two = bool(bars or marks_of(readable(guards)))
        result.append(Judged(item, kind, item.id in blocked, two, family[item.id], guards))
    return home, result


def _meant(
    contacts: Sequence[Contact], contact_id: UUID | None, name: str | None, address: str | None
) -> Somebody:
    chosen = next((contact for contact in contacts if contact.id == contact_id), None)
    return as_somebody(chosen, address) if chosen else Somebody(None, name, (address,))


async def check_not_blocked(
    work: UnitOfWork, child_id: UUID, contact_id: UUID | None, name: str | None
) -> None:
    """Raise `TellingBlocked` if a pathway of the child is open and the recipient is barred.

    For every role, until there is a sharing exception. People with a barred contact's name or
    address count as that contact, also once the contact has ended.
    """
    contacts = await work.children.contacts_of(child_id)
    marks = hard_marks(_meant(contacts, contact_id, name, None), contacts, work.today)
    await queries.check_not_blocked(work, child_id, marks)


def family_meant(contacts: Iterable[Contact], meant: Sequence[Somebody]) -> list[UUID]:
    """Family contacts who are meant, were merged with one who is, or share a name or address."""
    contacts = list(contacts)
    same = one_person([who.contact_id for who in meant], contacts)
    return [
        contact.id
        for contact in contacts
        if rules.audience_of_contact(contact.kind) == rules.FAMILY
        and (contact.id in same or any(alike(who, contact) for who in meant))
    ]


async def contact_of(work: UnitOfWork, share: Share) -> Contact | None:
    """The contact a share is for; None if it is for someone else."""
    if share.contact_id is None:
        return None
    return await work.children.find(Contact, share.contact_id)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the contact of a share is reached, and what changed it last."""

    contact: Contact
    changes: Mapping[str, Any]

    @property
    def must_repeat(self) -> bool:
        """Whether the email changed, and nobody who safeguards has confirmed or used it since."""
        change = self.changes.get("email")
        if change is None or not self.contact.email or change["used"]:
            return False
        return not is_confirmed(self.contact.confirmed, "email", self.contact.email)

    def to_response(self) -> dict[str, Any]:
        """Each address in full with its history, and whether to repeat it at approval."""
        return {
            **{field: self._field(field) for field in REACHED_BY},
            "repeat_address": self.must_repeat,
        }

    def _field(self, field: str) -> dict[str, Any] | None:
        value, change = getattr(self.contact, field), self.changes.get(field)
        if value is None:
            return None
        known = is_confirmed(self.contact.confirmed, field, value)
        confirmed = self.contact.confirmed[field] if known else {}
        return {
            "value": value,
            "since": change["at"] if change else self.contact.created_at,
            "before": change["before"] if change else None,
            "changed_by": change["actor_name"] if change else None,
            "changed_by_role": change["actor_role"] if change else None,
            "confirmed_at": confirmed.get("at"),
        }


async def reach_of(work: UnitOfWork, share: Share, contact: Contact | None) -> Reach | None:
    """Where the `contact` of a share is reached; None for other recipients."""
    if contact is None:
        return None
    changes = await last_changes_of_reach(
        await work.driver(), work.actor.school_id, share.child_id, contact.id,
        rules.hash_of(contact.email),
    )  # fmt: skip
    return Reach(contact, changes)


async def kept_address(work: UnitOfWork, share: Share) -> str | None:
    """The saved email address of the contact a share is for."""
    contact = await contact_of(work, share)
    return contact.email if contact else None


def approvals_of(share: Share) -> list[rules.Approval]:
    """The approvals of a share as its rules see them."""
    return [
        rules.Approval(
            UUID(approval["by"]), approval["sha256"], frozenset(approval.get("guards", ()))
        )
        for approval in share.approvals
    ]


async def guards_of(work: UnitOfWork, share: Share) -> Guarded:
    """Guards on telling the family a share is for."""
    contacts = await work.children.contacts_of(share.child_id)
    meant = _meant(contacts, share.contact_id, share.recipient["name"], None)
    return await _guarded(work, share, contacts, [meant])


async def _guarded(
    work: UnitOfWork, share: Share, contacts: Sequence[Contact], meant: Sequence[Somebody],
    *, beside: bool = True,
) -> Guarded:  # fmt: skip
    """As `guards_of`, for the people it reaches.

    A professional with the name or the address of a family member counts as them. With `beside`,
    other concerns of the child and of siblings count like those that are shared.
    """
    result = family_meant(contacts, meant)
    if not result:
        return Guarded()
    home = await home_of(work, share.child_id, [UUID(item["id"]) for item in share.items],
                         beside=beside)  # fmt: skip
    return Guarded(home, home.guards_of(result))


async def is_barred(
    work: UnitOfWork, share: Share, address: str | None = None, *, to: str | None = None,
    refuse: bool = False, beside: bool = True,
) -> bool:  # fmt: skip
    """Whether the recipient may not be told now, and two people have not seen why.

    Also if `address` belongs to another person who may not be told, or it is handed `to` one. While
    a pathway of the child is open, no approval of the share counts: see `check_not_blocked`, whose
    error `refuse` raises. Guards on telling home are treated alike; if they need more than that,
    `refuse` raises `ParentsGuarded`.
    """
    contacts, today = await work.children.contacts_of(share.child_id), work.today
    people = [_meant(contacts, share.contact_id, share.recipient["name"], address)]
    people += [Somebody.written(to)] if to is not None else []
    hard = set[str]().union(*(hard_marks(person, contacts, today) for person in people))
    if await queries.blocked(work, share.child_id, hard):
        if refuse:
            raise errors.TellingBlocked
        return True
    guarded = await _guarded(work, share, contacts, people, beside=beside)
    if guarded.is_held:
        if refuse:
            guarded.check(reason=True)
        return True
    own = _contacts_meant(contacts, share, today)
    marks = {mark for person in people for mark in _guards(contacts, own, person, today)}
    return rules.guard_stands(
        sorted(marks | {*guarded.marks}), approvals_of(share), drafted_by=share.drafted_by,
        reasons=guarded.reason_marks,
    )  # fmt: skip


def _contacts_meant(contacts: Sequence[Contact], share: Share, today: date) -> list[Contact]:
    if share.contact_id is not None:
        return [contact for contact in contacts if contact.id == share.contact_id]
    name = share.recipient["name"]
    return [
        contact
        for contact in contacts
        if not has_ended(contact.valid_to, today)
        and hard_mark(contact, today) is None
        and same_name(contact.name, name)
    ]


def _bar(contact: Contact, today: date) -> str | None:
    """The bar on a contact who is meant; family need a known right to be told."""
    if (mark := hard_mark(contact, today)) is not None:
        return mark
    verdict = may_be_told_of(contact, today)
    needs_two = rules.guarded(
        may_be_told=verdict.value,
        reason=verdict.code,
        alleged_source_of_harm=contact.alleged_source_of_harm,
        audience=rules.audience_of_contact(contact.kind),
    )
    return f"{contact.id}:{verdict.code}" if needs_two else None
