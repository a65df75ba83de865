"""School Data Sync 2.1: OneRoster's files cut down, with roles and relationships of their own.

It has no manifest and never says that it is complete, so nobody leaves by a missing row; a role
that has ended ends somebody's place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.formats.oneroster import cells, columns
from app.formats.oneroster.builder import Known
from app.formats.oneroster.columns import (
    COMMON_ALIASES,
    ESSENTIAL,
    REQUIRED,
    Column,
    Table,
    Version,
    ref,
    refs,
    text,
)
from app.formats.oneroster.manifest import Manifest
from app.formats.oneroster.reader import Parsed
from app.formats.rosters import rows
from app.formats.rosters.bundles import Bundle, package_of
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.words import role_of_relationship

VERSION: Version = "2.1"
NAMES: Mapping[str, str] = {
    name.casefold(): name
    for name in (
        "academicSessions", "classes", "courses", "demographics", "enrollments", "orgs",
        "relationships", "roles", "users", "userFlags",
    )
}  # fmt: skip
OTHER_ROLES: Mapping[str, str] = {
    "professor": "teacher", "lecturer": "teacher", "faculty": "teacher", "instructor": "teacher",
    "adjunct": "teacher", "staff": "aide", "support": "aide", "paraprofessional": "aide",
    "teacher assistant": "aide",
}  # fmt: skip
"""Roles of School Data Sync that OneRoster has no word for."""

_COMMON = tuple(replace(column, only="1.1") for column in columns.COMMON[1:])
_WITH_ID = (columns.COMMON[0], *_COMMON)
_WITHOUT_ID = (Column("sourcedId", "sourced_id", only="1.1"), *_COMMON)


def _sds(name: str, row: Any, *own: Column, derived: bool = False) -> Table[Any]:
    common = _WITHOUT_ID if derived else _WITH_ID
    return Table(name, row, common + own, COMMON_ALIASES, without_id=derived, sparse=True)


def _head(values: tuple[Any, ...]) -> tuple[int, str, rows.Status, None]:
    line, sourced_id, status, _ = values[:4]
    return line, sourced_id, status, None


def _org(*values: Any) -> rows.OrgRow:
    name, kind, parent, extra = values[4:]
    return rows.OrgRow(*_head(values), name, kind, None, parent, extra)


def _class(*values: Any) -> rows.ClassRow:
    org, title, sessions, course, extra = values[4:]
    return rows.ClassRow(
        *_head(values), title, (), course, None, None, None, org, sessions, (), (), (), extra
    )


def _user(*values: Any) -> rows.UserRow:
    username, given, family, email, phone, sms, extra = values[4:]
    return rows.UserRow(
        *_head(values), True, (), None, username, {}, given, family, None, None, email, sms, phone,
        (), (), None, None, None, None, None, None, extra,
    )  # fmt: skip


def _role(*values: Any) -> rows.RoleRow:
    user, org, role, _session, grade, primary, begins, ends, extra = values[4:]
    facts = {**extra, "grade": grade[0]} if grade else extra
    kind = "primary" if primary else "secondary"
    return rows.RoleRow(*_head(values), user, kind, role, begins, ends, org, None, facts)


def _relationship(*values: Any) -> rows.RoleRow:
    """The related person's role; `user_profile_id` carries the student."""
    user, other, role, extra = values[4:]
    kind = role_of_relationship(role or "") or "relative"
    return rows.RoleRow(*_head(values), other, "primary", kind, None, None, None, user, extra)


def _seat(*values: Any) -> rows.EnrollmentRow:
    group, user, role, extra = values[4:]
    return rows.EnrollmentRow(*_head(values), group, None, user, role, None, None, None, extra)


def _born(*values: Any) -> rows.DemographicsRow:
    sex, birth, extra = values[4:]
    return rows.DemographicsRow(*_head(values), birth, sex, None, None, None, extra)


