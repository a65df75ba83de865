"""Pure rules of a roster: the meaning of a row, its figures, and when a plan needs a person."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from app.core.ids import new_id
from app.core.words import Actor
from app.domain.errors import Conflict, Retry
from app.domain.exchange.imports.rules import ENDED, FILE_LOST
from app.formats.rosters.faults import FAULTS
from app.formats.rosters.problems import Problem, Report
from app.formats.rosters.rows import OrgRow
from app.formats.rosters.source import RosterSource
from app.formats.rosters.words import CONTACT_ROLES

FORMAT: Final = "unknown"
"""Format until the file has been read, and if it is unreadable."""
DEFAULT_SOURCE: Final = "oneroster"
SCHOOLS_OF_FILES: Final = UUID("3f0e6b0c-6f5d-5a53-9d0a-0d6f8f1f7c51")


LEAVER: Final = "leaver_to_look_at"
"""Why an import needs a lead, who knows which leaver it is."""

PLAN_ONLY: Final = "plan_only"
"""Why an import is held if only its plan was requested."""

NEEDS_PERSON: Final = "needs_person"
"""Reason that a program reads for every other hold: the true one may be about one pupil."""

LEAVING_PERCENT: Final = "roster_leaving_percent"
IDENTIFIER_PERCENT: Final = "roster_identifier_percent"
DEFAULT_PERCENT: Final = 10
"""Percentage of children on roll who leave, or of replaced identifiers, that a plan may reach.

