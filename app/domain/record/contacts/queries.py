"""What a reader sees of a contact, and who of a child's barred contacts a person may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor
from app.db.cards import picked
from app.db.models import Contact
from app.db.repositories.file_locks import Closed
from app.domain import policy
from app.domain.etags import etag
from app.domain.record.children.queries import P, allowed, has_ended, opens
from app.domain.record.children.rules import same_name, ways_to
from app.domain.record.contacts import rules
from app.domain.record.contacts.rules import MayBeTold

SAFEGUARDING = (
    "contact_allowed", "restriction", "court_orders", "alleged_source_of_harm", "may_be_told",
    "may_be_told_reason",
)  # fmt: skip
"""Fields of a contact that protect the child."""
GIVES_A_RIGHT = ("parental_responsibility",)
"""Fields that say who has a right to be told: to set one needs the same permission."""

BY_A_PERSON = rules.BY_A_PERSON

RESTRICTED_PERSON: Final = "restricted_person"
"""The reason not to tell somebody who is, by all that is known, a barred contact."""
ENDED: Final = "ended"
"""The reason not to tell somebody as a contact that was merged: the one who stays is asked."""
BY_NAME, BY_REACH = "name", "reached"
KNOWN_BY: Final = ("name", "email", "phone")
"""What somebody is known by wherever something is sent."""


def may_be_told_of(contact: Contact, today: date) -> rules.MayBeTold:
    """Whether a contact may be told about the child, and why."""
    return rules.may_be_told(_facts(contact, today), today)


def _facts(contact: Contact, today: date) -> rules.ContactFacts:
    return rules.ContactFacts(
        explicit=contact.may_be_told,
        explicit_reason=contact.may_be_told_reason,
        alleged_source_of_harm=contact.alleged_source_of_harm,
        contact_allowed=contact.contact_allowed,
        court_orders=contact.court_orders,
        parental_responsibility=contact.parental_responsibility,
        ended=has_ended(contact.valid_to, today),
    )


def hard_mark(contact: Contact, today: date) -> str | None:
    """Everything that bars a contact from being told, as contact and reasons; None where nothing.

    Not knowing who has parental responsibility bars nobody in this way, nor has an end done.
    """
    bars = marks_of(contact, today)
    return f"{contact.id}:{'+'.join(bars)}" if bars else None


def marks_of(contact: Contact, today: date) -> list[str]:
    """Each reason by itself, the gravest first.

    What a person set with a reason wins over an order, and never over having caused harm.
    """
    if contact.may_be_told is True and not contact.alleged_source_of_harm:
        return []
    by_hand = [BY_A_PERSON] if contact.may_be_told is False else []
    return [*rules.hard_bars(_facts(contact, today), today), *by_hand]


def contact_record(
    contact: Contact, answer: rules.MayBeTold, actor: Actor, today: date, *, closed: Closed
) -> dict[str, Any]:
    """A contact whole, without its safeguarding side for those who do not read it.

    `answer` says whether they may be told, seen among all contacts of the child.
    """
    content: dict[str, Any] = {
        **picked(
            contact, "id", "child_id", "kind", "name", "organisation", "email", "phone",
            "address", "language", "parental_responsibility", "lives_with", "is_parent",
            "priority", "source", "valid_from", "valid_to", "merged_into", "created_at",
            "changed_at",
        ),
        "etag": etag(contact.version),
        "permissions": _next_with(contact, actor, today, closed),
    }  # fmt: skip
    if opens(actor):
        content.update(
            contact_allowed=contact.contact_allowed,
            restriction=contact.restriction,
            court_orders=contact.court_orders,
            alleged_source_of_harm=contact.alleged_source_of_harm,
            may_be_told=answer.to_response(),
        )  # fmt: skip
    return content


def _next_with(contact: Contact, actor: Actor, today: date, closed: Closed) -> list[str]:
    """Of one who has ended, what bars them can still be put right: as all that safeguards does,

    that writes to the file, so not while it is locked. In a frozen one they stay as they are.
    """
    if closed.freezes():
        return []
    locked = closed.locked
    safeguards = policy.may(actor, P.CHILD_SAFEGUARD).allowed and not locked
    if not has_ended(contact.valid_to, today):
        is_restricted = locked and hard_mark(contact, today) is not None
        verbs = ["update_contact"] if is_restricted else ["update_contact", "end_contact"]
        return allowed(actor, P.CHILD_CHANGE, [*verbs, *(["merge_contact"] * safeguards)])
    again = ["unmerge_contact"] if contact.merged_into is not None else []
    return allowed(actor, P.CHILD_CHANGE, ["update_contact", *again] if safeguards else [])


# The one place that decides it, asked whenever contacts are written, and when something is
# approved or sent.
@dataclass(frozen=True, slots=True)
class Somebody:
    """Who is to be told or written down: as a contact of the child, or only by these facts.

    `told_apart` says that a person with the permission to safeguard has written, with a reason,
    that they may be told: then a name alone makes them nobody else's namesake.
    """

    contact_id: UUID | None = None
    name: str | None = None
    emails: tuple[str | None, ...] = ()
    phone: str | None = None
    told_apart: bool = False
    merged_into: UUID | None = None
    """The contact that stays, where two were merged: what bars the one bars the other."""

    @classmethod
    def written(cls, text: str | None) -> "Somebody":
        """The person a line names: by name, address or number."""
        return cls(name=text, emails=(text,), phone=text)


@dataclass(frozen=True, slots=True)
class Match:
    """A barred contact that somebody may be; `mark` is what bars them, `by` how it shows."""

    contact_id: UUID
    mark: str
    by: frozenset[str]


def restricted_match(somebody: Somebody, contacts: Iterable[Contact], today: date) -> list[Match]:
    """Every other barred contact of the child who has this name, or is reached there.

    Those who have ended count like the others, and so does what a barred contact was called and
    reached by before it was changed. What bars the contact itself is not looked at.
    """
    items = []
    for contact in contacts:
        mark = hard_mark(contact, today) if contact.id != somebody.contact_id else None
        by = alike(somebody, contact) if mark is not None else frozenset[str]()
        if mark is not None and _merged(somebody, contact):
            by |= {BY_REACH}
        if mark is not None and by and not (by == {BY_NAME} and somebody.told_apart):
            items.append(Match(contact.id, mark, by))
    return items


def _merged(somebody: Somebody, contact: Contact) -> bool:
    """Whether a person said that they are one, either way round."""
    if somebody.merged_into is not None and somebody.merged_into == contact.id:
        return True
    return contact.merged_into is not None and contact.merged_into == somebody.contact_id


def alike(somebody: Somebody, contact: Contact) -> frozenset[str]:
    """By what somebody may be a contact: the name, or where they are reached; today or before."""
    ways = ways_to(None, somebody.phone).union(*(ways_to(email) for email in somebody.emails))
    known = [{name: getattr(contact, name) for name in KNOWN_BY}, *contact.known_before]
    by = set()
    if somebody.name and any(same_name(item["name"], somebody.name) for item in known):
        by.add(BY_NAME)
    if any(not ways.isdisjoint(ways_to(item["email"], item["phone"])) for item in known):
        by.add(BY_REACH)
    return frozenset(by)


def as_somebody(contact: Contact, *emails: str | None) -> Somebody:
    """A contact as they are compared with others; `emails` are where it is sent besides."""
    return Somebody(
        contact.id, contact.name, (contact.email, *emails), contact.phone,
        told_apart=contact.may_be_told is True, merged_into=contact.merged_into,
    )  # fmt: skip


def keep_known_before(contact: Contact, before: Mapping[str, Any]) -> None:
    """Keep what a barred contact was called and reached by: the bar follows them there, too."""
    was = {name: before.get(name, getattr(contact, name)) for name in KNOWN_BY}
    if was not in contact.known_before:
        contact.known_before = [*contact.known_before, was]


def may_be_told_among(contact: Contact, contacts: Iterable[Contact], today: date) -> MayBeTold:
    """Whether one of a child's contacts may be told, seen among all of them, and why."""
    verdict = may_be_told_of(contact, today)
    if verdict.value and restricted_match(as_somebody(contact), contacts, today):
        return MayBeTold(False, True, RESTRICTED_PERSON)
    if verdict.value and contact.merged_into is not None:
        return MayBeTold(False, True, ENDED)
    return verdict


def hard_marks(somebody: Somebody, contacts: Iterable[Contact], today: date) -> set[str]:
    """Everything that bars somebody while a pathway is open, as themselves or as who they may be.

    Nobody alone tells namesakes apart then.
    """
    contacts = list(contacts)
    own = {hard_mark(contact, today) for contact in contacts if contact.id == somebody.contact_id}
    matches = restricted_match(replace(somebody, told_apart=False), contacts, today)
    return {mark for mark in own if mark is not None} | {match.mark for match in matches}
