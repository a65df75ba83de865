"""A reader's view of a contact, and which barred contact of a child a person may be."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
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
"""Fields that give a right to be informed: setting one needs the same permission."""

BY_A_PERSON = rules.BY_A_PERSON

RESTRICTED_PERSON: Final = "restricted_person"
"""The reason not to inform someone who is, by all that is known, a barred contact."""
BY_NAME, BY_REACH = "name", "reached"
KNOWN_BY: Final = ("name", "email", "phone")
"""The details by which someone is recognised wherever something is sent."""


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
        is_changed=is_other_person(contact),
    )


def is_other_person(contact: Contact) -> bool:
    """Whether others made it another person since safeguarding staff decided about it."""
    return rules.is_other_person(contact.confirmed or {}, contact.name, contact.kind)


def hard_mark(contact: Contact, today: date) -> str | None:
    """Everything that bars informing a contact, as contact and reasons; None without a bar.

    Unknown parental responsibility is no such bar, nor is an ended contact.
    """
    bars = marks_of(contact, today)
    return f"{contact.id}:{'+'.join(bars)}" if bars else None


def marks_of(contact: Contact, today: date) -> list[str]:
    """Each reason on its own, gravest first.

    A person's setting with a reason overrides an order, but never having caused harm.
    """
    decided = contact.may_be_told is True and not is_other_person(contact)
    if decided and not contact.alleged_source_of_harm:
        return []
    by_hand = [BY_A_PERSON] if contact.may_be_told is False else []
    return [*rules.hard_bars(_facts(contact, today), today), *by_hand]


def contact_record(
    contact: Contact, answer: rules.MayBeTold, actor: Actor, today: date, *, closed: Closed
) -> dict[str, Any]:
    """Build a whole contact, without its safeguarding side for those who do not read it.

    `answer` is whether they may be informed, judged among all contacts of the child.
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
            **_confirmed(contact),
        )  # fmt: skip
    return content


def _confirmed(contact: Contact) -> dict[str, datetime | None]:
    """When safeguarding staff confirmed the present email and phone; None if they did not."""
    known = contact.confirmed or {}
    return {
        f"{field}_confirmed_at": datetime.fromisoformat(known[field]["at"])
        if rules.is_confirmed(known, field, getattr(contact, field))
        else None
        for field in rules.REACHED_BY
    }


def _next_with(contact: Contact, actor: Actor, today: date, closed: Closed) -> list[str]:
    """List what the actor may do next with a contact.

    The bars of an ended contact can still be corrected: that writes to the file, so not while it is
    locked. In a frozen file contacts stay unchanged.
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
    """Someone to inform or record: as a contact of the child, or only by these facts.

    `told_apart`: a person who may safeguard has written, with a reason, that they may be informed:
    then a name alone does not match them to anyone else.
    """

    contact_id: UUID | None = None
    name: str | None = None
    emails: tuple[str | None, ...] = ()
    phone: str | None = None
    told_apart: bool = False

    @classmethod
    def written(cls, text: str | None) -> "Somebody":
        """The person a line names: by name, address or number."""
        return cls(name=text, emails=(text,), phone=text)


@dataclass(frozen=True, slots=True)
class Match:
    """A barred contact that someone may be; `mark` is the bar, `by` the evidence."""

    contact_id: UUID
    mark: str
    by: frozenset[str]


def restricted_match(somebody: Somebody, contacts: Iterable[Contact], today: date) -> list[Match]:
    """List every other barred contact of the child with this name or reach.

    Ended ones count too, as do a barred contact's earlier names and addresses. Bars of the contact
    itself are ignored.
    """
    items, contacts = [], list(contacts)
    same = one_person([somebody.contact_id], contacts)
    for contact in contacts:
        mark = hard_mark(contact, today) if contact.id != somebody.contact_id else None
        by = alike(somebody, contact) if mark is not None else frozenset[str]()
        if mark is not None and contact.id in same:
            by |= {BY_REACH}
        if mark is not None and by and not (by == {BY_NAME} and somebody.told_apart):
            items.append(Match(contact.id, mark, by))
    return items


def one_person(ids: Iterable[UUID | None], contacts: Collection[Contact]) -> frozenset[UUID]:
    """These contacts, and those that were merged with them: what is known of one is of all."""
    result = frozenset(id_ for id_ in ids if id_ is not None)
    pairs = [{item.id, item.merged_into} for item in contacts if item.merged_into is not None]
    while more := frozenset[UUID]().union(*(pair for pair in pairs if pair & result)) - result:
        result |= more
    return result


def alike(somebody: Somebody, contact: Contact) -> frozenset[str]:
    """How someone may be a contact: by name, or by where they are reached, today or earlier."""
    ways = ways_to(None, somebody.phone).union(*(ways_to(email) for email in somebody.emails))
    known = [{name: getattr(contact, name) for name in KNOWN_BY}, *contact.known_before]
    by = set()
    if somebody.name and any(same_name(item["name"], somebody.name) for item in known):
        by.add(BY_NAME)
    if any(not ways.isdisjoint(ways_to(item["email"], item["phone"])) for item in known):
        by.add(BY_REACH)
    return frozenset(by)


def as_somebody(contact: Contact, *emails: str | None) -> Somebody:
    """A contact, for comparison with others; `emails` are further addresses it is sent to."""
    return Somebody(
        contact.id, contact.name, (contact.email, *emails), contact.phone,
        told_apart=contact.may_be_told is True and not is_other_person(contact),
    )  # fmt: skip


def keep_known_before(contact: Contact, before: Mapping[str, Any]) -> None:
    """Keep a barred contact's earlier names and addresses: the bar covers those too."""
    was = {name: before.get(name, getattr(contact, name)) for name in KNOWN_BY}
    if was not in contact.known_before:
        contact.known_before = [*contact.known_before, was]


def may_be_told_among(contact: Contact, contacts: Iterable[Contact], today: date) -> MayBeTold:
    """Whether one of a child's contacts may be told, seen among all of them, and why."""
    verdict = may_be_told_of(contact, today)
    asked = verdict.value or verdict.code == rules.ENDED
    if asked and restricted_match(as_somebody(contact), contacts, today):
        return MayBeTold(False, True, RESTRICTED_PERSON)
    return verdict


def hard_marks(somebody: Somebody, contacts: Iterable[Contact], today: date) -> set[str]:
    """Everything that bars someone while a pathway is open, as themselves or as who they may be.

    Then no one person alone can distinguish namesakes.
    """
    contacts = list(contacts)
    own = {hard_mark(contact, today) for contact in contacts if contact.id == somebody.contact_id}
    matches = restricted_match(replace(somebody, told_apart=False), contacts, today)
    return {mark for mark in own if mark is not None} | {match.mark for match in matches}
