"""The standard's files and columns: names, order, types, and how much this reader needs each.

Published column order of OneRoster CSV 1.1 and 1.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from app.formats.oneroster import cells, rows

R = TypeVar("R", bound=rows.Row)
Version = Literal["1.1", "1.2"]

FILES: Mapping[Version, tuple[str, ...]] = {
    "1.1": (
        "academicSessions", "categories", "classes", "classResources", "courses",
        "courseResources", "demographics", "enrollments", "lineItems", "orgs", "resources",
        "results", "users",
    ),
    "1.2": (
        "academicSessions", "categories", "classes", "classResources", "courses",
        "courseResources", "demographics", "enrollments", "lineItems",
        "lineItemLearningObjectiveIds", "lineItemScoreScales", "orgs", "resources", "results",
        "resultLearningObjectiveIds", "resultScoreScales", "roles", "scoreScales",
        "userProfiles", "userResources", "users",
    ),
}  # fmt: skip

FILE_ALIASES = {
    "enrolments": "enrollments",
    "organisations": "orgs",
    "sessions": "academicSessions",
}


class Need(Enum):
    """OPTIONAL may be blank; REQUIRED may not by the standard, yet the row is of use without it;
    ESSENTIAL makes the row useless when blank."""

    OPTIONAL = 0
    REQUIRED = 1
    ESSENTIAL = 2


OPTIONAL, REQUIRED, ESSENTIAL = Need


@dataclass(frozen=True, slots=True)
class Column:
    """`attr` is the field of the row, None for a column that is never read."""

    name: str
    attr: str | None = None
    read: cells.Reader = cells.text
    need: Need = Need.OPTIONAL
    blank: Any = None
    only: Version | None = None

    def expected_in(self, version: Version) -> bool:
        return self.only in (None, version)


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """One file. The fields of `row` are line, those of `columns` in this order, then extra.
    `aliases` maps older and misspelt headers, in the form of `plain_name`, to standard ones."""

    name: str
    row: Callable[..., R]
    columns: tuple[Column, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def plain_name(header: str) -> str:
    """A header reduced to what matters: `Given Name` and `given_name` are `givenname`."""
    return "".join(c for c in header.casefold() if c not in " _-\t\u00a0\ufeff")


def text(name: str, attr: str, need: Need = OPTIONAL, only: Version | None = None) -> Column:
    return Column(name, attr, cells.text, need, only=only)


def ref(name: str, attr: str, need: Need = OPTIONAL, only: Version | None = None) -> Column:
    return Column(name, attr, cells.guid, need, only=only)


def refs(name: str, attr: str, need: Need = OPTIONAL, only: Version | None = None) -> Column:
    return Column(name, attr, cells.guid_list, need, (), only)


def texts(name: str, attr: str) -> Column:
    return Column(name, attr, cells.text_list, blank=())


def day(name: str, attr: str, need: Need = OPTIONAL) -> Column:
    return Column(name, attr, cells.day, need)


def word(name: str, attr: str, words: str, need: Need, only: Version | None = None) -> Column:
    return Column(name, attr, cells.one_of(tuple(words.split()), {}), need, only=only)


COMMON = (
    Column("sourcedId", "sourced_id", cells.guid, ESSENTIAL),
    Column("status", "status", cells.status, blank="active"),
    Column("dateLastModified", "date_last_modified", cells.moment),
)
COMMON_ALIASES = {
    "id": "sourcedId",
    "guid": "sourcedId",
    "sourceid": "sourcedId",
    "datalastmodified": "dateLastModified",
    "datemodified": "dateLastModified",
}


def table(name: str, row: Callable[..., R], *columns: Column, **aliases: str) -> Table[R]:
    return Table(name, row, COMMON + columns, COMMON_ALIASES | aliases)


ORGS = table(
    "orgs",
    rows.OrgRow,
    text("name", "name", ESSENTIAL),
    word("type", "type", "department school district local state national", REQUIRED),
    text("identifier", "identifier"),
    ref("parentSourcedId", "parent_id"),
)

ACADEMIC_SESSIONS = table(
    "academicSessions",
    rows.AcademicSessionRow,
    text("title", "title", ESSENTIAL),
    word("type", "type", "gradingPeriod semester schoolYear term", REQUIRED),
    day("startDate", "start_date", ESSENTIAL),
    day("endDate", "end_date", ESSENTIAL),
    ref("parentSourcedId", "parent_id"),
    Column("schoolYear", "school_year", cells.year, REQUIRED),
)

COURSES = table(
    "courses",
    rows.CourseRow,
    ref("schoolYearSourcedId", "school_year_id"),
    text("title", "title", ESSENTIAL),
    text("courseCode", "course_code"),
    texts("grades", "grades"),
    ref("orgSourcedId", "org_id", REQUIRED),
    texts("subjects", "subjects"),
    texts("subjectCodes", "subject_codes"),
    grade="grades",
    schoolyearid="schoolYearSourcedId",
    schoolsourcedid="orgSourcedId",
)

CLASSES = table(
    "classes",
    rows.ClassRow,
    text("title", "title", ESSENTIAL),
    texts("grades", "grades"),
    ref("courseSourcedId", "course_id", REQUIRED),
    text("classCode", "class_code"),
    word("classType", "class_type", "homeroom scheduled", REQUIRED),
    text("location", "location"),
    ref("schoolSourcedId", "school_id", ESSENTIAL),
    refs("termSourcedIds", "term_ids", REQUIRED),
    texts("subjects", "subjects"),
    texts("subjectCodes", "subject_codes"),
    texts("periods", "periods"),
    grade="grades",
    orgsourcedid="schoolSourcedId",
    termsourcedid="termSourcedIds",
)

USERS = table(
    "users",
    rows.UserRow,
    Column("enabledUser", "enabled", cells.boolean, REQUIRED),
    refs("orgSourcedIds", "org_ids", REQUIRED, "1.1"),
    word(
        "role",
        "role",
        "administrator aide guardian parent proctor relative student teacher",
        ESSENTIAL,
        "1.1",
    ),
    text("username", "username", REQUIRED),
    Column("userIds", "user_ids", cells.user_ids, blank={}),
    text("givenName", "given_name", REQUIRED),
    text("familyName", "family_name", REQUIRED),
    text("middleName", "middle_name"),
    text("identifier", "identifier"),
    text("email", "email"),
    text("sms", "sms"),
    text("phone", "phone"),
    refs("agentSourcedIds", "agent_ids"),
    texts("grades", "grades"),
    Column("password"),
    text("userMasterIdentifier", "master_identifier", only="1.2"),
    text("preferredGivenName", "preferred_given_name", only="1.2"),
    text("preferredMiddleName", "preferred_middle_name", only="1.2"),
    text("preferredFamilyName", "preferred_family_name", only="1.2"),
    ref("primaryOrgSourcedId", "primary_org_id", only="1.2"),
    text("pronouns", "pronouns", only="1.2"),
    userid="userIds",
    agents="agentSourcedIds",
    agentids="agentSourcedIds",
    grade="grades",
    firstname="givenName",
    lastname="familyName",
    surname="familyName",
    orgsourcedid="orgSourcedIds",
    schoolsourcedids="orgSourcedIds",
    prefferedgivenname="preferredGivenName",
    prefferedmiddlename="preferredMiddleName",
    prefferedfamilyname="preferredFamilyName",
    preferredfirstname="preferredGivenName",
    preferredlastname="preferredFamilyName",
)

ROLES = table(
    "roles",
    rows.RoleRow,
    ref("userSourcedId", "user_id", ESSENTIAL),
    word("roleType", "role_type", "primary secondary", REQUIRED),
    word(
        "role",
        "role",
        "aide counselor districtAdministrator guardian parent principal proctor relative "
        "siteAdministrator student systemAdministrator teacher",
        ESSENTIAL,
    ),
    day("beginDate", "begin_date"),
    day("endDate", "end_date"),
    ref("orgSourcedId", "org_id", ESSENTIAL),
    ref("userProfileSourcedId", "user_profile_id"),
    userid="userSourcedId",
    startdate="beginDate",
)

ENROLLMENTS = table(
    "enrollments",
    rows.EnrollmentRow,
    ref("classSourcedId", "class_id", ESSENTIAL),
    ref("schoolSourcedId", "school_id", REQUIRED),
    ref("userSourcedId", "user_id", ESSENTIAL),
    word("role", "role", "administrator proctor student teacher", ESSENTIAL),
    Column("primary", "primary", cells.boolean),
    day("beginDate", "begin_date"),
    day("endDate", "end_date"),
    userid="userSourcedId",
    classid="classSourcedId",
    startdate="beginDate",
)

DEMOGRAPHICS = table(
    "demographics",
    rows.DemographicsRow,
    day("birthDate", "birth_date"),
    Column(
        "sex",
        "sex",
        cells.one_of(("male", "female", "unspecified", "other"), {"m": "male", "f": "female"}),
    ),
    Column("americanIndianOrAlaskaNative"),
    Column("asian"),
    Column("blackOrAfricanAmerican"),
    Column("nativeHawaiianOrOtherPacificIslander"),
    Column("white"),
    Column("demographicRaceTwoOrMoreRaces"),
    Column("hispanicOrLatinoEthnicity"),
    text("countryOfBirthCode", "country_of_birth"),
    text("stateOfBirthAbbreviation", "state_of_birth"),
    text("cityOfBirth", "city_of_birth"),
    Column("publicSchoolResidenceStatus"),
    usersourcedid="sourcedId",
    userid="sourcedId",
    gender="sex",
    dob="birthDate",
    dateofbirth="birthDate",
)

TABLES: tuple[Table[Any], ...] = (
    ORGS,
    ACADEMIC_SESSIONS,
    COURSES,
    CLASSES,
    USERS,
    ROLES,
    ENROLLMENTS,
    DEMOGRAPHICS,
)
