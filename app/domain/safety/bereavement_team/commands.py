"""The team of a case: named by leads, read by its members, and left without a reason."""

from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent
from app.db.models import BereavementCase, BereavementMember
from app.db.unit_of_work import UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.errors import PermissionMissing, StateConflict
from app.domain.etags import check_version
from app.domain.safety.bereavement_cases import rules
from app.domain.safety.bereavement_cases.errors import PartNotFound
from app.domain.safety.bereavement_cases.queries import (
    case_for,
    open_case_for,
    require_writer,
    writes_all,
)
from app.domain.safety.bereavement_duties.commands import check_here, not_needed, owner_of
from app.domain.safety.bereavement_team.schemas import MemberIn
from app.domain.steps import new, record_row

STEPPED_OUT = "Who had it has stepped out of the team."


async def add_member(work: UnitOfWork, case_id: UUID, body: MemberIn) -> BereavementMember:
    """Add someone to the team, who may read the case from now on, and alert them.

    Raises as `open_case_for`, `PermissionMissing`, `ValidationFailed`.
    """
    case = await open_case_for(work, case_id)
    require_writer(work.actor)
    await check_here(work, body.staff_id, case, "/staff_id")
    if body.deputy_id is not None:
        await check_here(work, body.deputy_id, case, "/deputy_id")
    row = new(work, BereavementMember, body, case_id=case.id)
    work.concerns.add(row)
    _record(work, AuditEvent.BEREAVEMENT_ADDED, case, row)
    for person in (row.staff_id, row.deputy_id):
        if person is not None and person != work.actor.id:
            tell(work, person, "access_granted")
    return row


async def leave_team(
    work: UnitOfWork, case_id: UUID, member_id: UUID, version: int
) -> BereavementCase:
    """Leave the team without a reason; the member's work moves to others at once.

    The member or a lead may do this. The version is that of the membership, which nothing else
    changes: others' work in the case delays nobody. Raises as `case_for`, `PermissionMissing`,
    `PartNotFound`, `VersionStale`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    row = await work.concerns.lock(BereavementMember, member_id)
    if row is None or row.case_id != case.id:
        raise PartNotFound
    if row.staff_id != work.actor.id and not writes_all(work.actor):
        raise PermissionMissing
    check_version(row, version)
    if row.left_at is not None:
        raise StateConflict
    row.left_at = work.now
    row.version += 1
    await work.session.flush()
    for task in await open_tasks(work, about_id=case.id):
        if task.owner_id != row.staff_id:
            continue
        owner = row.deputy_id or await owner_of(work, case)
        not_needed(work, task, STEPPED_OUT)
        await set_task(
            work,
            SetTask(
                task.kind, about=(rules.CASE, case.id), confidentiality=ANYONE, owner_id=owner,
                urgent=task.urgent, facts=task.facts,
                due_at=task.due_at if task.due_at > work.now else None,
            ),
        )  # fmt: skip
    _record(work, AuditEvent.BEREAVEMENT_CHANGED, case, row)
    return case


def _record(
    work: UnitOfWork, did: AuditEvent, case: BereavementCase, row: BereavementMember
) -> None:
    record_row(
        work, did, case,
        details={"part": "team", "member_id": str(row.id), "staff_id": str(row.staff_id)},
    )  # fmt: skip
