"""Lock a file that another school has received, unlock it, and resume its work."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import (
    Action,
    Concern,
    ConcernCase,
    ConcernEvent,
    FileLock,
    Meeting,
    Referral,
    ReferralEvent,
    Review,
    Share,
    Transfer,
)
from app.db.repositories.safety import self_harm as pathways
from app.db.repositories.sharing import file_locks
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, start_clock, stop_clock
from app.domain.common.deadlines.rules import acknowledge_rule, rule_on
from app.domain.duty.milestones.rules import TASKS
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.duty.tasks.rules import NOT_NEEDED, OWN_REPORT
from app.domain.errors import SecondPersonNeeded, StateConflict, require_row
from app.domain.etags import check_version
from app.domain.record.concerns.commands import take_step
from app.domain.record.concerns.rules import review_rule
from app.domain.safety.self_harm.commands import advance
from app.domain.safety.self_harm.rules import CLOSED
from app.domain.safety.self_harm_concerns.commands import reopened
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.errors import NotLocked
from app.domain.sharing.transfers.queries import note
from app.domain.sharing.transfers.rules import FROM_SCHOOL
from app.domain.steps import new, record_row, touch

NOUN = "child_file"
OUTCOME = "transferred_with_file"
BECAUSE = "The file went to another school, which has confirmed that it has it."

RAISED: Final = "raised"
CAME_BACK: Final = (
    "The file came back: no other school continues it. Actions and reviews that ended when it "
    "went have to be set again."
)


async def lock_file(work: UnitOfWork, transfer: Transfer) -> None:
    """Make a child's file read-only, and end its open work: the other school continues.

    Work that is also about a child still here stays open, and so do duties to the child, which a
    person ends. It happens in the name of the approver. Concerns are locked first, as in every
    step, and then the child as a whole, so that work begun at this moment ends too.
    """
    child_id, driver = transfer.child_id, await work.driver()
    about = await file_locks.concerns_of(driver, transfer.school_id, child_id)
    await work.concerns.lock_all(Concern, about)
    await work.children.lock_two(child_id, child_id, whole=True)
    if await stored.lock_row(work.session, transfer.school_id, child_id) is not None:
        return
    row = new(work, FileLock, child_id=child_id, transfer_id=transfer.id, locked_at=work.now)
    work.children.add(row)
    await work.session.flush()
    work.record(
        AuditEvent.FILE_LOCKED, NOUN, child_id, child_id=child_id,
        details={"transfer_id": str(transfer.id)},
    )  # fmt: skip
    note(work, rules.TRANSFER, transfer.id, "locked")
    assert transfer.approved_by is not None  # noqa: S101 - nothing leaves without
    concerns = await file_locks.open_concerns(driver, transfer.school_id, child_id, work.now)
    await _end_reviews(work, transfer, concerns, transfer.approved_by)
    await _close_cases(work, transfer, transfer.approved_by)
    await _cancel_meetings(work, transfer, transfer.approved_by)
    await _end_milestones(work, child_id, concerns)
    for id_ in await stored.ids_of(driver, stored.OPEN_ACTIONS, transfer.school_id, concerns):
        await _drop_action(work, id_, transfer.approved_by)
    for id_ in concerns:
        await _close(work, id_, transfer, transfer.approved_by)
    for id_ in await stored.ids_of(driver, stored.OPEN_DRAFTS, transfer.school_id, child_id):
        await withdraw_draft(work, id_)
    for id_ in await stored.ids_of(
        driver, stored.OPEN_REFERRAL_DRAFTS, transfer.school_id, child_id
    ):
        await withdraw_referral(work, id_, transfer.approved_by, BECAUSE)
    await work.session.flush()


async def _close(work: UnitOfWork, concern_id: UUID, transfer: Transfer, by: UUID) -> None:
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None or concern.ended_at is not None:
        return
    before = concern.state
    concern.state, concern.outcome, concern.ended_at = "closed", OUTCOME, work.now
    concern.pending = None
    touch(work, concern)
    stop_clock(work, concern, "closed")
    row = new(
        work, ConcernEvent, concern_id=concern.id, verb="closed", by_id=by, from_state=before,
        to_state="closed", reason=BECAUSE,
        details={"outcome": OUTCOME, "transfer_id": str(transfer.id)},
    )  # fmt: skip
    work.concerns.add(row)
    record_row(
        work, AuditEvent.CONCERN_CLOSED, concern, before={"state": before},
        after={"state": "closed"}, details={"outcome": OUTCOME, "transfer_id": str(transfer.id)},
    )  # fmt: skip
    await advance(work, concern.id, CLOSED, {"because": OUTCOME})


async def _drop_action(work: UnitOfWork, action_id: UUID, by: UUID) -> None:
    action = await work.concerns.lock(Action, action_id)
    if action is None or action.state != "open":
        return
    action.state, action.reason = "dropped", BECAUSE
    action.ended_by, action.ended_at = by, work.now
    touch(work, action)
    stop_clock(work, action, "dropped")
    record_row(
        work, AuditEvent.ACTION_DROPPED, action, before={"state": "open"},
        after={"state": "dropped"}, details={"concern_id": str(action.concern_id)},
    )  # fmt: skip


async def _end_reviews(
    work: UnitOfWork, transfer: Transfer, concerns: list[UUID], by: UUID
) -> None:
    driver = await work.driver()
    for id_ in await stored.ids_of(
        driver, stored.OPEN_REVIEWS, transfer.school_id, transfer.child_id, concerns
    ):
        review = await work.concerns.lock(Review, id_)
        if review is None or review.ended_at is not None:
            continue
        review.ended_at, review.ended_by, review.end_reason = work.now, by, BECAUSE
        touch(work, review)
        stop_clock(work, review)
        record_row(work, AuditEvent.REVIEW_ENDED, review)


async def _close_cases(work: UnitOfWork, transfer: Transfer, by: UUID) -> None:
    driver = await work.driver()
    for id_ in await stored.ids_of(
        driver, stored.OPEN_CASES, transfer.school_id, transfer.child_id
    ):
        case = await work.concerns.lock(ConcernCase, id_)
        if case is None or case.ended_at is not None:
            continue
        case.ended_at, case.ended_by, case.end_reason = work.now, by, BECAUSE
        touch(work, case)
        stop_clock(work, case)
        record_row(work, AuditEvent.CASE_CLOSED, case)


async def _cancel_meetings(work: UnitOfWork, transfer: Transfer, by: UUID) -> None:
    driver = await work.driver()
    for id_ in await stored.ids_of(
        driver, stored.PLANNED_MEETINGS, transfer.school_id, transfer.child_id
    ):
        meeting = await work.concerns.lock(Meeting, id_)
        if meeting is None or meeting.ended_at is not None:
            continue
        meeting.state, meeting.cancel_reason = "cancelled", BECAUSE
        meeting.ended_at, meeting.ended_by = work.now, by
        touch(work, meeting)
        stop_clock(work, meeting, "cancelled")
        record_row(work, AuditEvent.MEETING_CANCELLED, meeting)


async def _end_milestones(work: UnitOfWork, child_id: UUID, concerns: Sequence[UUID]) -> None:
    """End tasks that are now the other school's; a person's own duty to report stays theirs."""
    kinds = sorted(TASKS - {OWN_REPORT})
    tasks = await open_tasks(work, kinds=kinds, child_id=child_id)
    for concern_id in concerns:
        tasks += await open_tasks(work, kinds=kinds, concern_id=concern_id)
    for task in {task.id: task for task in tasks}.values():
        finish(work, task, state=NOT_NEEDED, note=BECAUSE)


async def withdraw_draft(work: UnitOfWork, share_id: UUID) -> None:
    """End a share that nobody has approved."""
    share = await work.sharing.lock(Share, share_id)
    if share is None or share.state != "draft":
        return
    share.state, share.ended_at = "revoked", work.now
    touch(work, share)
    stop_clock(work, share, "revoked")
    record_row(work, AuditEvent.SHARE_REVOKED, share, details={"from": "draft"})


async def withdraw_referral(work: UnitOfWork, referral_id: UUID, by: UUID, reason: str) -> None:
    """End a referral that nobody has approved, with the reason."""
    referral = await work.sharing.lock(Referral, referral_id)
    if referral is None or referral.state != "draft":
        return
    referral.state, referral.ended_at = "closed", work.now
    referral.due_at, referral.due_rule = None, None
    touch(work, referral)
    stop_clock(work, referral, "closed")
    row = new(
        work, ReferralEvent, referral_id=referral.id, kind="closed", by_id=by, route=None,
        text=reason, details={},
    )  # fmt: skip
    work.sharing.add(row)
    record_row(work, AuditEvent.REFERRAL_CLOSED, referral, details={"from": "draft"})


async def unlock_file(work: UnitOfWork, child_id: UUID, version: int, reason: str) -> FileLock:
    """Ask to unlock a file, or unlock it as the second of two people.

    A request lapses in time: an old one does not make the next one final. The second person has
    read the first one's request. Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`,
    `NotLocked`, `VersionStale`, `SecondPersonNeeded`.
    """
    child = await child_for(work, child_id, Permission.TRANSFER_APPROVE)
    lock = require_row(await stored.lock_row(work.session, child.school_id, child.id), NotLocked)
    check_version(lock, version)
    if lock.asked_by is None or await _has_lapsed(work, lock):
        lock.asked_by, lock.asked_at, lock.reason = work.actor.id, work.now, reason
        lock.version += 1
        work.record(
            AuditEvent.FILE_UNLOCKED, NOUN, child_id, child_id=child_id, reason=reason,
            details={"asked": True},
        )  # fmt: skip
        return lock
    if not rules.may_unlock(lock.asked_by, work.actor.id):
        raise SecondPersonNeeded
    lock.unlocked_by = work.actor.id
    unlock(work, lock, "two_people", reason)
    return lock


async def _has_lapsed(work: UnitOfWork, lock: FileLock) -> bool:
    calendar = await calendar_of(work)
    asked_at = lock.asked_at or lock.locked_at
    rule = rule_on(rules.UNLOCK, calendar.local(asked_at).date())
    return work.now > rule.due(asked_at, calendar)


def unlock(work: UnitOfWork, lock: FileLock, cause: str, reason: str | None = None) -> None:
    """Unlock the file, so that people can write to it again."""
    if lock.unlocked_at is not None:
        raise StateConflict
    lock.unlocked_at, lock.unlocked_because = work.now, cause
    lock.version += 1
    note(work, rules.TRANSFER, lock.transfer_id, "unlocked", text=reason)
    work.record(
        AuditEvent.FILE_UNLOCKED, NOUN, lock.child_id, child_id=lock.child_id, reason=reason,
        details={"because": cause},
    )  # fmt: skip


async def take_up_again(work: UnitOfWork, transfer: Transfer) -> None:
    """Reopen the concerns that the lock of a transfer closed, and alert their owners.

    An unread one needs to be acknowledged again, with its original limit.
    """
    driver = await work.driver()
    rows = await file_locks.closed_by(driver, transfer.school_id, transfer.id)
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
    take_step(work, concern, AuditEvent.CONCERN_REOPENED, state=state, reason=CAME_BACK)
    await reopened(work, concern.id)
    if concern.owner_id is not None and concern.owner_id != work.actor.id:
        urgent = concern.immediacy == "immediate_danger"
        tell(
            work, concern.owner_id, "concern_assigned", urgent=urgent, concern_id=concern.id,
            about=("concern", concern.id),
        )  # fmt: skip


async def unlock_returned(work: UnitOfWork) -> int:
    """Unlock the files of children who are on this school's roll again."""
    rows = await file_locks.back_again(await work.driver(), work.actor.school_id)
    for row in rows:
        lock = await stored.lock_row(work.session, work.actor.school_id, row["child_id"])
        if lock is not None:
            unlock(work, lock, "enrolled_again")
            await _ask_for_news(work, lock)
    return len(rows)


async def _ask_for_news(work: UnitOfWork, lock: FileLock) -> None:
    """Set a task to phone the school that had the file, because the child is on the roll again."""
    await set_task(
        work,
        SetTask(
            FROM_SCHOOL, child_id=lock.child_id, about=("transfer", lock.transfer_id),
            dedupe=f"{FROM_SCHOOL}:{lock.id}",
        ),
    )  # fmt: skip