Above it the plan is held. A school's settings may set another.
"""
ALWAYS_ALLOWED: Final = 5
"""Number of leavers or replaced identifiers that never holds a plan, for small schools."""

CHILD, STAFF, CONTACT, GONE, OTHER = "child", "staff", "contact", "gone", "other"
"""Kinds of staged rows. GONE rows are marked as deleted; OTHER rows are seen and not used."""

KIND_OF_ROLE: Final[Mapping[str, str]] = {
    "student": CHILD,
    "teacher": STAFF, "aide": STAFF, "administrator": STAFF, "counselor": STAFF,
    "principal": STAFF, "siteAdministrator": STAFF, "districtAdministrator": STAFF,
    "systemAdministrator": STAFF,
    "proctor": OTHER,
} | dict.fromkeys(CONTACT_ROLES, CONTACT)  # fmt: skip
CANONICAL: Final[Mapping[str, str]] = {
    "given": "given_name", "family": "family_name", "middle": "middle_name",
    "known_given": "known_given_name", "known_family": "known_family_name",
    "contact_kind": "relationship",
} | {
    name: name
    for name in (
        "date_of_birth", "sex", "year_group", "registration_group", "upn", "mis_id", "name",
        "email", "phone",
    )
}  # fmt: skip
"""Fields that rows are compared by, as senders name them: `docs/rosters.md` promises them."""
SEXES: Final[Mapping[str, str]] = {
    "female": "female",
    "male": "male",
    "unspecified": "not_known",
    "other": "not_known",
}

_AT_SOURCE: Final = "Correct it where it comes from, and send the file again."
_APPROVE: Final = "See its changes, and approve it if right."
SENTENCES: Final[Mapping[str, str]] = {
    "organisation_choice_needed": "The file has several schools: say which one is this school. "
    "`counts.organisations` lists them: send its `source_id` as `organisation_source_id`.",
    "organisation_unknown": "The file has no school with this sourcedId. `counts.organisations` "
    "lists those it has.",
    "nothing_to_import": "Cairn found no school with people in the file. Its problems say why.",
    "users_unreadable": "A file of people could not be read to its end, so nothing was changed.",
    "too_many_leavers": "The plan would end the enrolment of an unusual number of children. "
    f"{_APPROVE}",
    "too_many_identifiers": f"The plan would replace an unusual number of identifiers. {_APPROVE}",
    "too_many_accounts": f"The plan would replace unusually many accounts of pupils. {_APPROVE}",
    PLAN_ONLY: "Only the plan was asked for; approve the import to apply it.",
    NEEDS_PERSON: "A person of the school has to look at the plan first. A person approves it: a "
    "service key cannot.",
    "nobody_imported": "No pupil, member of staff or parent of the package belongs to this school, "
    "so nothing was changed. Check that the file is of this school.",
    LEAVER: "A lead has to look at a leaver first; it can be approved after that.",
    "failed": "The import could not be finished; nothing was changed. Send the file again.",
    FILE_LOST: "Cairn does not find the file that it stored; nothing was changed. If it does not "
    "come back, send it again: nothing was wrong with it.",
    "roster.trust_not_made": "The row is a trust or district, which an import neither makes nor "
    "changes: `cairn import roster --create-schools` founds schools in the trust of its people "
    "file.",
    "roster.urn_differs": "The URN of the row is not the one that this school has here, which an "
    "import never changes: check that the file is of this school, and correct the URN where it is "
    "wrong.",
    "roster.role_unknown": "The role is not one of a school; the person was not imported.",
    "roster.role_ended": "The role has ended, so it gives the person no place at the school.",
    "roster.upn_invalid": f"The UPN does not pass its check and was not kept. {_AT_SOURCE}",
    "roster.birth_date_unlikely": "The date of birth cannot be that of a pupil and was not kept. "
    f"{_AT_SOURCE}",
    "roster.identifier_twice": "Another row of the file has the same number; this one was left "
    "without it. Find out whose it is, and correct the other row where it comes from.",
    "roster.identifier_taken": "Another child of the school has this number; it was not added. "
    "Find out whose it is; two records of one pupil can be merged.",
    "roster.another_pupil": "The row has the id of a pupil here, but another given name, and "
    "another date of birth or UPN: it was left out, and changed nothing in that pupil's file. If "
    "they are two pupils, give this one another id; if they are one, correct the name or the date "
    "of birth here by hand, and send the file again.",
    "roster.account_twice": "Another pupil of the file has the same email address or user name, "
    f"so it was kept for neither. {_AT_SOURCE}",
    "roster.account_taken": "Another child of the school has this email address or user name; it "
    "was not added. Find out whose it is, and end it for the other child.",
    "roster.email_missing": "A member of staff has no usable email address and was left out. "
    f"{_AT_SOURCE}",
    "roster.contact_email": "The email address of a contact is not a plain one and was left out. "
    f"{_AT_SOURCE}",
    "roster.email_twice": "Another row of the file has the same email address; this one was "
    f"left out. {_AT_SOURCE}",
    "roster.email_differs": "The email address differs from the one used to sign in, which a "
    "roster never changes. If it is right, change the member of staff by hand.",
    "roster.staff_missing": "Members of staff are no longer in the file. If they have left, end "
    "their memberships by hand.",
    "roster.record_kept": "The record of this pupil is kept as it stands, so the row changed "
    "nothing in it: the pupil was merged with one of another row, which counts, or the school "
    "keeps it so.",
    "roster.leavers_not_ended": "Some rows could not be read, so nobody was taken for a leaver. "
    "Correct the rows with errors, and send the file again.",
}

YEAR: Final = re.compile(r"(?:(?:year|yr|y|grade)\.?\s*)?0*([0-9]{1,2})", re.IGNORECASE)
RECEPTION: Final = frozenset({"r", "rec", "reception", "year r"})
ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
ACCOUNT_CHARS: Final = 200
NAME_CHARS: Final = 300
SIGN_IN_TYPES: Final = frozenset(
    {"ldap", "ad", "active directory", "samaccountname", "userprincipalname", "azuread", "fed",
     "federated", "google", "microsoft", "email", "login", "username"}
)  # fmt: skip
EARLIEST_BIRTH: Final = date(1990, 1, 1)
SUMS: Final = 2**256

KINDS: Final[Mapping[str, str]] = {
    CHILD: "children",
    STAFF: "staff",
    CONTACT: "contacts",
    "enrolment": "enrolments",
}
FATES: Final = ("new", "changed", "unchanged", "left", "problems")


class LeaverNotLookedAt(Conflict):
    code = "leaver_not_looked_at"
    title = "A safeguarding lead has to check a leaver first."
    advice = "Ask a safeguarding lead: it is one of their tasks."
    retry = Retry.SAME


def goes_on(state: str, reason: str | None) -> bool:
    """Whether an import still has to be carried out, even if its file was lost and came back."""
    return state not in ENDED or reason == FILE_LOST


def school_id_of(source: str, source_id: str) -> UUID:
    """The id of a school that was made from a roster file: the same for the same row."""
    return uuid5(SCHOOLS_OF_FILES, f"{source}\n{source_id}")


@dataclass(slots=True)
class Shared:
    """A package's data about people at any school: birthday and sex, roles of parents."""

    today: date
    source: RosterSource
    until: date | None = None
    """First day after today on which the same package has another meaning."""
    born: dict[str, tuple[date | None, str | None]] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Parents and the like whose role is over."""
    schools: dict[str, str] = field(default_factory=dict)
    """The name of every school of the package, by its id."""
    at: dict[str, list[str]] = field(default_factory=dict)
    """The schools of each pupil, in a package of several."""
    by_id: bool = True
    """Whether the format gives a pupil an id of its own, beside numbers."""

    def has_come(self, day: date | None) -> bool:
        """Whether a day that the package names is here."""
        if day is None or day <= self.today:
            return day is not None
        if self.until is None or day < self.until:
            self.until = day
        return False


@dataclass(frozen=True, slots=True)
class School:
    """A school of the file."""

    source_id: str
    name: str
    urn: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """The school to import, or the code of why there is none, with the options."""

    school: School | None
    code: str | None = None
    options: tuple[School, ...] = ()
    only: bool = False
    """Whether the file has no other school, so that people without one belong here."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Size of a change: children on roll, leavers, and replaced identifiers.

    Replaced numbers, email addresses and user names count only if the source brought them before.
    """

    on_roll: int
    leaving: int
    identifiers: int
    identifiers_replaced: int
    accounts: int = 0
    accounts_replaced: int = 0


ABOVE_SCHOOLS: Final = frozenset({"district", "local", "state", "national"})


def districts_of(parsed: RosterSource) -> list[OrgRow]:
    """Organisations above the schools of a package, such as the trust."""
    return [org for org in parsed.orgs() if org.status == "active" and org.type in ABOVE_SCHOOLS]


def schools_of(parsed: RosterSource) -> list[School]:
    """The schools in a package; if none is marked as a school, its only organisation."""
    orgs = [org for org in parsed.orgs() if org.status == "active"]
    schools = [org for org in orgs if org.type == "school"] or orgs
    return [
        School(org.sourced_id, (org.name or "")[:NAME_CHARS], org.urn, org.line) for org in schools
    ]


def choose_school(schools: Sequence[School], wanted: str | None) -> Choice:
    """Choose this school in the file; never guess between several."""
    options = tuple(schools)
    if wanted is not None:
        result = next((school for school in options if school.source_id == wanted), None)
        code = None if result else "organisation_unknown"
        return Choice(result, code, () if result else options, only=len(options) == 1)
    if len(options) == 1:
        return Choice(options[0], only=True)
    code = "organisation_choice_needed" if options else "nothing_to_import"
    return Choice(None, code, options)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a plan needs a person's approval: how many, of how many, and the percentage allowed."""

    code: str
    number: int
    of: int
    percent: int


