"""Pure rules of founding: a school's first people, which school is meant, and differences."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.core.words import Role
from app.domain.errors import FieldProblem
from app.domain.people.schools.rules import name_key, normal_numbers, same_name

NEEDED: Final = (Role.SCHOOL_ADMIN, Role.DSL, Role.HEADTEACHER)
"""A school needs each of these to begin: to run it, read concerns and sign."""
FIRST: Final = (*NEEDED, Role.CHAIR_OF_GOVERNORS)
"""Roles that nobody in a new school could give; the school gives every other role itself."""
FACTS: Final = ("name", "urn", "laestab", "local_authority", "nation", "phone")
CALLED: Final[Mapping[Role, str]] = {
    Role.SCHOOL_ADMIN: "administrator",
    Role.DSL: "safeguarding lead",
    Role.HEADTEACHER: "headteacher",
}


class SaidPerson(Protocol):
    """A person as given in a file or a request."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def roles(self) -> Sequence[str]: ...


class SaidOrganisation(Protocol):
    """A trust or a school as given in a file or a request."""

    @property
    def name(self) -> str: ...
    @property
    def people(self) -> Sequence[SaidPerson]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a file and Cairn that a person has to resolve."""

    what: str
    in_cairn: str | None
    in_file: str | None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The matching school of a trust, or why a person has to choose one."""

    school: Mapping[str, Any] | None = None
    held: Difference | None = None


def missing(people: Iterable[SaidPerson], needed: Sequence[Role] = NEEDED) -> list[Role]:
    """Needed roles that none of these people has."""
    held = {role for person in people for role in person.roles}
    return [role for role in needed if role.value not in held]


def named(roles: Sequence[Role]) -> str:
    """Such as `administrator, headteacher`."""
    return ", ".join(CALLED[role] for role in roles)


def missing_problems(
    people: Iterable[SaidPerson], pointer: str, needed: Sequence[Role] = NEEDED
) -> list[FieldProblem]:
    """Errors for needed roles that a new organisation lacks, each with a remedy."""
    lacking = missing(people, needed)
    if not lacking:
        return []
    codes = " and ".join(role.value for role in lacking)
    text = f"It has no {named(lacking)}. Name a person with the role {codes}."
    return [FieldProblem(pointer, "person_missing", text)]


def problems_of(organisations: Mapping[str, SaidOrganisation]) -> list[FieldProblem]:
    """Errors about the people of several organisations, each under its pointer."""
    names: dict[str, str] = {}
    problems: list[FieldProblem] = []
    for pointer, organisation in organisations.items():
        here: set[str] = set()
        for number, person in enumerate(organisation.people):
            inner, email = f"{pointer}/people/{number}", person.email.casefold()
            if not same_name(names.setdefault(email, person.name), person.name):
                text = (
                    "This address has another name elsewhere. Each address is one person: give "
                    "each their own, or write the name the same way."
                )
                problems.append(FieldProblem(f"{inner}/name", "email_two_names", text))
            elif email in here:
                text = "This person is in this organisation twice. List their roles in one place."
                problems.append(FieldProblem(f"{inner}/email", "person_twice", text))
            here.add(email)
    return problems


def number_problems(facts: Mapping[str, str | None], pointer: str) -> list[FieldProblem]:
    """Errors in a school's official numbers."""
    given = {name: facts[name] for name in ("urn", "laestab") if facts.get(name) is not None}
    return [
        FieldProblem(pointer + item.pointer, item.code, item.detail)
        for item in normal_numbers(given)[1]
    ]


def doubles(schools: Sequence[Mapping[str, Any]], pointer: str) -> Iterator[FieldProblem]:
    """Errors for schools of one file that share a name or a number."""
    for name in ("name", "urn", "laestab"):
        seen: Counter[str] = Counter()
        for number, school in enumerate(schools):
            value = school.get(name)
            if value is None:
                continue
            key = name_key(value) if name == "name" else "".join(filter(str.isdigit, value))
            seen[key] += 1
            if seen[key] > 1:
                text = "Another school in the file has the same one. Give each its own."
                yield FieldProblem(f"{pointer}/{number}/{name}", "school_twice", text)


def match(siblings: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> Match:
    """Find the matching school of the trust: by URN, or by name if either has no URN."""
    urn = facts.get("urn")
    for school in siblings:
        if urn is not None and school["urn"] == urn:
            return Match(school)
    for school in siblings:
        if same_name(school["name"], facts["name"]):
            if urn is None or school["urn"] is None:
                return Match(school)
            return Match(held=Difference("urn", school["urn"], urn))
    return Match()


def to_fill(here: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts in a file that Cairn lacks about a school."""
    return {
        name: facts[name] for name in FACTS if facts.get(name) is not None and here[name] is None
    }


def differences(here: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Difference]:
    """Facts in a file that differ from Cairn's about a school."""
    return [
        Difference(name, here[name], facts[name])
        for name in FACTS
        if facts.get(name) is not None and here[name] not in (None, facts[name])
    ]
