"""The schools of the soak, their people, and tokens for them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from app.api.runtime import Runtime
from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.models import Account, AuthSession, Child, Membership, Organisation, Staff
from app.db.unit_of_work import UnitOfWork, open_work

ROLES = (
    Role.STAFF, Role.STAFF, Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN,
)  # fmt: skip
LEADS = (Role.DSL, Role.DEPUTY_DSL)


@dataclass
class Person:
    """Somebody with one role in one school."""

    id: UUID
    session_id: UUID
    school_id: UUID
    role: Role
    email: str


@dataclass
class School:
    """A school with its people and a child."""

    id: UUID
    child: UUID
    people: list[Person] = field(default_factory=list)

    def those(self, *roles: Role) -> list[Person]:
        """Its people in some roles."""
        return [person for person in self.people if person.role in roles]


async def build(runtime: Runtime, schools: int) -> list[School]:
    """Make schools as an operator would."""
    return [await _school(runtime, number) for number in range(schools)]


def token_of(runtime: Runtime, person: Person) -> str:
    """A fresh access token."""
    return runtime.tokens.issue(
        sub=person.id, sid=person.session_id, org=person.school_id, role=person.role.value,
        scope=("cairn",), amr=("pwd", "otp"), auth_time=clock.now(),
    )  # fmt: skip


async def _school(runtime: Runtime, number: int) -> School:
    school, now = School(new_id(), new_id()), clock.now()
    async with open_work(runtime.database, Actor.system(school.id)) as work:
        work.organisations.add(
            Organisation(
                id=school.id, kind="school", name=f"Soak {number}", created_at=now, changed_at=now
            )
        )
        await work.session.flush()
        school.people = await _people(work, school.id, ROLES)
        work.children.add(
            Child(
                school_id=school.id, id=school.child, legal_given_name="Alex",
                legal_family_name="Marsh", sort_name="marsh alex",
                date_of_birth=date(2014, 3, 9), created_at=now, changed_at=now,
            )
        )  # fmt: skip
        work.record(AuditEvent.SCHOOL_CREATED, "school", school.id)
        work.record(AuditEvent.CHILD_ADDED, "child", school.child, child_id=school.child)
    return school


async def _people(work: UnitOfWork, school_id: UUID, roles: Sequence[Role]) -> list[Person]:
    now, found = work.now, []
    for role in roles:
        email = f"{role.value}.{secrets.token_hex(4)}@example.org"
        person, membership_id = Person(new_id(), new_id(), school_id, role, email), new_id()
        work.accounts.add(Account(id=person.id, email=email, created_at=now))
        await work.session.flush()
        work.staff.add(
            Staff(
                school_id=school_id, id=person.id, name=role.value, email=email, created_at=now,
                changed_at=now, accepted_at=now,
            )
        )  # fmt: skip
        await work.session.flush()
        work.staff.add(
            Membership(
                school_id=school_id, id=membership_id, staff_id=person.id, role=role.value,
                valid_from=now.date() - timedelta(days=1), created_at=now, cohort={},
            )
        )  # fmt: skip
        work.accounts.add(
            AuthSession(
                id=person.session_id, account_id=person.id, organisation_id=school_id,
                role=role.value, amr=["pwd", "otp"], auth_time=now, seen_at=now,
                expires_at=now + timedelta(hours=12),
            )
        )  # fmt: skip
        await work.session.flush()
        work.record(AuditEvent.STAFF_ADDED, "staff", person.id)
        work.record(AuditEvent.MEMBERSHIP_ADDED, "membership", membership_id)
        found.append(person)
    return found
