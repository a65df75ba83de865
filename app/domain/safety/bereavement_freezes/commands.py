"""Freeze, end or pause work after a confirmed death, and resume it after a mistake."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.facts import facts_of
from app.db.models import (
    BereavementCase,
    CheckIn,
    ConcernCase,
    FrozenFile,
    RecipientLink,
    SupportListEntry,
    SupportPlan,
    Task,
    noun_of,
)
from app.db.models.base import SchoolRow
from app.db.repositories.safety import bereavement_cases as stored
from app.db.repositories.safety import bereavement_freezes, support_plans
from app.db.repositories.sharing import transfers
from app.db.unit_of_work import Job, UnitOfWork
from app.db.visibility import mentioned_concerns
from app.db.work_visibility import MOVED
from app.domain.access.share_access.queries import share_for
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import run_on, stop_clock
from app.domain.common.owners.rules import OwnedResource, counted
from app.domain.duty.tasks.commands import finish
from app.domain.errors import StateConflict
from app.domain.etags import check_version
from app.domain.kinds import DEATH, DEATH_UNDONE, AtDeath, Kind, owned_kinds
from app.domain.safety.bereavement_cases.errors import PartNotFound
from app.domain.safety.bereavement_cases.queries import case_for, require_writer
from app.domain.safety.check_ins.commands import drop_all
from app.domain.safety.safety_plan_versions.commands import stop_plans
from app.domain.safety.support_list.commands import end_entry as take_off
from app.domain.safety.support_plans.commands import end_for_child
from app.domain.sharing.file_locks.commands import withdraw_draft, withdraw_referral
from app.domain.sharing.recipient_links.commands import MAIL
from app.domain.steps import new, record_row, touch

NOUN = "child_file"
FROZEN = "file_frozen"

BECAUSE = "The child has died. Two people have confirmed it."
OUTCOME = "died"
Row = TypeVar("Row", bound=SchoolRow)

PUT_BACK = "put_back"


async def freeze(work: UnitOfWork, case: BereavementCase, child_id: UUID) -> list[UUID]:
    """Freeze the file; concerns about only this child stop ringing.

    They are not closed: they keep their state. Returns their IDs.
    """
    row = new(
        work, FrozenFile, child_id=child_id, case_id=case.id, frozen_at=work.now,
        frozen_by=work.actor.id,
    )  # fmt: skip
    work.children.add(row)
    ids = await bereavement_freezes.concerns_of(await work.driver(), case.school_id, child_id)
    open_ = await bereavement_freezes.lock_open_concerns(work.session, case.school_id, ids)
    for concern in open_:
        concern.frozen_at = work.now
        stop_clock(work, concern, FROZEN)
    work.record(
        AuditEvent.FILE_FROZEN, NOUN, child_id, child_id=child_id, details={"case_id": str(case.id)}
    )
    return ids


async def unfreeze(work: UnitOfWork, case: BereavementCase, child_id: UUID, reason: str) -> None:
    """Unfreeze the file after a mistaken confirmation: people can write to it again.

    Concerns resume, each due by the clock that ran when it stopped: an unread one is due as before.
    """
    row = await bereavement_freezes.lock_freeze_of(work.session, case)
    if row is None:
        return
    row.undone_at, row.undone_by, row.reason = work.now, work.actor.id, reason
    ids = await bereavement_freezes.concerns_of(await work.driver(), case.school_id, child_id)
    open_ = await bereavement_freezes.lock_open_concerns(work.session, case.school_id, ids)
    concerns = [item for item in open_ if item.frozen_at is not None]
    for concern in concerns:
        concern.frozen_at = None
    await run_on(work, concerns)
    work.record(
        AuditEvent.FILE_THAWED, NOUN, child_id, child_id=child_id, reason=reason,
        details={"case_id": str(case.id)},
    )  # fmt: skip


async def pause_family(work: UnitOfWork, child_id: UUID) -> None:
    """Pause every live link to the child's contacts: no mail, and no opening.

    Other systems of the school learn of it in the same commit, by the child's ID only.
    """
    ids = await stored.family_links(await work.driver(), work.actor.school_id, child_id)
    for link in await work.recipients.lock_all(RecipientLink, ids):
        link.paused_at = work.now
        await work.recipients.end_sessions(link.id, work.now)
        _record(work, AuditEvent.LINK_PAUSED, link)
    work.record(AuditEvent.CONTACT_PAUSED, "child", child_id, child_id=child_id)


async def resume_family(work: UnitOfWork, child_id: UUID) -> None:
    """Resume paused links after a mistaken confirmation."""
    ids = await stored.paused_links(await work.driver(), work.actor.school_id, child_id)
    for link in await work.recipients.lock_all(RecipientLink, ids):
        _resume(work, link)
    work.record(AuditEvent.CONTACT_RESUMED, "child", child_id, child_id=child_id)


async def resume_link(
    work: UnitOfWork, case_id: UUID, link_id: UUID, version: int
) -> BereavementCase:
    """Resume one link, as a lead's decision: it can be mailed and opened again.

    The version is that of the case, which shows the links: people who write to a bereaved family
    have read its present state. Raises as `case_for`, `PermissionMissing`, `VersionStale`,
    `PartNotFound`, as `share_for`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    require_writer(work.actor)
    check_version(case, version)
    link = await work.recipients.lock(RecipientLink, link_id)
    if case.child_id is None or link is None or link.share_id is None:
        raise PartNotFound
    ids = await stored.paused_links(await work.driver(), case.school_id, case.child_id)
    if link.id not in ids:
        raise PartNotFound
    await share_for(work, link.share_id, Permission.SHARE_READ)
    if link.ended_at is not None or link.expires_at <= work.now:
        raise StateConflict("This link has ended. If the family wants to read it, share it again.")
    _resume(work, link)
    touch(work, case)
    return case


