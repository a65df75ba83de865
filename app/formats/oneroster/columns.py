"""The standard's files and columns: names, order, types, and how much this reader needs each.

Published column order of OneRoster CSV 1.1 and 1.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

from app.formats.oneroster import cells
from app.formats.rosters import rows

R = TypeVar("R", bound=rows.Row)
Version = Literal["1.1", "1.2", "2.1"]
"""Of OneRoster; 2.1 is that of School Data Sync."""

FILES: Mapping[str, tuple[str, ...]] = {
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
STANDARD_NAMES: Mapping[str, str] = {
    name.casefold(): name for name in ("manifest", *FILES["1.1"], *FILES["1.2"])
} | FILE_ALIASES
"""What the files of a package may be called, in lower case."""


class Need(Enum):
    """OPTIONAL may be blank; REQUIRED may not by the standard, yet the row is of use without it;
    ESSENTIAL makes the row useless when blank."""

    OPTIONAL = 0
    REQUIRED = 1
    ESSENTIAL = 2


OPTIONAL, REQUIRED, ESSENTIAL = Need


@dataclass(frozen=True, slots=True)
class Column:
    """`attr` is the field of the row, None for a column that is never read. `lossy` keeps a row
    whose cell cannot be read. `target` names the file a reference leads to, `lost` the code where
    it leads nowhere."""

    name: str
    attr: str | None = None
    read: cells.Reader = cells.text
    need: Need = Need.OPTIONAL
    blank: Any = None
    only: Version | None = None
    lossy: bool = False
    target: str | None = None
    lost: str | None = None

    def expected_in(self, version: Version) -> bool:
        return self.only in (None, version)


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """One file. The fields of `row` are line, those of `columns` in this order, then extra.
    `aliases` maps older and misspelt headers, in the form of `plain_name`, to standard ones.
    `without_id` says that its rows have no id but what they say; `sparse` that columns which are
    not needed may be left out."""

    name: str
    row: Callable[..., R]
    columns: tuple[Column, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    without_id: bool = False
    sparse: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def plain_name(header: str) -> str:
    """A header reduced to what matters: `Given Name` and `given_name` are `givenname`."""
    return "".join(c for c in header.casefold() if c not in " _-\t\u00a0\ufeff")


def text(name: str, attr: str, need: Need = OPTIONAL, only: Version | None = None) -> Column:
    return Column(name, attr, cells.text, need, only=only)


LOST = {
    "orgs": "reference.unknown_org",
    "academicSessions": "reference.unknown_session",
    "courses": "reference.unknown_course",
    "classes": "reference.unknown_class",
    "users": "reference.unknown_user",
}


def ref(
    name: str, attr: str, need: Need = OPTIONAL, only: Version | None = None, *, to: str = ""
) -> Column:
    return Column(
        name, attr, cells.guid, need, only=only, target=to or None, lost=LOST.get(to)
    )  # fmt: skip


def refs(
    name: str, attr: str, need: Need = OPTIONAL, only: Version | None = None, *, to: str,
    lost: str | None = None,
) -> Column:  # fmt: skip
    return Column(
        name, attr, cells.guid_list, need, (), only, target=to, lost=lost or LOST[to]
    )  # fmt: skip


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
    ref("parentSourcedId", "parent_id", to="orgs"),
)

ACADEMIC_SESSIONS = table(
    "academicSessions",
    rows.AcademicSessionRow,
    text("title", "title", ESSENTIAL),
    word("type", "type", "gradingPeriod semester schoolYear term", REQUIRED),
    day("startDate", "start_date", ESSENTIAL),
    day("endDate", "end_date", ESSENTIAL),
    ref("parentSourcedId", "parent_id", to="academicSessions"),
    Column("schoolYear", "school_year", cells.year, REQUIRED),
)

COURSES = table(
    "courses",
    rows.CourseRow,
    ref("schoolYearSourcedId", "school_year_id", to="academicSessions"),
    text("title", "title", ESSENTIAL),
    text("courseCode", "course_code"),
    texts("grades", "grades"),
    ref("orgSourcedId", "org_id", REQUIRED, to="orgs"),
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
    ref("courseSourcedId", "course_id", REQUIRED, to="courses"),
    text("classCode", "class_code"),
    word("classType", "class_type", "homeroom scheduled", REQUIRED),
    text("location", "location"),
    ref("schoolSourcedId", "school_id", ESSENTIAL, to="orgs"),
    refs("termSourcedIds", "term_ids", REQUIRED, to="academicSessions"),
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
    refs("orgSourcedIds", "org_ids", REQUIRED, "1.1", to="orgs"),
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
    refs("agentSourcedIds", "agent_ids", to="users", lost="reference.unknown_agent"),
    Column("grades", "grades", cells.grades, blank=()),
    Column("password"),
    text("userMasterIdentifier", "master_identifier", only="1.2"),
    text("preferredGivenName", "preferred_given_name", only="1.2"),
    text("preferredMiddleName", "preferred_middle_name", only="1.2"),
    text("preferredFamilyName", "preferred_family_name", only="1.2"),
    ref("primaryOrgSourcedId", "primary_org_id", only="1.2", to="orgs"),
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
    ref("userSourcedId", "user_id", ESSENTIAL, to="users"),
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
    ref("orgSourcedId", "org_id", ESSENTIAL, to="orgs"),
    ref("userProfileSourcedId", "user_profile_id"),
    userid="userSourcedId",
    startdate="beginDate",
)

ENROLLMENTS = table(
    "enrollments",
    rows.EnrollmentRow,
    ref("classSourcedId", "class_id", ESSENTIAL, to="classes"),
    ref("schoolSourcedId", "school_id", REQUIRED, to="orgs"),
    ref("userSourcedId", "user_id", ESSENTIAL, to="users"),
    word("role", "role", "administrator proctor student teacher", ESSENTIAL),
    Column("primary", "primary", cells.boolean),
    day("beginDate", "begin_date"),
    day("endDate", "end_date"),
    userid="userSourcedId",
    classid="classSourcedId",
    startdate="beginDate",
)

DEMOGRAPHICS = Table(
    "demographics",
    rows.DemographicsRow,
    (
        replace(COMMON[0], target="users", lost="reference.orphan_demographics"),
        *COMMON[1:],
        Column("birthDate", "birth_date", cells.day, lossy=True),
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
    ),
    COMMON_ALIASES
    | {
        "usersourcedid": "sourcedId",
        "userid": "sourcedId",
        "gender": "sex",
        "dob": "birthDate",
        "dateofbirth": "birthDate",
    },
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

REFERRED_TO = tuple(LOST)
