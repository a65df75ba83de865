"""Who reaches a case: leads and heads, and whoever is named in its team; nobody with a conflict."""

from uuid import UUID

from sqlalchemy import or_, select

from app.core.words import Actor, Permission
from app.db.models import BereavementCase, BereavementMember
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import PermissionMissing, StateConflict, VersionStale
from app.domain.safety.bereavement import rules
from app.domain.safety.bereavement.errors import CaseNotFound


def reads_all(actor: Actor) -> bool:
    """Whether somebody reads every case of the school."""
    return bool(policy.may(actor, Permission.BEREAVEMENT_READ))


def writes_all(actor: Actor) -> bool:
    """Whether somebody decides in every case of the school."""
    return bool(policy.may(actor, Permission.BEREAVEMENT_WRITE))


async def case_for(work: UnitOfWork, case_id: UUID, *, lock: bool = False) -> BereavementCase:
    """The case, for who may read it. Raises `PermissionMissing`, `CaseNotFound`."""
    policy.require(work.actor, Permission.TASK_DO)
    reach = work.concerns.lock if lock else work.concerns.find
    case = await reach(BereavementCase, case_id)
    if case is None or _in_conflict(work.actor, case):
        raise CaseNotFound
    if not reads_all(work.actor) and not await is_member(work, case_id):
        raise CaseNotFound
    return case


def _in_conflict(actor: Actor, case: BereavementCase) -> bool:
    related = actor.conflicts.children - actor.conflicts.limited
    return case.child_id is not None and case.child_id in related


async def is_member(work: UnitOfWork, case_id: UUID) -> bool:
    """Whether the actor is in the team of a case, or somebody's deputy in it."""
    me = work.actor.id
    found = await work.session.scalar(
        select(BereavementMember.id).where(
            BereavementMember.school_id == work.actor.school_id,
            BereavementMember.case_id == case_id,
            BereavementMember.left_at.is_(None),
            or_(BereavementMember.staff_id == me, BereavementMember.deputy_id == me),
        ).limit(1)
    )  # fmt: skip
    return found is not None


async def open_case_for(work: UnitOfWork, case_id: UUID) -> BereavementCase:
    """The case, locked, for who adds to it: while it is looked after, and after it was closed.

    Raises as `case_for`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    if case.state not in (rules.OPEN, rules.CLOSED):
        raise StateConflict
    return case


async def case_to_decide(
    work: UnitOfWork, case_id: UUID, version: int, *states: str
) -> BereavementCase:
    """The case, locked, at the version the client last saw, for who decides in it.

    Raises as `case_for`, `VersionStale`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    if not writes_all(work.actor):
        raise PermissionMissing
    if case.version != version:
        raise VersionStale
    if case.state not in states:
        raise StateConflict
    return case


def require_writer(actor: Actor) -> None:
    """Raise `PermissionMissing` unless somebody decides in cases."""
    if not writes_all(actor):
        raise PermissionMissing


def touch(work: UnitOfWork, case: BereavementCase) -> None:
    """Something of it is new."""
    case.version += 1
    case.changed_at = work.now
