"""What every step of a share or a referral checks in the wish."""

from datetime import datetime
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.sharing.shares.rules import problems_of_moment


def check_moment(work: UnitOfWork, at: datetime, not_before: datetime | None) -> None:
    """Raise `ValidationFailed` for a moment to come, or before what it follows."""
    if found := problems_of_moment("/at", at, work.now, not_before=not_before):
        raise ValidationFailed(problems=found)


async def member_of_staff(work: UnitOfWork, staff_id: UUID | None, pointer: str = "/by_id") -> UUID:
    """The member of staff named at a pointer, or the actor. Raises `ValidationFailed`."""
    if staff_id is None or staff_id == work.actor.id:
        return work.actor.id
    if staff_id not in await work.sharing.staff_names([staff_id]):
        problem = FieldProblem(pointer, "unknown_staff", "There is no such member of staff.")
        raise ValidationFailed(problems=[problem])
    return staff_id
