"""Found organisations from a file: first a plan, then the trust and each school."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.schemas import given
from app.core.words import Actor, Permission, Role
from app.db.models import Organisation, Staff
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.foundings import rules
from app.domain.people.foundings.errors import TrustUnclear
from app.domain.people.foundings.rules import Difference
from app.domain.people.foundings.schemas import (
    FilePersonIn,
    FileSchoolIn,
    FileTrustIn,
    FoundingIn,
    SchoolFactsIn,
)
from app.domain.people.memberships.commands import add_membership
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.people.schools.commands import (
    CreateSchool,
    FirstPerson,
    create_school,
    same_school,
    update_school,
)
from app.domain.people.schools.rules import normal_numbers, same_name
from app.domain.people.staff.commands import add_staff

CREATED, ADDED, UNCHANGED, HELD = "created", "added", "unchanged", "held"


@dataclass(frozen=True, slots=True)
class Added:
    """Someone invited, or given further roles."""

    email: str
    name: str
    roles: Sequence[str]


@dataclass(slots=True)
class Founded:
    """Result for one organisation of a file.

    `created`; `added` to; `unchanged`; or `held`, with nothing done until a person has resolved the
    difference.
    """

    kind: str
    name: str
    id: UUID | None = None
    state: str = UNCHANGED
    filled: list[str] = field(default_factory=list)
    """Facts that Cairn had not."""
    added: list[Added] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """Whether the work is done or only planned, and the ids that new schools get, by name."""

    apply: bool
    ids: Mapping[str, UUID] = field(default_factory=dict)


async def plan_founding(database: Database, command: FoundingIn) -> list[Founded]:
    """Plan the effects of a file without changing anything.

    Raises `ValidationFailed`, `TrustUnclear`.
    """
    if problems := _problems_of(command):
        raise ValidationFailed(problems=problems)
    step = Step(apply=False)
    async with open_work(database, Actor.system(NIL)) as work:
        trust = await _trust(work, command.trust, step)
        items = [await _school(work, school, trust.id, step) for school in command.schools]
    problems = _without_head(command, [trust, *items])
    if problems:
        raise ValidationFailed(problems=problems)
    return [trust, *items]


async def found_organisations(
    database: Database, command: FoundingIn, ids: Mapping[str, UUID] | None = None
) -> AsyncIterator[Founded]:
    """Carry out what `plan_founding` allowed, each organisation in one transaction.

    Organisations that others founded meanwhile are found and added to.
    """
    step = Step(apply=True, ids=ids or {})
    async with open_work(database, Actor.system(NIL)) as work:
        await work.organisations.hold_founding()
        trust = await _trust(work, command.trust, step)
    yield trust
    for school in command.schools:
        async with open_work(database, Actor.system(trust.id or NIL)) as work:
            item = await _school(work, school, trust.id, step)
        yield item


def _problems_of(command: FoundingIn) -> list[FieldProblem]:
    """Errors within a file, whatever Cairn already holds."""
    organisations: dict[str, rules.SaidOrganisation] = {"/trust": command.trust}
    organisations |= {f"/schools/{number}": item for number, item in enumerate(command.schools)}
    facts = [given(school, but_not=("people",)) for school in command.schools]
    problems = [*rules.problems_of(organisations), *rules.doubles(facts, "/schools")]
    for number, school in enumerate(facts):
        problems += rules.number_problems(school, f"/schools/{number}")
    return problems


def _without_head(command: FoundingIn, planned: Sequence[Founded]) -> list[FieldProblem]:
    """Find new organisations that nobody could run."""
    problems: list[FieldProblem] = []
    trust, *schools = planned
    if trust.state == CREATED:
        problems += rules.missing_problems(command.trust.people, "/trust", (Role.SCHOOL_ADMIN,))
    for number, (school, plan) in enumerate(zip(command.schools, schools, strict=True)):
        if plan.state == CREATED:
            problems += rules.missing_problems(school.people, f"/schools/{number}")
    return problems


async def find_trust(work: UnitOfWork, name: str) -> Organisation | None:
    """The trust of this name, with the work scoped to it. Raises `TrustUnclear`.

    For the operator: no scope shows every organisation, so each is asked for its own name.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    same: list[UUID] = []
    for organisation_id in await work.organisations.everywhere():
        await work.rescope(Actor.system(organisation_id))
        own = await work.organisations.own()
        if own is not None and own.kind == "trust" and same_name(own.name, name):
            same.append(own.id)
    if len(same) > 1:
        raise TrustUnclear
    if not same:
        return None
    await work.rescope(Actor.system(same[0]))
    return await work.organisations.own()


async def _trust(work: UnitOfWork, file_trust_in: FileTrustIn, step: Step) -> Founded:
    trust = await find_trust(work, file_trust_in.name)
    if trust is not None:
        return await _compare(work, trust, file_trust_in, {"name": file_trust_in.name}, step)
    trust_id = new_id() if step.apply else None
    if trust_id is not None:
        await work.rescope(Actor.system(trust_id))
        await create_school(
            work, CreateSchool(file_trust_in.name, _first(file_trust_in.people), "trust")
        )
    return Founded(
        "trust", file_trust_in.name, trust_id, CREATED, added=_all_of(file_trust_in.people)
    )