MANY_LEAVERS: Final = "too_many_leavers"
MANY_IDENTIFIERS: Final = "too_many_identifiers"
MANY_ACCOUNTS: Final = "too_many_accounts"
HOLDS: Final = frozenset({LEAVER, MANY_LEAVERS, MANY_IDENTIFIERS, MANY_ACCOUNTS})


def reason_told(actor: Actor, code: str | None) -> str | None:
    """Why an import is held or was refused, as the actor may know it."""
    return NEEDS_PERSON if code in HOLDS and actor.is_service else code


def leaves_many(holds: Iterable[Hold]) -> bool:
    """Whether so many leave that a hold reveals none of them."""
    return any(hold.code == MANY_LEAVERS for hold in holds)


def why_held(figures: Figures, settings: Mapping[str, Any]) -> list[Hold]:
    """Every reason to hold a plan; `settings` are the school's own."""
    leaving = settings.get(LEAVING_PERCENT, DEFAULT_PERCENT)
    replaced = settings.get(IDENTIFIER_PERCENT, DEFAULT_PERCENT)
    looked_at = (
        Hold(MANY_LEAVERS, figures.leaving, figures.on_roll, leaving),
        Hold(MANY_IDENTIFIERS, figures.identifiers_replaced, figures.identifiers, replaced),
        Hold(MANY_ACCOUNTS, figures.accounts_replaced, figures.accounts, replaced),
    )
    return [item for item in looked_at if _unusual(item)]


def _unusual(hold: Hold) -> bool:
    return hold.number > ALWAYS_ALLOWED and hold.number * 100 > hold.of * hold.percent


def brings_nobody(counts: Mapping[str, Any], *, complete: bool) -> bool:
    """Whether nobody in the package belongs to the school, even if everyone would leave for it."""
    kinds = [counts[KINDS[kind]] for kind in (CHILD, STAFF, CONTACT)]
    there = sum(item[fate] for item in kinds for fate in ("new", "changed", "unchanged"))
    gone = sum(item["left"] for item in kinds)
    return not there and (complete or not gone)


