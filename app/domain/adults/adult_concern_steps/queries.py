"""Possible case managers of a concern about an adult, by the same rule as assigning."""

from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.repositories.duty import owners as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.queries import adult_concern_for
from app.domain.adults.adult_concerns.rules import NOUN


async def get_possible_case_managers(work: UnitOfWork, concern_id: UUID) -> list[dict[str, Any]]:
    """List those who can be assigned today, by name, people who are away last; log the view.

    Empty while a second signature is pending, and once it has ended. Raises `PermissionMissing`,
    `AdultConcernNotFound`.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, facts = await adult_concern_for(work, concern_id)
    rows = await stored.people(await work.driver(), work.actor.school_id, work.today)
    about_head = "about_head" in facts.marks
    able = [
        row
        for row in rows
        if rules.is_assignable(concern.state, concern.pending)
        and row["staff_id"] not in concern.kept_out
        and rules.may_manage(row["roles"], about_head=about_head)
    ]
    able.sort(key=lambda row: (row["away"], row["name"]))
    work.record(
        AuditEvent.ADULT_OPENED, NOUN, concern_id, details={"part": "possible_case_managers"},
        register="adults",
    )  # fmt: skip
    return [
        {
            "id": row["staff_id"], "name": row["name"], "roles": row["roles"],
            "away": row["away"], "owns_it": row["staff_id"] == concern.owner_id,
        }
        for row in able
    ]  # fmt: skip
