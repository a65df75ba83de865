"""What a roster says of one school: each row as it is staged, to be compared with what is there."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.core.ids import new_id
from app.db.repositories.exchange.roster_staging import (
    StagedAccount,
    StagedAgent,
    StagedIdentifier,
    StagedPerson,
)
from app.domain.exchange.roster import rules
from app.domain.record.children.rules import as_seen, name_tokens, plain_address, sort_name
from app.formats.identifiers import CheckedIdentifier, check_upn
from app.formats.rosters.problems import Problem
from app.formats.rosters.rows import ClassRow, EnrollmentRow, UserRow
from app.formats.rosters.words import CONTACT_ROLES

NAME, WORD, NUMBER = 300, 100, 200


@dataclass(slots=True)
class Batch:
    """Staged rows, and how many rows of the package were read so far."""

    people: list[StagedPerson] = field(default_factory=list)
    identifiers: list[StagedIdentifier] = field(default_factory=list)
    accounts: list[StagedAccount] = field(default_factory=list)
    agents: list[StagedAgent] = field(default_factory=list)
    done: int = 0


@dataclass(slots=True)
class Shared:
    """What a package says of people whatever their school: birthday and sex, roles of parents."""

    born: dict[str, tuple[date | None, str | None]] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Parents and the like whose role is over."""
    by_id: bool = True
    """Whether the format gives a pupil an id of its own, beside numbers."""


@dataclass(slots=True)
class Place:
    """Where a pupil sits: the first day of a class and the homeroom's title."""

    begins: date | None = None
    group: str | None = None