def year_group(grades: Sequence[str]) -> str | None:
    """The first grade: `07`, `Y7` and `Year 7` are 7, reception is R, other words stay."""
    if not grades:
        return None
    word = " ".join(grades[0].split())
    if match := YEAR.fullmatch(word):
        return match.group(1)
    return "R" if word.casefold() in RECEPTION else word[:60]


def full_name(*parts: str | None) -> str:
    """Names in one line."""
    return " ".join(part for part in parts if part)[:300]


def usable_address(text: str | None) -> str | None:
    """An email address fit to send to, or None."""
    return text if text and ADDRESS.fullmatch(text) else None


def accounts_of(
    email: str | None, username: str | None, user_ids: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """A pupil's accounts as (system, value), as an alert's subject is looked up.

    From `userIds`, only types used to sign in: an address counts as an email address, anything else
    as a user name.
    """
    result: dict[tuple[str, str], None] = {}
    if address := usable_address(_account(email)):
        result["email", address] = None
    signs_in_with = [value for kind, value in user_ids.items() if _account(kind) in SIGN_IN_TYPES]
    if name := _account(username):
        result["username", name] = None
    for value in filter(None, map(_account, signs_in_with)):
        result["email" if usable_address(value) else "username", value] = None
    return tuple(item for item in result if len(item[1]) <= ACCOUNT_CHARS)


def _account(text: str | None) -> str | None:
    return " ".join(text.split()).lower() if text else None


def sentence(code: str) -> str:
    """Meaning of a refusal or hold code; for a file's own codes, the remedy."""
    return SENTENCES.get(code) or " ".join(FAULTS[code])


def problem_of(
    source: RosterSource, file: str, line: int, code: str, column: str | None = None
) -> Problem:
    """A warning, with the file and column as they were sent."""
    sent, named = source.sent_as(file, column)
    return Problem(sent, line, named, code, "warning", sentence(code))


def chosen_role(roles: Iterable[str]) -> str | None:
    """The role that decides where a person has several: pupil, then staff, then parent."""
    ranked = (CHILD, STAFF, CONTACT, OTHER)
    known = [role for role in roles if role in KIND_OF_ROLE]
    return min(known, key=lambda role: ranked.index(KIND_OF_ROLE[role]), default=None)


def counted(
    rows: Iterable[Any],
    problems: Report,
    *,
    elsewhere: int,
    left_out: int,
) -> dict[str, Any]:
    """Counts by kind and fate.

    `elsewhere` counts people of other schools, parents of nobody here and leavers who are not here;
    `left_out` the rows that could not be read or are not used.
    """
    counts: dict[str, Any] = {kind: dict.fromkeys(FATES, 0) for kind in KINDS.values()}
    for row in rows:
        if row["fate"] == "elsewhere":
            elsewhere += row["number"]
        elif row["kind"] in KINDS and row["fate"] in FATES:
            counts[KINDS[row["kind"]]][row["fate"]] += row["number"]
    return {
        **counts,
        "elsewhere": elsewhere,
        "left_out": left_out,
        "errors": problems.errors,
        "warnings": problems.warnings,
    }


def by_year(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Children by year group, as counted; those without one come last."""
    result: dict[str | None, dict[str, Any]] = {}
    for row in rows:
        none = {"year_group": row["year_group"], "new": 0, "changed": 0, "unchanged": 0, "left": 0}
        result.setdefault(row["year_group"], none)[row["change"]] = row["number"]
    return list(result.values())


def listed(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The report of an import as saved."""
    return [
        {
            "id": str(new_id()),
            "position": position,
            "file": problem.file,
            "line": problem.line,
            "column_name": problem.column,
            "code": problem.code,
            "severity": problem.severity,
            "detail": problem.detail,
        }
        for position, problem in enumerate(problems, start=1)
    ]


def likely_birth_date(day: date | None, today: date) -> bool:
    """Whether someone born then can be a pupil."""
    return day is None or EARLIEST_BIRTH <= day <= today


def number_of(parts: Sequence[Any]) -> int:
    """A number below `SUMS` for some texts, to be summed in any order."""
    return int.from_bytes(hashlib.sha256(orjson.dumps(parts)).digest())


def row_hash(facts: Mapping[str, Any]) -> str:
    """SHA-256 of a row in its canonical form, which a sender can compute too."""
    row = {CANONICAL[name]: facts[name] for name in facts if name in CANONICAL and facts[name]}
    return hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()
