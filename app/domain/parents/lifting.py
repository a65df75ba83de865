"""Two people who say, each with a reason, that somebody barred may be told all the same."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import Did, Permission
from app.db.models import Child, Contact, ContactLift
from app.db.repositories import lifts as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import child_for
from app.domain.access.locks import check_unlocked
from app.domain.children.records import hard_mark
from app.domain.clocks.choosing import check_furthest
from app.domain.clocks.errors import DueTimePassed
from app.domain.clocks.keeping import calendar_of
from app.domain.clocks.rules import rule_on
from app.domain.errors import ContactNotFound, SecondPersonNeeded, VersionStale
from app.domain.etags import etag
from app.domain.parents.errors import BarChanged, LiftNotFound, LiftOver, NothingBars
from app.domain.parents.gathering import codes_of_mark

NOUN: Final = "lift"
HOLDS: Final = "sh.lift"
MAY: Final = Permission.CONCERN_DECIDE


async def ask_lift(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, reason: str, until: datetime | None,
    lift_id: UUID | None = None,
) -> ContactLift:  # fmt: skip
    """Ask that somebody who is barred may be told: nothing changes until a second person agrees.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`,
    `ContactNotFound`, `NothingBars`, `FileLocked`, `DueTimePassed`, `DueTooFar`.
    """
    child = await _child(work, child_id)
    mark = hard_mark(await _contact(work, child, contact_id), work.today)
    if mark is None:
        raise NothingBars
    lift = ContactLift(
        school_id=work.actor.school_id, id=lift_id or new_id(), child_id=child.id,
        contact_id=contact_id, mark=mark, asked_by=work.actor.id, asked_at=work.now,
        asked_reason=reason, until=await _until(work, until), version=1, changed_at=work.now,
    )  # fmt: skip
    work.children.add(lift)
    _trace(work, lift, Did.LIFT_ASKED, reason)
    return lift


async def agree_lift(
    work: UnitOfWork, child_id: UUID, lift_id: UUID, version: int, reason: str
) -> ContactLift:
    """Agree as the second person: it holds from now on, for a while.

    Raises as `ask_lift`, `LiftNotFound`, `VersionStale`, `LiftOver`, `SecondPersonNeeded`,
    `BarChanged`.
    """
    child = await _child(work, child_id)
    lift = await _lift(work, child, lift_id, version)
    if lift.asked_by == work.actor.id or lift.agreed_by is not None:
        raise SecondPersonNeeded
    contact = await _contact(work, child, lift.contact_id)
    if hard_mark(contact, work.today) != lift.mark:
        raise BarChanged
    lift.agreed_by, lift.agreed_at, lift.agreed_reason = work.actor.id, work.now, reason
    _touch(work, lift)
    _trace(work, lift, Did.LIFT_AGREED, reason)
    return lift


async def end_lift(
    work: UnitOfWork, child_id: UUID, lift_id: UUID, version: int, reason: str
) -> ContactLift:
    """Say that it does not hold any more; one person suffices. Raises as `agree_lift`."""
    child = await _child(work, child_id)
    lift = await _lift(work, child, lift_id, version)
    lift.ended_at, lift.ended_by, lift.end_reason = work.now, work.actor.id, reason
    _touch(work, lift)
    _trace(work, lift, Did.LIFT_ENDED, reason)
    return lift


async def list_lifts(work: UnitOfWork, child_id: UUID) -> list[dict[str, Any]]:
    """Every lift of a child, newest first; the look leaves a trace. Raises as `child_for`."""
    child = await child_for(work, child_id, Permission.SAFETY_READ)
    work.record(Did.CHILD_OPENED, "child", child.id, child_id=child.id, details={"part": "lifts"})
    rows = await stored.of_child(await work.driver(), work.actor.school_id, child.id)
    return [_shown(work, row) for row in rows]


async def whole(work: UnitOfWork, lift: ContactLift) -> dict[str, Any]:
    """A lift as it leaves."""
    await work.session.flush()
    driver = await work.driver()
    (row,) = await stored.of_child(driver, work.actor.school_id, lift.child_id, lift.id)
    return _shown(work, row)


async def _child(work: UnitOfWork, child_id: UUID) -> Child:
    policy.require(work.actor, Permission.SAFETY_READ)
    child = await child_for(work, child_id, MAY, lock=True)
    await check_unlocked(work, child.id)
    return child


async def _contact(work: UnitOfWork, child: Child, contact_id: UUID) -> Contact:
    contact = await work.children.find(Contact, contact_id)
    if contact is None or contact.child_id != child.id:
        raise ContactNotFound
    return contact


async def _lift(work: UnitOfWork, child: Child, lift_id: UUID, version: int) -> ContactLift:
    lift = await work.children.lock(ContactLift, lift_id)
    if lift is None or lift.child_id != child.id:
        raise LiftNotFound
    if lift.version != version:
        raise VersionStale
    if lift.ended_at is not None or lift.until <= work.now:
        raise LiftOver
    return lift


async def _until(work: UnitOfWork, until: datetime | None) -> datetime:
    if until is None:
        calendar = await calendar_of(work)
        return rule_on(HOLDS, calendar.local(work.now).date()).due(work.now, calendar)
    if until <= work.now:
        raise DueTimePassed
    await check_furthest(work, until, HOLDS)
    return until


def _touch(work: UnitOfWork, lift: ContactLift) -> None:
    lift.version += 1
    lift.changed_at = work.now


def _trace(work: UnitOfWork, lift: ContactLift, did: Did, reason: str) -> None:
    work.record(
        did, NOUN, lift.id, child_id=lift.child_id, reason=reason,
        after={"reason": reason, "mark": lift.mark, "until": written(lift.until)},
        details={"contact_id": str(lift.contact_id)},
    )  # fmt: skip


def _state(work: UnitOfWork, row: Any) -> str:
    if row["ended_at"] is not None:
        return "ended"
    if row["until"] <= work.now:
        return "over"
    return "stands" if row["agreed_at"] is not None else "asked"


def _shown(work: UnitOfWork, row: Any) -> dict[str, Any]:
    state = _state(work, row)
    verbs = []
    if policy.may(work.actor, MAY) and state in ("asked", "stands"):
        mine = row["asked_by"] == work.actor.id
        verbs = ["end_lift"] if mine or state == "stands" else ["agree_lift", "end_lift"]
    return {
        "id": row["id"],
        "child_id": row["child_id"],
        "contact": {"id": row["contact_id"], "name": row["contact_name"]},
        "bars": codes_of_mark(row["mark"]),
        "state": state,
        **{
            name: row[name]
            for name in (
                "asked_at", "asked_reason", "agreed_at", "agreed_reason", "until", "ended_at",
                "end_reason",
            )
        },
        **{
            name: row[name] and {"id": row[name], "name": row[f"{name}_name"]}
            for name in ("asked_by", "agreed_by", "ended_by")
        },
        "etag": etag(row["version"]),
        "permissions": verbs,
    }  # fmt: skip