class Staging:
    """What a package says of one school.

    `problems` holds what is wrong with a person beyond the format; `elsewhere` counts the people
    of other schools.
    """

    def __init__(self, school: rules.School, *, only: bool, today: date, shared: Shared) -> None:
        self.school, self._only, self._today, self._shared = school.source_id, only, today, shared
        self.problems: list[Problem] = []
        self.elsewhere = 0
        self.offered = 0
        self._position = 0
        self._batch = Batch()
        self._places: dict[str, Place] = {}
        self._homerooms: dict[str, str] = {}
        self.roles: dict[str, list[str]] = {}
        self.ended: set[str] = set()

    def take(self, done: int) -> Batch:
        """What was staged since the last call."""
        taken, self._batch = self._batch, Batch()
        taken.done = done
        return taken

    def add_class(self, room: ClassRow) -> None:
        """A class of the school: homerooms give their pupils a group."""
        if room.class_type == "homeroom" and room.title:
            self._homerooms[room.sourced_id] = room.title[:WORD]

    def add_seat(self, seat: EnrollmentRow) -> None:
        """A place in a class of the school."""
        if seat.status != "active" or seat.role != "student" or not seat.user_id:
            return
        if is_over(seat.end_date, self._today):
            return
        place = self._places.setdefault(seat.user_id, Place())
        if seat.begin_date and (place.begins is None or seat.begin_date < place.begins):
            place.begins = seat.begin_date
        place.group = self._homerooms.get(seat.class_id or "", place.group)

    def add_user(self, row: UserRow) -> None:
        """A person who may be one of the school."""
        self.offered += 1
        self._stage(row)

    def _stage(self, row: UserRow) -> None:
        if row.status != "active":
            self._add(row, rules.GONE)
            return
        role = self._role_of(row)
        kind = rules.KIND_OF_ROLE.get(role or "")
        if role is None and row.sourced_id in self.ended | self._shared.ended:
            self._add(row, rules.GONE)
            return
        if role is None or (kind != rules.CONTACT and not self._is_here(row)):
            self.elsewhere += 1
            return
        if kind == rules.CHILD:
            self._stage_child(row)
        elif kind == rules.STAFF:
            self._stage_staff(row)
        elif kind == rules.CONTACT:
            self._add(
                row, kind, name=rules.full_name(row.given_name, row.family_name),
                email=self._contact_email(row), phone=_phone(row),
                contact_kind=CONTACT_ROLES[role],
            )  # fmt: skip
        else:
            if kind is None:
                self._problem("users.csv", row.line, "roster.role_unknown", "role")
            self._add(row, rules.OTHER)
        self._batch.agents.extend(StagedAgent(row.sourced_id, agent) for agent in row.agent_ids)

    def _contact_email(self, row: UserRow) -> str | None:
        """The address of a contact in the one form that is compared; what is none is left out."""
        found = plain_address(row.email) if row.email else None
        if row.email and found is None:
            self._problem("users.csv", row.line, "roster.contact_email", "email")
        return _cut(found, NAME)

    def _role_of(self, row: UserRow) -> str | None:
        """The role at this school; None for somebody who has none here."""
        if row.role is not None:
            return row.role
        parent = self._shared.parents.get(row.sourced_id, ())
        return rules.chosen_role((*self.roles.get(row.sourced_id, ()), *parent))

    def _is_here(self, row: UserRow) -> bool:
        if row.sourced_id in self.roles:
            return True
        return self.school in row.org_ids or (self._only and not row.org_ids)

    def _stage_child(self, row: UserRow) -> None:
        numbers = self._numbers(row)
        born, sex = self._shared.born.get(row.sourced_id, (None, None))
        place = self._places.get(row.sourced_id, Place())
        given, family = _cut(row.given_name, NAME) or "", _cut(row.family_name, NAME) or ""
        known = _cut(row.preferred_given_name, NAME), _cut(row.preferred_family_name, NAME)
        position = self._add(
            row, rules.CHILD, numbers,
            given=given,
            family=family,
            middle=_cut(row.middle_name, NAME),
            known_given=known[0],
            known_family=known[1],
            date_of_birth=born,
            sex=sex,
            year_group=rules.year_group(row.grades),
            registration_group=place.group,
            sort_name=sort_name(family, given),
            tokens=sorted(name_tokens(given, family, row.middle_name, *known)),
            begins=place.begins,
        )  # fmt: skip
        self._batch.identifiers.extend(
            StagedIdentifier(position, system, value) for system, value in numbers
        )
        accounts = rules.accounts_of(row.email, row.username, row.user_ids)
        self._batch.accounts.extend(StagedAccount(position, *account) for account in accounts)

    def _numbers(self, row: UserRow) -> tuple[tuple[str, str], ...]:
        """The row's own id, the UPN where one passes its check, and the sender's number."""
        numbers = [("oneroster", row.sourced_id)] if self._shared.by_id else []
        said = next((v for k, v in row.extra.items() if k.casefold() == "upn"), None)
        checked = check_upn(said or row.identifier or "")
        if isinstance(checked, CheckedIdentifier):
            numbers.append(("upn", checked.text))
        elif said:
            self._problem("users.csv", row.line, "roster.upn_invalid", "metadata.upn")
        if row.identifier and (said or not isinstance(checked, CheckedIdentifier)):
            numbers.append(("mis_id", row.identifier[:NUMBER]))
        return tuple(numbers)

    def _stage_staff(self, row: UserRow) -> None:
        email = rules.usable_address(row.email)
        if row.enabled is False or email is None:
            if row.enabled is not False:
                self._problem("users.csv", row.line, "roster.email_missing", "email")
            self._add(row, rules.OTHER)
            return
        given = row.preferred_given_name or row.given_name
        name = rules.full_name(given, row.preferred_family_name or row.family_name)
        self._add(row, rules.STAFF, name=name, email=email, phone=_phone(row))

    def _add(
        self, row: UserRow, kind: str, numbers: tuple[tuple[str, str], ...] = (), **facts: Any
    ) -> int:
        """Stage a person; answers the position."""
        self._position += 1
        person = StagedPerson(
            self._position, row.line, kind, row.sourced_id, new_id(),
            rules.row_hash(facts | dict(numbers)), **facts,
        )  # fmt: skip
        self._batch.people.append(person)
        return self._position

    def _problem(self, file: str, line: int, code: str, column: str | None) -> None:
        self.problems.append(problem_of(file, line, code, column))


def problem_of(file: str, line: int, code: str, column: str | None) -> Problem:
    """A warning about a row."""
    return Problem(file, line, column, code, "warning", rules.sentence(code))


def is_over(end: date | None, today: date) -> bool:
    """Whether a last day has come."""
    return end is not None and end <= today


def _cut(text: str | None, limit: int) -> str | None:
    return text[:limit] if text else None


def _phone(row: UserRow) -> str | None:
    return _cut(as_seen(row.phone or row.sms or ""), WORD)