async def _school(
    work: UnitOfWork, file_school_in: FileSchoolIn, trust_id: UUID | None, step: Step
) -> Founded:
    facts = facts_of(file_school_in)
    command = CreateSchool(
        file_school_in.name, _first(file_school_in.people), "school", trust_id,
        {name: value for name, value in facts.items() if name != "name"},
    )  # fmt: skip
    meant = rules.Match()
    if trust_id is not None:
        await work.rescope(Actor.system(trust_id))
        if step.apply:
            await work.organisations.lock_own()
        siblings = {school.id: school for school in await work.organisations.schools()}
        meant = rules.match([_facts_of(sibling) for sibling in siblings.values()], facts)
    if meant.school is not None:
        await work.rescope(Actor.system(meant.school["id"]))
        return await _compare(work, siblings[meant.school["id"]], file_school_in, facts, step)
    held = meant.held or await _elsewhere(work, command)
    if held is not None:
        return Founded("school", file_school_in.name, state=HELD, differences=[held])
    school_id = step.ids.get(file_school_in.name) or new_id()
    if step.apply:
        await work.rescope(Actor.system(school_id))
        await create_school(work, command)
    new = Founded("school", file_school_in.name, school_id if step.apply else None, CREATED)
    new.added = _all_of(file_school_in.people)
    return new


def facts_of(school_facts_in: SchoolFactsIn) -> dict[str, Any]:
    """Facts given about a school, with its numbers in normal form."""
    facts = given(school_facts_in, but_not=("people",))
    return {**facts, **normal_numbers(facts)[0]}


def _facts_of(school: Organisation) -> dict[str, Any]:
    return {name: getattr(school, name) for name in ("id", *rules.FACTS)}


async def _elsewhere(work: UnitOfWork, command: CreateSchool) -> Difference | None:
    """A school outside of the trust that may be the same: one school has one record."""
    urn = command.facts.get("urn")
    same = None if urn is None else await work.organisations.with_urn(urn)
    same = same or await same_school(work, command)
    return None if same is None else Difference("school", str(same), command.name)


async def _compare(
    work: UnitOfWork,
    here: Organisation,
    file_trust_in: FileTrustIn | FileSchoolIn,
    facts: Mapping[str, Any],
    step: Step,
) -> Founded:
    """Add what is new to the organisation of this scope, and list the differences."""
    founded = Founded(here.kind, here.name, here.id)
    facts_here = _facts_of(here)
    founded.differences += rules.differences(facts_here, facts)
    if fill := rules.to_fill(facts_here, facts):
        founded.filled = sorted(fill)
        if step.apply:
            await update_school(work, here.id, here.version, fill)
    for person in file_trust_in.people:
        await _settle(work, person, founded, step)
    if founded.filled or founded.added:
        founded.state = ADDED
    return founded


async def _settle(
    work: UnitOfWork, file_person_in: FilePersonIn, founded: Founded, step: Step
) -> None:
    """Add a person, or the roles of a file that they never had here.

    Ended roles and declined invitations stay so: repeating a file must not undo a person's
    decision.
    """
    staff = await _on_the_staff(work, file_person_in.email)
    if staff is None:
        founded.added.append(Added(file_person_in.email, file_person_in.name, file_person_in.roles))
        if step.apply:
            await add_staff(work, file_person_in.name, file_person_in.email, file_person_in.roles)
        return
    if staff.name != file_person_in.name:
        founded.differences.append(
            Difference("name", staff.name, file_person_in.name, file_person_in.email)
        )
    held = {
        membership.role: membership
        for membership in await work.staff.memberships_from(staff.id, date.min)
    }
    new = [role for role in file_person_in.roles if role not in held]
    shut_out = _shut_out(staff)
    for role in file_person_in.roles:
        over = role in held and await _is_over(work, staff.id, role)
        if over or (shut_out and role in new):
            reason = shut_out or "role_ended"
            founded.differences.append(Difference("role", reason, role, file_person_in.email))
    if new and not shut_out:
        founded.added.append(Added(file_person_in.email, staff.name, new))
        for role in new if step.apply else ():
            await add_membership(work, staff.id, MembershipIn(role=role))


async def _is_over(work: UnitOfWork, staff_id: UUID, role: str) -> bool:
    return all(
        membership.role != role
        for membership in await work.staff.memberships_from(staff_id, work.today)
    )


def _shut_out(staff: Staff) -> str | None:
    """Why no file gives this person a role."""
    if staff.removed_at is not None:
        return "removed"
    if staff.declined_at is not None:
        return "declined"
    return "suspended" if staff.suspended_at is not None else None


async def _on_the_staff(work: UnitOfWork, email: str) -> Staff | None:
    """Find the member of staff who signs in with this address, or is reached by it here."""
    account = await work.accounts.by_email(email)
    staff = None if account is None else await work.staff.find(Staff, account.id)
    return staff or await work.staff.reached_by(email)


def _first(people: Sequence[FilePersonIn]) -> list[FirstPerson]:
    return [FirstPerson(person.email, person.name, person.roles) for person in people]


def _all_of(people: Sequence[FilePersonIn]) -> list[Added]:
    return [Added(person.email, person.name, person.roles) for person in people]
