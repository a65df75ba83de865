"""Rosters that are a list of pupils with their contacts, as rows in the words of OneRoster."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Protocol

from app.formats.rosters import rows
from app.formats.rosters.ids import IdSet
from app.formats.rosters.problems import Problem, ProblemLog

GROUPS = 5_000
ONE_DAY = timedelta(days=1)
FIELDS: Final[Mapping[str, str]] = {
    "birthDate": "date_of_birth",
    "endDate": "leaving_date",
    "identifier": "urn",
    "metadata.upn": "upn",
}
"""What a problem may be about, by OneRoster's columns."""


@dataclass(frozen=True, slots=True)
class School:
    """A school as the file names it. `id` is the file's own."""

    id: str
    name: str | None = None
    urn: str | None = None


@dataclass(frozen=True, slots=True)
class Adult:
    """A contact as a pupil's row names it. `key` tells it from the pupil's other contacts;

    `email_column` is where the row has the address.
    """

    key: str
    role: str
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    email_column: str = "email"


@dataclass(frozen=True, slots=True)
class Pupil:
    """`ends` is the last day at the school; `extra` holds numbers such as `upn`."""

    line: int
    id: str
    school: str
    given_name: str | None = None
    family_name: str | None = None
    middle_name: str | None = None
    known_given_name: str | None = None
    known_family_name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    year_group: str | None = None
    group: str | None = None
    begins: date | None = None
    ends: date | None = None
    identifier: str | None = None
    email: str | None = None
    username: str | None = None
    adults: tuple[Adult, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


class PupilReader(Protocol):
    """Reads a file as often as it is asked. `schools` and `cut_off` are known after a reading."""

    format: str
    version: str
    file: str
    complete: bool
    cut_off: bool
    schools: dict[str, School]

    def pupils(self, log: ProblemLog) -> Iterator[Pupil | None]:
        """Every pupil in order; None for a row that was left out, which the log then names."""

    def name_of(self, field: str) -> str:
        """What the file calls a field."""


class PupilRoster:
    """A `RosterSource` over a list of pupils: read once for its problems, then once for each of
    the files that OneRoster would have. A contact belongs to one pupil: nobody is merged."""

    def __init__(self, reader: PupilReader, log: ProblemLog) -> None:
        self._reader, self._log = reader, log
        self.skipped: Counter[str] = Counter()
        self.sizes: dict[str, int] = {}
        self._groups: dict[tuple[str, str], None] = {}
        sizes: Counter[str] = Counter()
        for pupil in self._pupils(log):
            sizes["users"] += 1
            if pupil is None:
                self.skipped["users"] += 1
                continue
            sizes["users"] += len(pupil.adults)
            sizes["demographics"] += _has_birth(pupil)
            sizes["enrollments"] += _has_seat(pupil)
            sizes["roles"] += pupil.ends is not None
            if pupil.group and len(self._groups) < GROUPS:
                self._groups[pupil.school, pupil.group] = None
        sizes["classes"] = len(self._groups)
        sizes["orgs"] = len(reader.schools)
        self.sizes = {name: size for name, size in sizes.items() if size}
        self.format, self.version = reader.format, reader.version
        self.complete, self.cut_off = reader.complete and not reader.cut_off, reader.cut_off

    @property
    def counts(self) -> Mapping[str, int]:
        """How often each code was met."""
        return self._log.counts

    def take_problems(self) -> list[Problem]:
        """What was found since the last call."""
        return self._log.take()

    def sent_as(self, file: str, column: str | None) -> tuple[str, str | None]:
        """The one file, and what it calls the field."""
        known = FIELDS.get(column or "")
        return self._reader.file, self._reader.name_of(known) if known else column

    def orgs(self) -> Iterator[rows.OrgRow]:
        """The schools of the file."""
        for school in self._reader.schools.values():
            yield rows.OrgRow(
                0, school.id, "active", None, school.name, "school", school.urn, None, {}
            )

    def classes(self) -> Iterator[rows.ClassRow]:
        """Registration groups."""
        for school, group in self._groups:
            yield rows.ClassRow(
                0, _group_id(school, group), "active", None, title=group, grades=(),
                course_id=None, class_code=None, class_type="homeroom", location=None,
                school_id=school, term_ids=(), subjects=(), subject_codes=(), periods=(), extra={},
            )  # fmt: skip

    def users(self) -> Iterator[rows.UserRow]:
        """Each pupil, followed by the contacts of that pupil."""
        for pupil in self._again():
            agents = tuple(_adult_id(pupil, adult) for adult in pupil.adults)
            yield _pupil_row(pupil, agents)
            for adult, adult_id in zip(pupil.adults, agents, strict=True):
                yield _adult_row(pupil, adult, adult_id)

    def roles(self) -> Iterator[rows.RoleRow]:
        """Of pupils whose last day is known: whether they have left is for the reader of this."""
        for pupil in self._again():
            if pupil.ends is not None:
                yield rows.RoleRow(
                    pupil.line, f"{pupil.id}/role", "active", None, pupil.id, "primary", "student",
                    pupil.begins, pupil.ends + ONE_DAY, pupil.school, None, {},
                )  # fmt: skip

    def enrollments(self) -> Iterator[rows.EnrollmentRow]:
        """A seat in the registration group, with the days of joining and leaving."""
        for pupil in self._again():
            if _has_seat(pupil):
                group = _group_id(pupil.school, pupil.group) if pupil.group else None
                ends = pupil.ends + ONE_DAY if pupil.ends else None
                yield rows.EnrollmentRow(
                    pupil.line, f"{pupil.id}/seat", "active", None, group, pupil.school, pupil.id,
                    "student", None, pupil.begins, ends, {},
                )  # fmt: skip

    def demographics(self) -> Iterator[rows.DemographicsRow]:
        """Birth dates and sexes."""
        for pupil in self._again():
            if _has_birth(pupil):
                yield rows.DemographicsRow(
                    pupil.line, pupil.id, "active", None, pupil.birth_date, pupil.sex, None, None,
                    None, {},
                )  # fmt: skip

    def _again(self) -> Iterator[Pupil]:
        for pupil in self._pupils(ProblemLog(strict=self._log.strict)):
            if pupil is not None:
                yield pupil

    def _pupils(self, log: ProblemLog) -> Iterator[Pupil | None]:
        seen = IdSet()
        for pupil in self._reader.pupils(log):
            if pupil is None or seen.add(pupil.id):
                yield pupil
            else:
                log.error(self._reader.file, "reference.duplicate_identifier", line=pupil.line)
                yield None


def _has_birth(pupil: Pupil) -> bool:
    return pupil.birth_date is not None or pupil.sex is not None


def _has_seat(pupil: Pupil) -> bool:
    return bool(pupil.group or pupil.begins or pupil.ends)


def _group_id(school: str, group: str) -> str:
    return f"{school}/{group}"


def _adult_id(pupil: Pupil, adult: Adult) -> str:
    """The same for the same contact of the same pupil, in whatever order they come."""
    return f"{pupil.id}/{hashlib.sha256(adult.key.encode()).hexdigest()[:24]}"


def _pupil_row(pupil: Pupil, agents: tuple[str, ...]) -> rows.UserRow:
    return rows.UserRow(
        pupil.line, pupil.id, "active", None,
        enabled=True,
        org_ids=(pupil.school,),
        role=None if pupil.ends else "student",
        username=pupil.username,
        user_ids={},
        given_name=pupil.given_name,
        family_name=pupil.family_name,
        middle_name=pupil.middle_name,
        identifier=pupil.identifier,
        email=pupil.email,
        sms=None,
        phone=None,
        agent_ids=agents,
        grades=(pupil.year_group,) if pupil.year_group else (),
        master_identifier=None,
        preferred_given_name=pupil.known_given_name,
        preferred_middle_name=None,
        preferred_family_name=pupil.known_family_name,
        primary_org_id=pupil.school,
        pronouns=None,
        extra=pupil.extra,
    )  # fmt: skip


def _adult_row(pupil: Pupil, adult: Adult, adult_id: str) -> rows.UserRow:
    return rows.UserRow(
        pupil.line, adult_id, "active", None,
        enabled=None,
        org_ids=(pupil.school,),
        role=adult.role,
        username=None,
        user_ids={},
        given_name=adult.given_name,
        family_name=adult.family_name,
        middle_name=None,
        identifier=None,
        email=adult.email,
        sms=None,
        phone=adult.phone,
        agent_ids=(pupil.id,),
        grades=(),
        master_identifier=None,
        preferred_given_name=None,
        preferred_middle_name=None,
        preferred_family_name=None,
        primary_org_id=None,
        pronouns=None,
        extra=adult.extra,
        email_column=adult.email_column,
    )  # fmt: skip
