"""Pure rules of cover: who is on duty on a day, and which days have nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.core.words import Permission, Rights
from app.domain.people.memberships.rules import is_live
from app.domain.policy import can_own

LONGEST = timedelta(days=366)
FIRST_CLASS = "K3"
"""The class in which every concern begins: people who stand in read it without another reason."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A person is lead or deputy from a day until the first day they are not."""

    person: UUID
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Away:
    """A person is away from a day until the first day back; names who stands in."""

    person: UUID
    valid_from: date
    valid_to: date
    covered_by: tuple[UUID, ...]


def stands_in(rights: Rights) -> bool:
    """Whether a role is enough to stand in for a lead: it reads new concerns and can own them."""
    reads = Permission.CONCERN_READ in rights.permissions and FIRST_CLASS in rights.classes
    return reads and can_own(rights, FIRST_CLASS)


def on_duty(team: Sequence[Spell], absences: Sequence[Away], day: date) -> dict[UUID, UUID | None]:
    """Find who is on duty for new concerns on a day, leads first, and who they stand in for."""
    away = [item for item in absences if is_live(item.valid_from, item.valid_to, day)]
    gone = {item.person for item in away}
    present = [
        item.person
        for item in team
        if is_live(item.valid_from, item.valid_to, day) and item.person not in gone
    ]
    result: dict[UUID, UUID | None] = dict.fromkeys(present)
    for absence in away:
        for person in absence.covered_by:
            if person not in gone:
                result.setdefault(person, absence.person)
    return result


def first_day_uncovered(
    team: Sequence[Spell], absences: Sequence[Away], first: date, end: date
) -> date | None:
    """Find the first day from `first` to before `end` with nobody on duty, or None."""
    for number in range((end - first).days):
        day = first + timedelta(days=number)
        if not on_duty(team, absences, day):
            return day
    return None
