"""A referral that went to the wrong agency is taken back, and what it was for is not forgotten."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Agency, Referral, Task
from app.db.repositories.sharing import referral_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.sharing.recipients.links import end_links
from app.domain.sharing.referrals import rules
from app.domain.sharing.referrals.delivering import WITHDRAWN as TAKEN_BACK
from app.domain.sharing.referrals.delivering import tell_agency
from app.domain.sharing.referrals.drafting import referral_at
from app.domain.sharing.referrals.steps import Note, end, go_on, move, note, traced
from app.domain.sharing.shares.content import strictest

TASK: Final = "refer_again"


@dataclass(frozen=True, slots=True)
class WithdrawReferral:
    """It went to the wrong agency, or should not have gone."""

    referral_id: UUID
    version: int
    reasons: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A referral that was taken back, and the task to refer to the right agency, if one is set."""

    referral: Referral
    refer_again: Task | None


async def withdraw_referral(work: UnitOfWork, wish: WithdrawReferral) -> Withdrawn:
    """Take back what was sent: its agency reads nothing of it from now on, by link or by key.

    It goes through whatever the agency did since. An emergency that nobody has reviewed is still
    reviewed. Raises `PermissionMissing`, `ReferralNotFound`, `ItemsHidden`, `VersionStale`,
    `StateConflict`, `DutyIsTheirs`.
    """
    referral = await referral_at(work, wish.referral_id, wish.version, "withdraw_referral")
    before = referral.state
    owed = rules.approval_owed(before, referral.approvals, referral.duty_of)
    move(work, referral, rules.WITHDRAWN)
    referral.challenge = None
    if owed:
        await go_on(work, referral, answered=True)
    else:
        end(work, referral, rules.WITHDRAWN)
    await end_links(work, "referral", referral.id, rules.WITHDRAWN)
    said = Note(rules.WITHDRAWN, work.now, work.actor.id, text=wish.reasons)
    event_id = note(work, referral, said)
    agency = await work.sharing.find(Agency, referral.agency_id)
    tell_agency(work, referral, agency, event_id, TAKEN_BACK)
    traced(work, referral, AuditEvent.REFERRAL_WITHDRAWN, {"from": before})
    return Withdrawn(referral, await _refer_again(work, referral))


def asked_of(task: Task | None) -> dict[str, Any] | None:
    """Who has to refer to the right agency, and by when."""
    if task is None:
        return None
    return {"task_id": task.id, "owner_id": task.owner_id, "due_at": task.due_at}


async def _refer_again(work: UnitOfWork, referral: Referral) -> Task | None:
    """Ask whoever has the concern to refer to the right agency, the same day.

    None where another referral of that kind is open for the child and the concern.
    """
    concern_id = referral.concern_id
    found = await referral_reads.after_withdrawing(
        await work.driver(), work.actor.school_id, referral.id
    )
    if found["another"]:
        return None
    also = [concern_id] if concern_id else []
    return await set_task(
        work,
        SetTask(
            TASK, child_id=referral.child_id, concern_id=concern_id,
            about=("referral", referral.id),
            confidentiality=await strictest(work, referral.items, also),
            first=found["concern_owner_id"] or referral.owner_id, barred=found["barred"],
            urgent=referral.urgency == "emergency",
        ),
    )  # fmt: skip
