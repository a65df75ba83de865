"""Freezing the file of a child who died, and undoing it where the confirmation was a mistake."""

from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import BereavementCase, Concern, FrozenFile
from app.db.repositories.safety import frozen_files as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import stop_clock
from app.domain.clocks.running_on import run_on

NOUN = "child_file"
BECAUSE = "file_frozen"


async def freeze(work: UnitOfWork, case: BereavementCase, child_id: UUID) -> list[UUID]:
    """Keep what stands in the file as it stands; concerns about nobody else ring no more.

    They are not closed: they stay in the state in which they were. Answers which they are.
    """
    work.children.add(
        FrozenFile(
            school_id=case.school_id, id=new_id(), child_id=child_id, case_id=case.id,
            frozen_at=work.now, frozen_by=work.actor.id,
        )
    )  # fmt: skip
    ids = await stored.concerns_of(await work.driver(), case.school_id, child_id)
    for concern in await _open(work, ids):
        concern.frozen_at = work.now
        stop_clock(work, concern, BECAUSE)
    work.record(
        AuditEvent.FILE_FROZEN, NOUN, child_id, child_id=child_id, details={"case_id": str(case.id)}
    )
    return ids


async def unfreeze(work: UnitOfWork, case: BereavementCase, child_id: UUID, reason: str) -> None:
    """The confirmation was a mistake: the file can be written to again, and concerns go on.

    Each is due by the clock that ran when it stopped: what nobody has read is read as soon.
    """
    row = await work.session.scalar(
        select(FrozenFile)
        .where(
            FrozenFile.school_id == case.school_id, FrozenFile.case_id == case.id,
            FrozenFile.undone_at.is_(None),
        )
        .with_for_update(of=FrozenFile, key_share=True)
    )  # fmt: skip
    if row is None:
        return
    row.undone_at, row.undone_by, row.reason = work.now, work.actor.id, reason
    ids = await stored.concerns_of(await work.driver(), case.school_id, child_id)
    concerns = [one for one in await _open(work, ids) if one.frozen_at is not None]
    for concern in concerns:
        concern.frozen_at = None
    await run_on(work, concerns)
    work.record(
        AuditEvent.FILE_THAWED, NOUN, child_id, child_id=child_id, reason=reason,
        details={"case_id": str(case.id)},
    )  # fmt: skip


async def _open(work: UnitOfWork, ids: list[UUID]) -> list[Concern]:
    if not ids:
        return []
    found = await work.session.scalars(
        select(Concern)
        .where(
            Concern.school_id == work.actor.school_id,
            Concern.id.in_(ids),
            Concern.ended_at.is_(None),
        )
        .order_by(Concern.id)
        .with_for_update(of=Concern, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(found)
