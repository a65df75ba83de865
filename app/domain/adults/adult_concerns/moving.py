"""Moving a concern about an adult to those who may read it, when that changes."""

from collections.abc import Collection
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import AdultConcern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.errors import SubjectUnknown
from app.domain.adults.adult_concerns.raising import HEAD, Adult, is_about_head
from app.domain.adults.adult_concerns.rules import Placement
from app.domain.adults.adult_concerns.sight import adult_concern_to_change
from app.domain.adults.adult_concerns.steps import take_step, touch
from app.domain.adults.adult_concerns.telling import find_place, tell
from app.domain.record.concerns.rules import check_not_pending


async def redirect_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, about: Adult, reasons: str
) -> AdultConcern:
    """Name the right adult; whom the report named stays locked out, and stays in the report.

    Where a head is or was meant it changes hands between head and chair.
    Raises `SubjectUnknown` and the failures of every step.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("redirect", concern.state)
    about_head = await is_about_head(work, about, concern.occurred_at)
    before = concern.staff_id
    if before is not None and before != about.staff_id:
        concern.locked_out = sorted({*concern.locked_out, before})
    concern.staff_id, concern.adult_name = about.staff_id, about.name
    concern.adult_role = HEAD if about_head and about.role == "staff" else about.role
    concern.adult_employer, concern.about_head = about.employer, about_head
    found = await settle(work, concern)
    take_step(
        work, concern, AuditEvent.ADULT_REDIRECTED, reasons=reasons,
        details={
            "from": before and str(before), "to": about.staff_id and str(about.staff_id),
            "about_head": about_head, "owner_id": str(concern.owner_id),
        },
    )  # fmt: skip
    if found is not None:
        tell(work, concern, found.told, readable=found.readable)
    return concern


async def lock_out_of_adult_concern(
    work: UnitOfWork, concern_id: UUID, version: int, staff_id: UUID, reasons: str
) -> AdultConcern:
    """Keep somebody with an interest away from it, oneself included; it is placed anew.

    Raises `SubjectUnknown` and the failures of every step.
    """
    policy.require(work.actor, Permission.ADULT_DECIDE)
    concern, _ = await adult_concern_to_change(work, concern_id, version)
    check_not_pending(concern.pending)
    rules.next_state("lock_out", concern.state)
    today = work.today
    if await work.adults.subject(staff_id, today, today) is None:
        raise SubjectUnknown
    concern.locked_out = sorted({*concern.locked_out, staff_id})
    found = await settle(work, concern)
    take_step(
        work, concern, AuditEvent.ADULT_LOCKED_OUT, reasons=reasons,
        details={"staff_id": str(staff_id), "owner_id": str(concern.owner_id)},
    )  # fmt: skip
    if found is not None:
        tell(work, concern, found.told, readable=found.readable)
    return concern


async def settle(work: UnitOfWork, concern: AdultConcern) -> Placement | None:
    """Give it to somebody who may read it where its owner may not, and say who is to be told.

    None where it can stay as it is.
    """
    kept_out = {concern.staff_id, *concern.locked_out}
    about_head = concern.about_head or await _is_head_now(work, concern.staff_id)
    before, manager = concern.case_manager_id, concern.case_manager_id
    if manager is not None and not await _may_manage(work, manager, kept_out, about_head):
        concern.case_manager_id = manager = None
    if manager is not None:
        moved = concern.owner_id != manager
        concern.owner_id = manager
        return Placement(manager, manager, (manager,), readable=True) if moved else None
    found = await find_place(
        work, about_head=about_head, kept_out=kept_out, reporter_id=concern.reporter_id
    )
    if found.readable and concern.owner_id in found.told:
        stays = concern.case_manager_id == before
        return None if stays else Placement(concern.owner_id, None, (), readable=True)
    if (concern.owner_id, concern.case_manager_id) == (found.owner_id, found.case_manager_id):
        return None
    concern.owner_id, concern.case_manager_id = found.owner_id, found.case_manager_id
    return found


async def _is_head_now(work: UnitOfWork, staff_id: UUID | None) -> bool:
    if staff_id is None:
        return False
    subject = await work.adults.subject(staff_id, work.today, work.today)
    return subject is not None and subject.is_head


async def _may_manage(
    work: UnitOfWork, staff_id: UUID, kept_out: Collection[UUID | None], about_head: bool
) -> bool:
    roles = await work.adults.roles_of(staff_id, work.today)
    return staff_id not in kept_out and rules.may_manage(roles, about_head=about_head)


async def settle_all(work: UnitOfWork, some: Collection[UUID] | None = None) -> int:
    """Look at every open concern, or at some: none stays with somebody who may not read it.

    Finds what changes by itself: an owner whose role ended, a subject who became head, a chair
    who was appointed at last. Answers how many moved.
    """
    moved = 0
    for concern_id in await work.adults.open_ids() if some is None else sorted(some):
        concern = await work.adults.lock(AdultConcern, concern_id)
        if concern is None or concern.ended_at is not None:
            continue
        before = concern.owner_id
        found = await settle(work, concern)
        if found is None:
            continue
        touch(work, concern)
        work.record(
            AuditEvent.ADULT_ASSIGNED, "adult_concern", concern.id,
            reason="The owner may not read it.",
            details={"from": before and str(before), "to": str(found.owner_id)},
            register="adults",
        )  # fmt: skip
        tell(work, concern, found.told, readable=found.readable)
        moved += 1
    return moved
