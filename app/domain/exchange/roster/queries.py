"""Reads of roster imports, and rows of a package that can be compared with the school."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.db.models import RosterImport
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import roster
from app.db.repositories.exchange.roster_staging import (
    StagedAccount,
    StagedAgent,
    StagedIdentifier,
    StagedPerson,
)
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.errors import RosterImportNotFound
from app.domain.record.children.rules import as_seen, name_tokens, plain_address, sort_name
from app.formats.identifiers import CheckedIdentifier, check_upn
from app.formats.rosters.problems import Problem
from app.formats.rosters.rows import UserRow
from app.formats.rosters.source import RosterSource
from app.formats.rosters.words import CONTACT_ROLES

BATCH = 2_000
NAME, WORD, NUMBER = 300, 100, 200

START: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A report is in the order of its positions, which stand in the cursor as its id."""
LAST_POSITION: Final = 2**31 - 1


@dataclass(slots=True)
class Batch:
    """Staged rows, and how many rows of the package were read so far."""

    people: list[StagedPerson] = field(default_factory=list)
    identifiers: list[StagedIdentifier] = field(default_factory=list)
    accounts: list[StagedAccount] = field(default_factory=list)
    agents: list[StagedAgent] = field(default_factory=list)
    done: int = 0


@dataclass(slots=True)
class Place:
    """Where a pupil sits: the first day of a class and the homeroom's title."""

    begins: date | None = None
    group: str | None = None


def schools_of(parsed: RosterSource) -> list[rules.School]:
    """The schools a package speaks of; where none calls itself a school, its only organisation."""
    orgs = [org for org in parsed.orgs() if org.status == "active"]
    schools = [org for org in orgs if org.type == "school"] or orgs
    return [rules.School(org.sourced_id, (org.name or "")[:NAME]) for org in schools]


class Staging:
    """Reads a package once, in the order its files refer to one another.

    `problems` holds what is wrong with a person beyond the format; `elsewhere` counts the people
    of other schools.
    """

    def __init__(
        self, parsed: RosterSource, school: rules.School, *, only: bool, today: date
    ) -> None:
        self._parsed, self._school, self._only, self._today = parsed, school.source_id, only, today
        self.problems: list[Problem] = []
        self.elsewhere = 0
        self._position = 0
        self._batch = Batch()
        self._places: dict[str, Place] = {}
        self._born: dict[str, tuple[date | None, str | None]] = {}
        self._roles: dict[str, list[str]] = {}
        self._ended: set[str] = set()

    def batches(self) -> Iterator[Batch]:
        """Everything, in batches fit for a progress bar."""
        done = self._parsed.sizes.get("orgs", 0)
        for step in (self._read_places, self._read_births, self._read_roles, self._read_users):
            for _ in step():
                done += 1
                if done % BATCH == 0:
                    yield self._take(done)
        yield self._take(done)

    def _take(self, done: int) -> Batch:
        taken, self._batch = self._batch, Batch()
        taken.done = done
        return taken

    def _read_places(self) -> Iterator[None]:
        homerooms: dict[str, str] = {}
        for room in self._parsed.classes():
            if room.class_type == "homeroom" and room.title and room.school_id == self._school:
                homerooms[room.sourced_id] = room.title[:WORD]
            yield
        for seat in self._parsed.enrollments():
            yield
            if seat.status != "active" or seat.role != "student" or not seat.user_id:
                continue
            if seat.school_id != self._school or _is_over(seat.end_date, self._today):
                continue
            place = self._places.setdefault(seat.user_id, Place())
            if seat.begin_date and (place.begins is None or seat.begin_date < place.begins):
                place.begins = seat.begin_date
            place.group = homerooms.get(seat.class_id or "", place.group)

    def _read_births(self) -> Iterator[None]:
        for row in self._parsed.demographics():
            yield
            if row.status == "active":
                born = row.birth_date
                if not rules.likely_birth_date(born, self._today):
                    self._problem("demographics.csv", row.line, "roster.birth_date_unlikely",
                                  "birthDate")  # fmt: skip
                    born = None
                self._born[row.sourced_id] = (born, rules.SEXES.get(row.sex or ""))

    def _read_roles(self) -> Iterator[None]:
        for row in self._parsed.roles():
            yield
            if row.status == "active" and row.user_id and row.role:
                here = (
                    row.org_id == self._school or rules.KIND_OF_ROLE.get(row.role) == rules.CONTACT
                )
                if here and _is_over(row.end_date, self._today):
                    self._ended.add(row.user_id)
                    self._problem("roles.csv", row.line, "roster.role_ended", "endDate")
                elif here:
                    self._roles.setdefault(row.user_id, []).append(row.role)

    def _read_users(self) -> Iterator[None]:
        for row in self._parsed.users():
            self._stage(row)
            yield

    def _stage(self, row: UserRow) -> None:
        if row.status != "active":
            self._add(row, rules.GONE)
            return
        role = self._role_of(row)
        kind = rules.KIND_OF_ROLE.get(role or "")
        if role is None and row.sourced_id in self._ended:
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
        return rules.chosen_role(self._roles.get(row.sourced_id, ()))

    def _is_here(self, row: UserRow) -> bool:
        if row.sourced_id in self._roles:
            return True
        return self._school in row.org_ids or (self._only and not row.org_ids)

    def _stage_child(self, row: UserRow) -> None:
        numbers = self._numbers(row)
        born, sex = self._born.get(row.sourced_id, (None, None))
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
        by_id = self._parsed.format in ("oneroster", "sds")
        numbers = [("oneroster", row.sourced_id)] if by_id else []
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
        hashed = {name: facts[name] for name in facts if name not in ("tokens", "begins")}
        packed = orjson.dumps([kind, numbers, hashed], option=orjson.OPT_SORT_KEYS)
        person = StagedPerson(
            self._position, row.line, kind, row.sourced_id, new_id(),
            hashlib.sha256(packed).hexdigest(), **facts,
        )  # fmt: skip
        self._batch.people.append(person)
        return self._position

    def _problem(self, file: str, line: int, code: str, column: str | None) -> None:
        self.problems.append(Problem(file, line, column, code, "warning", rules.sentence(code)))


