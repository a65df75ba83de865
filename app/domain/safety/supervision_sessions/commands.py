"""Record a supervision session, with its agreements as tasks."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent, Permission
from app.db.models import SupervisionSession
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.concern_access.queries import concern_for
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import Person
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.duty.tasks.rules import AGREED
from app.domain.safety.supervision_sessions.errors import (
    SupervisionPointsTooFar,
    SupervisionUnsuitable,
)
from app.domain.safety.supervision_sessions.schemas import SupervisionSessionIn
from app.domain.steps import new, record_row

P = Permission
NOUN: Final = "supervision_session"


async def record_supervision(work: UnitOfWork, body: SupervisionSessionIn) -> SupervisionSession:
    """Record one of the actor's sessions; its agreements become tasks of the two people.

    A task shows that something was agreed, never what. Raises `PermissionMissing`,
    `SupervisionUnsuitable`, `SupervisionPointsTooFar`, `ChildNotFound`, `ConcernNotFound`, and the
    errors of reading a child or a concern; `DueTimePassed`, `DueTooFar`.
    """
    policy.require(work.actor, P.TASK_DO)
    other = await _check_two(work, body)
    await _check_pointed(work, body, other)
    row = new(
        work, SupervisionSession, body, children_named=list(dict.fromkeys(body.child_ids)),
        concerns_named=list(dict.fromkeys(body.concern_ids)), agreed=[],
    )  # fmt: skip
    for action in body.actions:
        task = await set_task(
            work,
            SetTask(
                AGREED, about=(NOUN, row.id), confidentiality=ANYONE, owner_id=action.owner_id,
                due_at=action.due_at,
            ),
        )  # fmt: skip
        assert task is not None  # noqa: S101 - it has no `dedupe`
        row.agreed = [*row.agreed, {"what": action.what, "task_id": str(task.id)}]
    work.staff.add(row)
    record_row(
        work, AuditEvent.SUPERVISION_RECORDED, row, after={"note": row.note},
        details={"supervisee_id": str(row.supervisee_id), "supervisor_id": str(row.supervisor_id)},
    )  # fmt: skip
    return row


async def _check_two(work: UnitOfWork, body: SupervisionSessionIn) -> Person:
    """The other of the two. Raises `SupervisionUnsuitable`."""
    two = {body.supervisee_id, body.supervisor_id}
    here = {item.id: item for item in await people_here(work, sorted(two))}
    today = (await calendar_of(work)).local(work.now).date()
    suits = (
        len(two) == 2
        and work.actor.id in two
        and two == here.keys()
        and _leads(here[body.supervisee_id])
        and body.held_on <= today
        and all(action.owner_id in two for action in body.actions)
    )
    if not suits:
        raise SupervisionUnsuitable
    return here[next(iter(two - {work.actor.id}))]


def _leads(person: Person) -> bool:
    return any(P.CONCERN_TRIAGE in rights.permissions for rights in person.rights)


async def _check_pointed(work: UnitOfWork, body: SupervisionSessionIn, other: Person) -> None:
    """Raise unless both may open each child and concern by their roles."""
    for child_id in body.child_ids:
        await child_for(work, child_id, P.CHILD_OPEN)
        _check_other(other, {child_id}, P.CHILD_OPEN, "K2")
    for concern_id in body.concern_ids:
        concern = await concern_for(work, concern_id, P.CONCERN_READ)
        about = {concern_id, *await work.concerns.child_ids(concern_id)}
        _check_other(other, about, P.CONCERN_READ, concern.confidentiality)


def _check_other(other: Person, about: set[UUID], permission: Permission, class_: str) -> None:
    reads = any(
        permission in rights.permissions and class_ in rights.classes for rights in other.rights
    )
    if not reads or about & other.locked_out:
        raise SupervisionPointsTooFar


def task_ids(agreed: Sequence[dict[str, str]]) -> list[UUID]:
    """Task IDs of the agreements."""
    return [UUID(item["task_id"]) for item in agreed]