def _resume(work: UnitOfWork, link: RecipientLink) -> None:
    link.paused_at = None
    _record(work, AuditEvent.LINK_RESUMED, link)
    if link.mailed_at is None and link.address is not None and link.ended_at is None:
        work.enqueue(Job(MAIL, {"link_id": str(link.id)}))


def _record(work: UnitOfWork, did: AuditEvent, link: RecipientLink) -> None:
    work.record(did, link.resource_type, link.resource_id, details={"link_id": str(link.id)})


async def stop_everything(work: UnitOfWork, child_id: UUID, concerns: Sequence[UUID]) -> None:
    """End all open work about a child, and plans, unless the kind says why it continues.

    `concerns` are about nobody else; work that is also about someone alive continues.
    """
    for kind, says in _ending():
        for row in await _open(work, kind.model, child_id, concerns):
            _end(work, kind, says, row, child_id)
    for task in await _open(work, Task, child_id, concerns):
        finish(work, task, state="not_needed", outcome=OUTCOME, note=BECAUSE)
    await _stop_support(work, child_id)
    await _stop_drafts(work, child_id)


def _ending() -> list[tuple[Kind[Any], AtDeath]]:
    return [
        (kind, kind.at_death) for kind in owned_kinds() if isinstance(kind.at_death, AtDeath)
    ]  # fmt: skip


def _end(work: UnitOfWork, kind: Kind[Any], says: AtDeath, row: Any, child_id: UUID) -> None:
    row.ended_at, row.ended_by = work.now, work.actor.id
    setattr(row, says.reason, BECAUSE)
    _move(kind, row, DEATH)
    touch(work, row)
    stop_clock(work, row, OUTCOME)
    details = _named(row)
    about = {"details": details} if details else {"child_id": child_id}
    record_row(work, says.ended, row, reason=BECAUSE, **about)


def _move(kind: Kind[Any], row: Any, verb: str) -> None:
    if verb in kind.moves:
        row.state = kind.moves[verb][row.state]


def _named(row: Any) -> dict[str, str]:
    """Log details by concern for rows without a child of their own."""
    return {"concern_id": str(row.concern_id)} if type(row).hangs_on_concern() else {}


async def _stop_drafts(work: UnitOfWork, child_id: UUID) -> None:
    """End unapproved drafts; what was sent stays with its owner."""
    driver, school_id = await work.driver(), work.actor.school_id
    for id_ in await transfers.ids_of(driver, transfers.OPEN_DRAFTS, school_id, child_id):
        await withdraw_draft(work, id_)
    for id_ in await transfers.ids_of(driver, transfers.OPEN_REFERRAL_DRAFTS, school_id, child_id):
        await withdraw_referral(work, id_, work.actor.id, BECAUSE)


async def _stop_support(work: UnitOfWork, child_id: UUID) -> None:
    await end_for_child(work, child_id, BECAUSE)
    await drop_all(work, await _open(work, CheckIn, child_id), BECAUSE)
    await stop_plans(work, child_id, BECAUSE)
    for entry in await _open(work, SupportListEntry, child_id):
        await take_off(work, entry, BECAUSE)


async def _open(
    work: UnitOfWork, kind: type[Row], child_id: UUID, concerns: Sequence[UUID] = ()
) -> list[Row]:
    school_id = work.actor.school_id
    return await bereavement_freezes.lock_open_of(work.session, school_id, kind, child_id, concerns)


async def put_back(work: UnitOfWork, case: BereavementCase, child_id: UUID) -> int:
    """Resume what ended with the confirmation, but nothing that ended for another reason.

    Alerts its owners. What fell due meanwhile is overdue, and rings. Returns how many cases stay
    closed because one of their concerns has moved or otherwise stays ended.
    """
    at = case.decided_at
    if at is None:
        return 0
    concerns = await bereavement_freezes.concerns_of(await work.driver(), case.school_id, child_id)
    back: list[Any] = await _check_ins(work, child_id, at, await _plan(work, child_id, at))
    back += await _ended(work, Task, child_id, at, concerns, outcome=OUTCOME)
    for row in back:
        AGAIN[noun_of(type(row))](work, row)
    for kind, says in _ending():
        for row in await _ended(work, kind.model, child_id, at, concerns, **{says.reason: BECAUSE}):
            _take_up(work, kind, says, row)
            back.append(row)
    await run_on(work, back)
    await _put_back_on_support_list(work, child_id, at)
    _tell(work, back)
    closed = await bereavement_freezes.lock_ended_then(
        work.session, case.school_id, ConcernCase, child_id, at, end_reason=BECAUSE
    )
    return len(closed)