_ROLE_WORDS = cells.one_of(
    ("student", "teacher", "aide", "administrator", "principal", "counselor", "guardian", "parent",
     "relative", "proctor"),
    OTHER_ROLES,
)  # fmt: skip
ORG_TYPES = "department school district local state national college university"
ORGS = _sds(
    "orgs", _org, text("name", "name", ESSENTIAL),
    columns.word("type", "type", ORG_TYPES, REQUIRED),
    ref("parentSourcedId", "parent_id", to="orgs"),
)  # fmt: skip
CLASSES = _sds(
    "classes", _class, ref("orgSourcedId", "school_id", ESSENTIAL, to="orgs"),
    text("title", "title", ESSENTIAL),
    refs("sessionSourcedIds", "term_ids", to="academicSessions"),
    ref("courseSourcedId", "course_id", to="courses"),
)  # fmt: skip
USERS = _sds(
    "users", _user, text("username", "username"), text("givenName", "given_name"),
    text("familyName", "family_name"), Column("password"), Column("activeDirectoryMatchId"),
    text("email", "email"), text("phone", "phone"), text("sms", "sms"),
)  # fmt: skip
ROLES = _sds(
    "roles", _role, ref("userSourcedId", "user_id", ESSENTIAL, to="users"),
    ref("orgSourcedId", "org_id", ESSENTIAL, to="orgs"),
    Column("role", "role", _ROLE_WORDS, ESSENTIAL),
    ref("sessionSourcedId", "session_id", to="academicSessions"),
    Column("grade", "grade", cells.grades, blank=()), Column("isPrimary", "primary", cells.boolean),
    columns.day("roleStartDate", "begins"), columns.day("roleEndDate", "ends"),
    derived=True,
)  # fmt: skip
RELATIONSHIPS = _sds(
    "relationships", _relationship, ref("userSourcedId", "user", ESSENTIAL, to="users"),
    ref("relationshipUserSourcedId", "other", ESSENTIAL, to="users"),
    text("relationshipRole", "role"), derived=True,
)  # fmt: skip
ENROLLMENTS = _sds(
    "enrollments", _seat, ref("classSourcedId", "class_id", ESSENTIAL, to="classes"),
    ref("userSourcedId", "user_id", ESSENTIAL, to="users"),
    Column("role", "role", _ROLE_WORDS, ESSENTIAL), derived=True,
)  # fmt: skip
DEMOGRAPHICS = Table(
    "demographics", _born,
    (
        Column("userSourcedId", "sourced_id", cells.guid, ESSENTIAL, target="users",
               lost="reference.orphan_demographics"),
        *_COMMON,
        Column("sex", "sex", cells.one_of(("male", "female", "unspecified", "other"), {})),
        Column("birthDate", "birth_date", cells.day, lossy=True),
        Column("birthCity"), Column("birthState"), Column("birthCountry"),
        Column("ethnicityCodes"), Column("raceCodes"),
    ),
    sparse=True,
)  # fmt: skip
SESSIONS = _sds("academicSessions", rows.Row, *(Column(name) for name in (
    "title", "type", "schoolYear", "startDate", "endDate")))  # fmt: skip
COURSES = _sds("courses", rows.Row, *(Column(name) for name in (
    "orgSourcedId", "title", "code", "schoolYearSourcedId", "subject", "grade")))  # fmt: skip


class SdsRoster(Parsed):
    """A package of School Data Sync as a `RosterSource`."""

    format = "sds"
    tables = (
        ORGS, SESSIONS, COURSES, CLASSES, USERS, ROLES, RELATIONSHIPS, ENROLLMENTS, DEMOGRAPHICS,
    )  # fmt: skip

    @property
    def complete(self) -> bool:
        return False

    def orgs(self) -> Iterator[rows.OrgRow]:
        return self._rows(ORGS)

    def classes(self) -> Iterator[rows.ClassRow]:
        return self._rows(CLASSES)

    def users(self) -> Iterator[rows.UserRow]:
        """With the year group that a role gives, and with related people."""
        agents: dict[str, list[str]] = {}
        for item in self._rows(RELATIONSHIPS):
            agents.setdefault(item.user_profile_id or "", []).append(item.user_id or "")
        grades = {
            item.user_id: item.extra["grade"] for item in self._rows(ROLES) if "grade" in item.extra
        }
        for row in self._rows(USERS):
            grade = grades.get(row.sourced_id, "")
            yield replace(
                row,
                agent_ids=tuple(agents.get(row.sourced_id, ())),
                grades=(grade,) if grade else (),
            )

    def roles(self) -> Iterator[rows.RoleRow]:
        """Those of roles.csv, and what relationships.csv says of related people."""
        yield from self._rows(ROLES)
        for row in self._rows(RELATIONSHIPS):
            yield replace(row, user_profile_id=None)

    def enrollments(self) -> Iterator[rows.EnrollmentRow]:
        return self._rows(ENROLLMENTS)

    def demographics(self) -> Iterator[rows.DemographicsRow]:
        return self._rows(DEMOGRAPHICS)

    def _open_manifest(self) -> Manifest:
        return Manifest(version=VERSION)

    def _known(self, table: Table[Any]) -> Known:
        return replace(super()._known(table), tied=None)


def read_sds(bundle: Bundle, log: ProblemLog) -> SdsRoster:
    """Whatever is wrong becomes a problem, never an exception."""
    return SdsRoster(package_of(bundle, NAMES, log), log)
