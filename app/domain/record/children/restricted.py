"""A bar is about a person, not a row: who of a child's barred contacts somebody may be.

The one place that decides it, asked whenever contacts are written, and when something is
approved or sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.db.models import Contact
from app.domain.record.children.matching import same_name, ways_to
from app.domain.record.children.records import hard_mark, told
from app.domain.record.children.rules import Told

RESTRICTED_PERSON: Final = "restricted_person"
"""The reason not to tell somebody who is, by all that is known, a barred contact."""
NAME, REACHED = "name", "reached"
KNOWN_BY: Final = ("name", "email", "phone")
"""What somebody is known by wherever something is sent."""


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
    found = []
    for one in contacts:
        mark = hard_mark(one, today) if one.id != somebody.contact_id else None
        by = _alike(somebody, one) if mark is not None else frozenset[str]()
        if mark is not None and by and not (by == {NAME} and somebody.told_apart):
            found.append(Match(one.id, mark, by))
    return found


def _alike(somebody: Somebody, barred: Contact) -> frozenset[str]:
    ways = ways_to(None, somebody.phone).union(*(ways_to(one) for one in somebody.emails))
    known = [{name: getattr(barred, name) for name in KNOWN_BY}, *barred.known_before]
    by = set()
    if somebody.name and any(same_name(one["name"], somebody.name) for one in known):
        by.add(NAME)
    if any(not ways.isdisjoint(ways_to(one["email"], one["phone"])) for one in known):
        by.add(REACHED)
    return frozenset(by)


def as_somebody(contact: Contact, *emails: str | None) -> Somebody:
    """A contact as they are compared with others; `emails` are where it is sent besides."""
    return Somebody(
        contact.id, contact.name, (contact.email, *emails), contact.phone,
        told_apart=contact.may_be_told is True,
    )  # fmt: skip


def keep_known_before(contact: Contact, before: Mapping[str, Any]) -> None:
    """Keep what a barred contact was called and reached by: the bar follows them there, too."""
    was = {name: before.get(name, getattr(contact, name)) for name in KNOWN_BY}
    if was not in contact.known_before:
        contact.known_before = [*contact.known_before, was]


def told_of(contact: Contact, contacts: Iterable[Contact], today: date) -> Told:
    """Whether one of a child's contacts may be told, seen among all of them, and why."""
    verdict = told(contact, today)
    if verdict.value and restricted_match(as_somebody(contact), contacts, today):
        return Told(False, True, RESTRICTED_PERSON)
    return verdict


def hard_marks(somebody: Somebody, contacts: Iterable[Contact], today: date) -> set[str]:
    """Everything that bars somebody while a pathway is open, as themselves or as who they may be.

    Nobody alone tells namesakes apart then.
    """
    contacts = list(contacts)
    own = {hard_mark(one, today) for one in contacts if one.id == somebody.contact_id}
    matches = restricted_match(replace(somebody, told_apart=False), contacts, today)
    return {mark for mark in own if mark is not None} | {match.mark for match in matches}