def _take_up(work: UnitOfWork, kind: Kind[Any], says: AtDeath, row: Any) -> None:
    row.ended_at = row.ended_by = None
    setattr(row, says.reason, None)
    _move(kind, row, DEATH_UNDONE)
    touch(work, row)
    record_row(work, says.again, row, details={**_named(row), "because": PUT_BACK})


async def _plan(work: UnitOfWork, child_id: UUID, at: datetime) -> SupportPlan | None:
    """The support plan that was ended; not if the pupil has another by now."""
    there = await support_plans.plan_of(work.session, work.actor.school_id, child_id)
    ended = await _ended(work, SupportPlan, child_id, at)
    if there is not None or not ended:
        return None
    plan = ended[0]
    plan.ended_at = plan.ended_by = None
    touch(work, plan)
    record_row(
        work, AuditEvent.SUPPORT_PLAN_CHANGED, plan, child_id=child_id,
        details={"record_id": str(plan.record_id), "because": PUT_BACK},
    )  # fmt: skip
    await work.session.flush()
    return plan


async def _check_ins(
    work: UnitOfWork, child_id: UUID, at: datetime, plan: SupportPlan | None
) -> list[CheckIn]:
    """Check-ins of the resumed plan, and those without a current plan."""
    ended = await _ended(work, CheckIn, child_id, at, state="dropped")
    return [item for item in ended if plan is not None or item.plan_id is None]


async def _put_back_on_support_list(work: UnitOfWork, child_id: UUID, at: datetime) -> None:
    """Put the pupil back on the support list with the former reasons and end dates."""
    for entry in await _ended(work, SupportListEntry, child_id, at, end_reason=BECAUSE):
        entry.ended_at = entry.ended_by = entry.end_reason = None
        touch(work, entry)
        record_row(
            work, AuditEvent.SUPPORT_LIST_RENEWED, entry, child_id=child_id,
            details={"reason_code": entry.reason_code, "until": written(entry.until)},
        )  # fmt: skip
    await work.session.flush()


async def _ended(
    work: UnitOfWork, kind: type[Row], child_id: UUID, at: datetime,
    concerns: Sequence[UUID] = (), **why: str,
) -> list[Row]:  # fmt: skip
    """Lock what ended at the moment of the confirmation for the given reason.

    Leaves out work about a concern that has moved meanwhile: nobody here reads it any more.
    """
    school_id = work.actor.school_id
    rows = await bereavement_freezes.lock_ended_then(
        work.session, school_id, kind, child_id, at, concerns, **why
    )
    facts = await facts_of(await work.driver(), school_id, kind, [row.id for row in rows])
    return [
        row
        for row in rows
        if all(of.confidentiality != MOVED for of in mentioned_concerns(facts[row.id]))
    ]


def _check_in_again(work: UnitOfWork, row: CheckIn) -> None:
    row.state, row.ended_at, row.ended_by = "open", None, None
    touch(work, row)
    record_row(
        work, AuditEvent.CHECK_IN_CHANGED, row, details={"because": PUT_BACK, "person_id": None}
    )


def _task_again(work: UnitOfWork, row: Task) -> None:
    row.state, row.outcome, row.note = "open", None, None
    row.ended_at = row.ended_by = None
    touch(work, row)
    record_row(
        work, AuditEvent.TASK_SET, row,
        details={
            "kind": row.kind, "owner_id": str(row.owner_id), "due_rule": row.due_rule,
            "because": PUT_BACK,
        },
    )  # fmt: skip


AGAIN: Final[Mapping[str, Callable[[UnitOfWork, Any], None]]] = {
    "check_in": _check_in_again, "task": _task_again,
}  # fmt: skip
"""How to resume work that has its own command for ending."""


def _tell(work: UnitOfWork, back: Sequence[Any]) -> None:
    """Alert each owner once, except the person who undoes it: how much work is theirs again."""
    for person in dict.fromkeys(row.owner_id for row in back):
        if person == work.actor.id:
            continue
        things = [
            OwnedResource(row.__clocked__, row.id, person, urgent=getattr(row, "urgent", False))
            for row in back
            if row.owner_id == person
        ]
        urgent = any(thing.urgent for thing in things)
        only = (things[0].resource_type, things[0].id) if len(things) == 1 else None
        tell(work, person, "work_handed_over", urgent=urgent, about=only, counts=counted(things))
