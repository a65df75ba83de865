"""Set and end cover, so that no lead's absence leaves a gap unnoticed."""

from datetime import date
from typing import NoReturn
from uuid import UUID

from app.core.words import AuditEvent, Permission, Role
from app.db.models import Cover, CoverPerson, Staff
from app.db.repositories.duty import cover as duty_cover
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell, tell_of_absence
from app.domain.common.role_rights.queries import rights_here
from app.domain.duty.cover import rules
from app.domain.duty.cover.errors import CoverExists, CoverNotFound, CoverOver, NobodyOnDuty
from app.domain.duty.cover.queries import first_gap
from app.domain.duty.cover.schemas import CoverIn
from app.domain.errors import FieldProblem, SecondPersonNeeded, ValidationFailed, require_row
from app.domain.etags import check_version
from app.domain.people.memberships.commands import (
    EndMembership,
    check_may_grant,
    end_membership,
    grant,
)
from app.domain.people.memberships.rules import leaves_a_gap
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.policy import LEADS, NOTHING
from app.domain.steps import new, record_row

CAN_BE_AWAY = (*LEADS, Role.HEADTEACHER)


async def tell_heads(work: UnitOfWork, first: date, end: date) -> None:
    """Alert the heads of those days that nobody is on duty on one of them."""
    driver, school_id = await work.driver(), work.actor.school_id
    heads = await duty_cover.team_of(driver, school_id, first, end, (Role.HEADTEACHER,))
    for person in dict.fromkeys(row["staff_id"] for row in heads):
        tell(work, person, "nobody_on_duty", urgent=True, matter_id=school_id)


async def tell_where_left(work: UnitOfWork, staff_id: UUID, first: date, end: date) -> None:
    """Alert the heads if a lead's absence leaves nobody on duty."""
    driver, school_id = await work.driver(), work.actor.school_id
    team = await duty_cover.team_of(driver, school_id, first, end, LEADS)
    leads = any(row["staff_id"] == staff_id for row in team)
    if leads and await first_gap(work, first, end) is not None:
        await tell_heads(work, first, end)


async def set_cover(work: UnitOfWork, body: CoverIn) -> UUID:
    """Record who is away and who stands in; returns the cover's ID.

    Raises `PermissionMissing`, `ValidationFailed`, `GrantExceedsOwn`, `SecondPersonNeeded`,
    `NobodyOnDuty`, `CoverExists`.
    """
    policy.require(work.actor, Permission.COVER_SET)
    _check_time(work, body)
    await _check_away(work, body)
    await _check_new(work, body)
    cover = new(work, Cover, body)
    work.staff.add(cover)
    await work.session.flush()
    for position, person in enumerate(body.covered_by_ids):
        await _add_person(work, body, cover.id, person, position)
    uncovered = await first_gap(work, body.valid_from, body.valid_to)
    if uncovered is not None:
        await _allow_gap(work, body, uncovered)
    await _tell(work, body)
    record_row(
        work,
        AuditEvent.COVER_SET,
        cover,
        details={
            "away_id": str(body.away_id),
            "covered_by": [str(covered_by_id_) for covered_by_id_ in body.covered_by_ids],
            "valid_from": body.valid_from.isoformat(),
            "valid_to": body.valid_to.isoformat(),
            "uncovered": uncovered is not None,
        },
    )
    return cover.id


def _check_time(work: UnitOfWork, body: CoverIn) -> None:
    if body.valid_from < work.today:
        _refuse("/valid_from", "in_the_past", "Cover must begin today or later.")
    if not body.valid_from < body.valid_to <= body.valid_from + rules.LONGEST:
        _refuse("/valid_to", "outside", "It must be after valid_from, and within a year of it.")


def _refuse(pointer: str, code: str, sentence: str) -> NoReturn:
    raise ValidationFailed(problems=[FieldProblem(pointer, code, sentence)])


async def _check_away(work: UnitOfWork, body: CoverIn) -> None:
    """Lock the person and check that they exist and hold a role whose absence matters."""
    staff = await work.staff.lock(Staff, body.away_id)
    driver = await work.driver()
    team = await duty_cover.team_of(
        driver, work.actor.school_id, body.valid_from, body.valid_to, CAN_BE_AWAY
    )
    if staff is None or body.away_id not in {row["staff_id"] for row in team}:
        _refuse(
            "/away_id", "no_lead", "This person is not a lead, deputy or head during that time."
        )


