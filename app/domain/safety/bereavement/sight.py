"""Who reaches a case: leads and heads, and whoever is named in its team; nobody with a conflict."""

from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import BereavementCase
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import PermissionMissing, StateConflict, VersionStale
from app.domain.safety.bereavement import rules
from app.domain.safety.bereavement.errors import CaseNotFound
from app.domain.safety.bereavement.kind import BEREAVEMENT_CASE
from app.domain.steps import sees


def writes_all(actor: Actor) -> bool:
    """Whether somebody decides in every case of the school."""
    return bool(policy.may(actor, Permission.BEREAVEMENT_WRITE))


async def case_for(work: UnitOfWork, case_id: UUID, *, lock: bool = False) -> BereavementCase:
    """The case, for who may read it. Raises `PermissionMissing`, `CaseNotFound`."""
    policy.require(work.actor, Permission.TASK_DO)
    reach = work.concerns.lock if lock else work.concerns.find
    case = await reach(BereavementCase, case_id)
    if case is None or not await sees(work, BEREAVEMENT_CASE, case_id):
        raise CaseNotFound
    return case


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
