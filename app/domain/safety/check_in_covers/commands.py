"""Arrange cover: a person accepts or a lead takes it, so no pupil is without an adult."""

from collections.abc import Sequence
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import Permission
from app.db.models import CheckIn
from app.db.repositories.sources import behind
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import PermissionMissing
from app.domain.safety.check_in_covers.schemas import AskForCoverIn, AssignCheckInIn
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.commands import record_moved
from app.domain.safety.check_ins.errors import CheckInPersonUnsuitable, NobodyAsked
from app.domain.safety.check_ins.queries import (
    Here,
    check_in_to_change,
    check_in_to_do,
    who_is_here,
)

TASK = "check_in_cover"


async def ask_for_cover(
    work: UnitOfWork, check_in_id: UUID, version: int, body: AskForCoverIn
) -> CheckIn:
    """Ask someone to stand in; by default, the agreed cover.

    Raises as `check_in_to_do`, `CheckInPersonUnsuitable`.
    """
    check_in = await check_in_to_do(work, check_in_id, version)
    wanted = body.staff_id or check_in.cover_id
    here = await _here_for(work, check_in, [wanted, check_in.owner_id])
    there = here.is_there(wanted, check_in.child_id, check_in.due_at)
    if wanted == check_in.owner_id or not there:
        raise CheckInPersonUnsuitable
    await ask(work, check_in, wanted, here)
    return check_in


async def _here_for(work: UnitOfWork, check_in: CheckIn, named: Sequence[UUID]) -> Here:
    """Who is here that day, without people named in the concern behind it."""
    here = await who_is_here(work, named, check_in.due_at)
    of = await behind(await work.driver(), work.actor.school_id, rules.NOUN, check_in.id)
    return here.for_concern(of.concern_id)


async def ask(work: UnitOfWork, check_in: CheckIn, person: UUID, here: Here) -> None:
    """Ask someone to stand in, with a time to answer by."""
    await finish_all(work, [TASK], about_id=check_in.id, outcome="asked_another")
    soon = (here.day_of(check_in.due_at) - here.day_of(work.now)).days <= 1
    task = await set_task(
        work,
        SetTask(
            TASK, child_id=check_in.child_id, about=(rules.NOUN, check_in.id),
            confidentiality=ANYONE, owner_id=person,
            rule_id=rules.COVER if soon else rules.COVER_AHEAD,
        ),
    )  # fmt: skip
    check_in.asked_id, check_in.asked_at = person, work.now
    check_in.answer_by = task.due_at if task else work.now
    record_moved(work, check_in, "asked", person)


async def accept_cover(work: UnitOfWork, check_in_id: UUID, version: int) -> CheckIn:
    """Accept cover: the check-in moves to the person who was asked.

    Raises as `check_in_to_change`, `NobodyAsked`.
    """
    check_in = await check_in_to_change(work, check_in_id, version)
    if check_in.asked_id != work.actor.id:
        raise NobodyAsked
    here = await _here_for(work, check_in, [check_in.owner_id, check_in.cover_id])
    await give_to(work, check_in, work.actor.id, here, "accepted")
    return check_in


async def assign_check_in(
    work: UnitOfWork, check_in_id: UUID, version: int, body: AssignCheckInIn
) -> CheckIn:
    """Choose, as a lead, the owner and the cover; both are here that day.

    Raises as `check_in_to_change`, `PermissionMissing`, `CheckInPersonUnsuitable`.
    """
    check_in = await check_in_to_change(work, check_in_id, version)
    if not policy.may(work.actor, Permission.SAFETY_WRITE):
        raise PermissionMissing
    here = await _here_for(work, check_in, [body.owner_id, body.cover_id])
    there = [
        here.is_there(item, check_in.child_id, check_in.due_at)
        for item in (body.owner_id, body.cover_id)
    ]
    if body.owner_id == body.cover_id or not all(there):
        raise CheckInPersonUnsuitable
    check_in.cover_id = body.cover_id
    await give_to(work, check_in, body.owner_id, here, "assigned")
    return check_in


async def lead_has_it(work: UnitOfWork, check_in: CheckIn, here: Here) -> None:
    """Give an unanswered check-in to a lead, and alert them."""
    lead = here.lead(check_in.child_id, check_in.due_at)
    owner = lead or check_in.owner_id
    await give_to(work, check_in, owner, here, "unanswered")


async def give_to(
    work: UnitOfWork, check_in: CheckIn, owner: UUID, here: Here, reason: str
) -> None:
    """Give it to someone, end the question to others, and change the cover if needed."""
    before, check_in.owner_id = check_in.owner_id, owner
    check_in.asked_id = check_in.answer_by = None
    check_in.asked_at = check_in.asked_at or work.now
    there = here.is_there(check_in.cover_id, check_in.child_id, check_in.due_at)
    if check_in.cover_id == owner or not there:
        other = here.lead(check_in.child_id, check_in.due_at, but=[owner])
        check_in.cover_id = other or check_in.cover_id
    record_moved(work, check_in, reason, owner)
    await work.session.flush()
    await finish_all(work, [TASK], about_id=check_in.id, outcome=reason)
    if owner not in (before, work.actor.id):
        tell(
            work, owner, "work_handed_over", about=(rules.NOUN, check_in.id),
            counts={"open_check_ins": 1},
        )  # fmt: skip