async def _check_new(work: UnitOfWork, body: CoverIn) -> None:
    """Raise `CoverExists` for the same person and days, whose row is locked."""
    absences = await duty_cover.absences_of(
        await work.driver(), work.actor.school_id, body.valid_from, body.valid_to
    )
    asked = (body.away_id, body.valid_from, body.valid_to)
    covers = [row for row in absences if row["id"] is not None]
    if any((row["away_id"], row["valid_from"], row["valid_to"]) == asked for row in covers):
        raise CoverExists


async def _add_person(
    work: UnitOfWork, body: CoverIn, cover_id: UUID, person: UUID, position: int
) -> None:
    pointer = f"/covered_by_ids/{position}"
    if person == body.away_id or not await work.staff.has_joined(person):
        _refuse(pointer, "unsuitable", "This person cannot stand in.")
    membership_id = None
    if not await _holds_enough(work, person, body):
        membership_id = await _give_role(work, body, person, pointer)
    row = new(
        work, CoverPerson, cover_id=cover_id, staff_id=person, membership_id=membership_id,
        position=position,
    )  # fmt: skip
    work.staff.add(row)


async def _holds_enough(work: UnitOfWork, person: UUID, body: CoverIn) -> bool:
    """Whether the person's own roles let them stand in on every one of the days."""
    here = await rights_here(work)
    held = [
        (membership.valid_from, membership.valid_to)
        for membership in await work.staff.memberships_from(person, body.valid_from)
        if rules.stands_in(here.get(membership.role, NOTHING))
    ]
    return leaves_a_gap((body.valid_from, body.valid_to), held) is None


async def _give_role(work: UnitOfWork, body: CoverIn, person: UUID, pointer: str) -> UUID:
    if body.role is None:
        _refuse(
            pointer,
            "needs_role",
            "This person does not read new concerns: name a role to give them.",
        )
    rights = await check_may_grant(work, body.role)
    if not rules.stands_in(rights):
        _refuse("/role", "unsuitable", "This role does not read new concerns.")
    if person == work.actor.id:
        raise SecondPersonNeeded("Another person who may grant it has to give you a role.")
    await work.staff.lock(Staff, person)
    given = MembershipIn(role=body.role, valid_from=body.valid_from, valid_to=body.valid_to)
    membership_id = await grant(work, person, given, rights)
    await work.session.flush()
    return membership_id


async def _allow_gap(work: UnitOfWork, body: CoverIn, day: date) -> None:
    """Allow a gap only with a reason from someone who reads concerns, and alert the heads.

    Raises `NobodyOnDuty`, `SecondPersonNeeded`.
    """
    if body.uncovered_reason is None:
        raise NobodyOnDuty(day)
    if not policy.may(work.actor, Permission.CONCERN_READ):
        raise SecondPersonNeeded("A lead, deputy or head has to say that nobody is on duty.")
    await tell_heads(work, body.valid_from, body.valid_to)


async def _tell(work: UnitOfWork, body: CoverIn) -> None:
    """Alert the person who is away, those who stand in, and the other leads."""
    driver = await work.driver()
    team = await duty_cover.team_of(
        driver, work.actor.school_id, body.valid_from, body.valid_to, CAN_BE_AWAY
    )
    people = dict.fromkeys((body.away_id, *body.covered_by_ids, *(row["staff_id"] for row in team)))
    for person in people:
        if person != work.actor.id:
            tell(work, person, "cover_set")


async def end_cover(
    work: UnitOfWork, cover_id: UUID, version: int, hand_over_to: UUID | None
) -> None:
    """End a cover now, with the roles that were given for it.

    Raises `PermissionMissing`, `CoverNotFound`, `VersionStale`, `CoverOver`, and the errors of
    ending a role.
    """
    policy.require(work.actor, Permission.COVER_SET)
    cover = require_row(await work.staff.lock(Cover, cover_id), CoverNotFound)
    check_version(cover, version)
    today = work.today
    if cover.ended_at is not None or cover.valid_to <= today:
        raise CoverOver
    cover.ended_at, cover.ended_by = work.now, work.actor.id
    cover.version += 1
    driver = await work.driver()
    given = await duty_cover.given_for(driver, work.actor.school_id, cover.id, today)
    for staff_id, membership_id in given:
        receiver = hand_over_to or cover.away_id
        await end_membership(work, EndMembership(staff_id, membership_id, receiver))
    record_row(
        work, AuditEvent.COVER_ENDED, cover,
        details={"away_id": str(cover.away_id), "memberships_ended": len(given)},
    )  # fmt: skip
    await tell_of_absence(work, cover.away_id)