def _is_over(end: date | None, today: date) -> bool:
    return end is not None and end <= today


def _cut(text: str | None, limit: int) -> str | None:
    return text[:limit] if text else None


def _phone(row: UserRow) -> str | None:
    return _cut(as_seen(row.phone or row.sms or ""), WORD)


async def list_imports(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """The school's imports, newest first."""
    rows = await roster.imports_of(reading.driver, reading.actor.school_id, asked)
    return page_of(
        rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=_from_row
    )


async def get_import(reading: Reading, import_id: UUID) -> tuple[dict[str, Any], int]:
    """One import and its version. Raises `RosterImportNotFound`."""
    row = await roster.import_of(reading.driver, reading.actor.school_id, import_id)
    if row is None:
        raise RosterImportNotFound
    return _from_row(row), row["version"]


async def list_problems(reading: Reading, import_id: UUID, asked: PageOf) -> Page[dict[str, Any]]:
    """What was wrong with a file, in the order it was found. Raises `RosterImportNotFound`."""
    school_id = reading.actor.school_id
    if await roster.import_of(reading.driver, school_id, import_id) is None:
        raise RosterImportNotFound
    behind = 0 if asked.after is None else min(asked.after.id.int, LAST_POSITION)
    rows = await roster.problems_of(reading.driver, school_id, import_id, behind, asked.fetch)
    return page_of(
        rows, asked, key=lambda row: Cursor(START, UUID(int=row["position"])), shape=dict
    )


def shown(row: RosterImport) -> dict[str, Any]:
    """An import as it is answered by the command that changed it."""
    names = (
        "id", "source", "format", "file_name", "organisation_source_id", "plan_only", "state",
        "done", "total", "counts", "held_because", "started_by", "created_at", "finished_at",
    )  # fmt: skip
    return _shaped({name: getattr(row, name) for name in names})


def _from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return _shaped({**row, "counts": orjson.loads(row["counts"])})


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    because = row.pop("held_because")
    row.pop("version", None)
    if not row["counts"]:
        del row["counts"]
    if because is not None:
        row["because"] = {"code": because, "detail": rules.sentence(because)}
    row["permissions"] = list(rules.STEPS.get(row["state"], ()))
    return row
