"""A file that is this school's again: what its lock closed is taken up, or somebody is asked."""

from typing import Final

from app.core.words import AuditEvent
from app.db.models import Concern, FileLock, Transfer
from app.db.repositories.safety import self_harm as pathways
from app.db.repositories.sharing import transfer_locks
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.clocks.acknowledging import acknowledge_rule
from app.domain.clocks.keeping import start_clock
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.record.concerns.rules import review_rule
from app.domain.record.concerns.steps import take_step
from app.domain.safety.self_harm.ending import reopened
from app.domain.sharing.transfers.calling import FROM_SCHOOL
from app.domain.sharing.transfers.locking import OUTCOME, unlock

RAISED: Final = "raised"
CAME_BACK: Final = (
    "The file came back: no other school goes on with it. Actions and reviews that ended when it "
    "went have to be set anew."
)


async def take_up_again(work: UnitOfWork, transfer: Transfer) -> None:
    """Open again the concerns that the lock of a transfer closed; their owners hear of it.

    One that nobody had read waits to be read again, as soon as when it was raised.
    """
    driver = await work.driver()
    rows = await transfer_locks.closed_by(driver, transfer.school_id, transfer.id)
    for row in rows:
        concern = await work.concerns.lock(Concern, row["id"])
        if concern is not None and concern.outcome == OUTCOME:
            await _open_again(work, concern, row["from_state"])


async def _open_again(work: UnitOfWork, concern: Concern, state: str) -> None:
    on_pathway, _ = await pathways.standing(await work.driver(), concern.school_id, concern.id)
    rule = (
        acknowledge_rule(concern.immediacy, on_pathway=on_pathway)
        if state == RAISED
        else review_rule(concern.level, concern.immediacy)
    )
    concern.outcome = None
    await start_clock(work, concern, rule)
    take_step(work, concern, AuditEvent.CONCERN_REOPENED, state=state, reasons=CAME_BACK)
    await reopened(work, concern.id)
    if concern.owner_id is not None and concern.owner_id != work.actor.id:
        urgent = concern.immediacy == "immediate_danger"
        tell(
            work, concern.owner_id, "concern_assigned", urgent=urgent, concern_id=concern.id,
            about=("concern", concern.id),
        )  # fmt: skip


async def unlock_returned(work: UnitOfWork) -> int:
    """Unlock the files of children who are on this school's roll again."""
    rows = await transfer_locks.back_again(await work.driver(), work.actor.school_id)
    for row in rows:
        lock = await stored.lock_row(work.session, work.actor.school_id, row["child_id"])
        if lock is not None:
            unlock(work, lock, "enrolled_again")
            await _ask_for_news(work, lock)
    return len(rows)


async def _ask_for_news(work: UnitOfWork, lock: FileLock) -> None:
    """The child is on the roll again: a lead telephones the school that has had the file since."""
    await set_task(
        work,
        SetTask(
            FROM_SCHOOL, child_id=lock.child_id, about=("transfer", lock.transfer_id),
            dedupe=f"{FROM_SCHOOL}:{lock.id}",
        ),
    )  # fmt: skip
