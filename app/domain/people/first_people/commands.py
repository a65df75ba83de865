"""Found a school in a trust, and invite others in place of first people who do not join.

Only here does a trust's administrator give roles with more rights than their own. Nobody can read a
record through this, since the school has none yet, and nobody invites themselves.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.models import Staff
from app.db.repositories.people import schools, staff
from app.db.unit_of_work import UnitOfWork
from app.domain.errors import SecondPersonNeeded, ValidationFailed
from app.domain.people.first_people.errors import SchoolAppoints
from app.domain.people.first_people.queries import require_school_of, require_trust, shaped
from app.domain.people.first_people.schemas import FirstAppointmentIn, SchoolFoundingIn
from app.domain.people.foundings import rules
from app.domain.people.foundings.commands import facts_of
from app.domain.people.invitations import commands as invitations
from app.domain.people.memberships.commands import (
    EndMembership,
    add_membership,
    end_membership,
    tell_watchers,
)
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.people.schools.commands import CreateSchool, FirstPerson, create_school
from app.domain.people.schools.errors import SchoolExists
from app.domain.people.schools.rules import normal_numbers
from app.domain.people.staff.commands import add_staff

IN_TRUST = (Role.SCHOOL_ADMIN, Role.TRUST_LEAD)
"""Roles in the trust that are alerted to every founding and every first person."""


async def found_school(work: UnitOfWork, body: SchoolFoundingIn) -> UUID:
    """Found a school in the actor's trust with its first people; returns its ID.

    Raises `PermissionMissing`, `ValidationFailed`, `SecondPersonNeeded`, `SchoolExists`.
    """
    founder = work.actor
    await require_trust(await work.driver(), founder)
    problems = [
        *rules.problems_of({"": body}),
        *rules.number_problems(facts_of(body), ""),
        *rules.missing_problems(body.people, "/people"),
    ]
    if problems:
        raise ValidationFailed(problems=problems)
    await _check_others(work, (person.email for person in body.people))
    facts = {name: value for name, value in facts_of(body).items() if name != "name"}
    urn = normal_numbers(facts)[0].get("urn")
    if urn is not None and await work.organisations.with_urn(urn) is not None:
        raise SchoolExists("There is already a school with this URN. Ask the people who run Cairn.")
    school_id = new_id()
    await _tell_trust(work, AuditEvent.SCHOOL_CREATED, school_id)
    await work.rescope(_founding(founder, school_id))
    people = [FirstPerson(item.email, item.name, item.roles) for item in body.people]
    await create_school(
        work, CreateSchool(body.name, people, trust_id=founder.school_id, facts=facts)
    )
    await work.save()
    await work.rescope(founder)
    return school_id


async def invite_first_person(
    work: UnitOfWork, school_id: UUID, body: FirstAppointmentIn
) -> dict[str, Any]:
    """Invite someone, or invite them again, in place of everyone invited who has not joined.

    Returns the state of the school's founding. Raises `PermissionMissing`, `SchoolNotFound`,
    `SecondPersonNeeded`, `SchoolAppoints`.
    """
    founder = work.actor
    await require_school_of(await work.driver(), founder, school_id)
    await _check_others(work, [body.email])
    await _tell_trust(work, AuditEvent.STAFF_INVITED, school_id)
    await work.rescope(_founding(founder, school_id))
    await work.organisations.lock_own()
    driver = await work.driver()
    held = await staff.holders_of(driver, school_id, work.today, [body.role])
    joined = any(item["accepted_at"] is not None for item in held)
    if joined or await schools.has_begun(driver, school_id):
        raise SchoolAppoints
    await _ask(work, body, held)
    await work.save()
    roles = [role.value for role in rules.FIRST]
    held = await staff.holders_of(driver, school_id, work.today, roles)
    await work.rescope(founder)
    return shaped(school_id, held, begun=False)


async def _ask(work: UnitOfWork, body: FirstAppointmentIn, held: Sequence[Any]) -> None:
    account = await work.accounts.by_email(body.email)
    person = None if account is None else await work.staff.find(Staff, account.id)
    for item in held:
        if person is None or item["staff_id"] != person.id:
            await end_membership(work, EndMembership(item["staff_id"], item["id"]))
    if person is None:
        await add_staff(work, body.name, body.email, (body.role,))
    elif all(item["staff_id"] != person.id for item in held):
        await add_membership(work, person.id, MembershipIn(role=body.role))
    elif person.accepted_at is None:
        invitations.invite(work, person.id)


def _founding(founder: Actor, school_id: UUID) -> Actor:
    """The founder acting in the school, with the rights for founding; the log names them."""
    return Actor(
        id=founder.id, school_id=school_id, role=Role.SYSTEM, session_id=founder.session_id
    )


async def _tell_trust(work: UnitOfWork, did: AuditEvent, school_id: UUID) -> None:
    """Log it in the trust, and alert the others there."""
    work.record(did, "school", school_id)
    await tell_watchers(work, "role_granted", IN_TRUST, but=())
    await work.save()


async def _check_others(work: UnitOfWork, emails: Iterable[str]) -> None:
    """Raise `SecondPersonNeeded` if the founder would give themselves a role."""
    account = await work.accounts.get(work.actor.id)
    me = await work.staff.find(Staff, work.actor.id)
    mine = {account.email, *((me.email, me.new_email) if me is not None else ())}
    known = {_mailbox(item) for item in mine if item is not None}
    if any(_mailbox(email) in known for email in emails):
        raise SecondPersonNeeded("Another administrator of the trust has to appoint you.")


def _mailbox(email: str) -> str:
    """The mailbox of an address: the part after a plus sign does not change it."""
    name, _, domain = email.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"
