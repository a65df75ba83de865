"""Telling people that something waits in the adult register, and never what or about whom."""

from collections.abc import Iterable
from uuid import UUID

from app.core.words import Role
from app.db.models import AdultConcern
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.rules import Placement
from app.domain.alerts import telling as alerts
from app.domain.alerts.rules import APPOINTMENT_NEEDED, IN_ADULT_REGISTER


async def find_place(
    work: UnitOfWork, *, about_head: bool, kept_out: Iterable[UUID | None], reporter_id: UUID
) -> Placement:
    """Whose a concern is, among those who hold a role today."""
    roles = (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN)
    people = await work.adults.people([role.value for role in roles], work.today)
    return rules.place(
        people, about_head=about_head, kept_out=set(kept_out), reporter_id=reporter_id
    )


def tell(work: UnitOfWork, concern: AdultConcern, told: Iterable[UUID], *, readable: bool) -> None:
    """Alert people of a concern."""
    tell_people(work, told, urgent=concern.immediate_risk, readable=readable)


def tell_people(work: UnitOfWork, told: Iterable[UUID], *, urgent: bool, readable: bool) -> None:
    """Alert each person but the actor. The alert names no record, so that its row tells nothing.

    Where nobody may read it, those told are administrators, who can appoint somebody.
    """
    kind = IN_ADULT_REGISTER if readable else APPOINTMENT_NEEDED
    for person in dict.fromkeys(told):
        if person == work.actor.id and readable:
            continue
        alerts.tell(work, person, kind, urgent=urgent)
