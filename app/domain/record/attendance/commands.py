"""Take in attendance marks: unexplained absences, and pupils back before they were due.

A mark of a pupil off the support list is discarded at once, and the sender never learns which
pupils those are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.repositories.record import attendance as stored
from app.db.repositories.safety import reintegrations
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.record.attendance.schemas import MarkIn
from app.domain.safety.check_ins.commands import pupil_absent
from app.domain.steps import touch

CALL, CHECK = "absence_call", "reintegration_check"
ABSENT: Final = "absent"
AWAY: Final = 2
"""Days of absence after which coming back is a reintegration, announced or not."""
RECENT: Final = 3
"""Days after which a mark is only saved, and nobody is sent to check."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Number of marks taken in, and the rejected lines, each with a code."""

    taken: int
    lines: Sequence[tuple[int, str]]


async def take_marks(work: UnitOfWork, marks: Sequence[MarkIn]) -> Taken:
    """Take in a batch; a repeated one changes nothing. Raises `PermissionMissing`."""
    policy.require(work.actor, Permission.ATTENDANCE_SEND)
    driver, school_id = await work.driver(), work.actor.school_id
    sent = [item.identifier for item in marks]
    numbers = [None if item is None else (item.system, item.value) for item in sent]
    asked = [item for item in numbers if item is not None]
    result = await stored.by_identifiers(driver, school_id, asked) if asked else []
    by_code = {(row["system"], row["value"]): row["child_id"] for row in result}
    named = [
        item.child_id or by_code.get(number or ("", ""))
        for item, number in zip(marks, numbers, strict=True)
    ]
    rows = await stored.looked_after(
        driver, school_id, [item for item in named if item is not None]
    )
    known = {row["named"]: row for row in rows}
    today = (await calendar_of(work)).local(work.now).date()
    lines: list[tuple[int, str]] = []
    for number, (mark, child) in enumerate(zip(marks, named, strict=True), 1):
        if child not in known:
            lines.append((number, "child_unknown"))
        elif mark.on > today:
            lines.append((number, "date_to_come"))
        elif _is_looked_after(known[child]):
            await _keep(work, known[child], mark, today)
    taken = len(marks) - len(lines)
    work.record(AuditEvent.ATTENDANCE_TAKEN, "attendance", None, details={"taken": taken})
    return Taken(taken, lines)


def _is_looked_after(child: Mapping[str, Any]) -> bool:
    """Whether to save a mark at all; after a death nobody phones about an absence."""
    return not child["died"] and (bool(child["has_social_worker"]) or _is_supported(child))


def _is_supported(child: Mapping[str, Any]) -> bool:
    return bool(child["looked_after"]) or child["reintegration_id"] is not None


async def _keep(work: UnitOfWork, child: Mapping[str, Any], mark: MarkIn, today: date) -> None:
    driver, school_id = await work.driver(), work.actor.school_id
    at = mark.at or work.now
    is_new = await stored.keep_mark(
        driver, school_id, new_id(), child["id"], mark.on, mark.session, mark.mark,
        mark.explained, at, work.now,
    )  # fmt: skip
    if not is_new or (today - mark.on).days > RECENT:
        return
    since = min(at, work.now) if mark.on == today else work.now
    if mark.mark == ABSENT:
        if mark.on == today:
            await pupil_absent(work, child["id"])
        if not mark.explained:
            await _call(work, child["id"], mark, since)
        return
    await _tell_of_arrival(work, child["id"], mark)
    if await _is_reintegration(work, child, mark):
        await _check(work, child, mark, since)


async def _call(work: UnitOfWork, child_id: UUID, mark: MarkIn, since: datetime) -> None:
    """Set a task to phone; one open call covers both sessions of its day, until the pupil came.

    Another day is another call, however many are open; an older one stays until a person ends it.
    """
    day = mark.on.isoformat()
    calls = await open_tasks(work, kinds=[CALL], child_id=child_id)
    if any(item.facts.get("on") == day and "marked_since" not in item.facts for item in calls):
        return
    await set_task(
        work,
        SetTask(
            CALL, child_id=child_id, confidentiality=ANYONE, rule_id="sh.absence_call",
            since=since, urgent=True, facts={"on": day, "session": mark.session},
        ),
    )  # fmt: skip


async def _tell_of_arrival(work: UnitOfWork, child_id: UUID, mark: MarkIn) -> None:
    """Add to the open calls that the pupil has come; a person ends the task."""
    for task in await open_tasks(work, kinds=[CALL], child_id=child_id):
        task.facts = {**task.facts, "marked_since": mark.mark}
        touch(work, task)


async def _is_reintegration(work: UnitOfWork, child: Mapping[str, Any], mark: MarkIn) -> bool:
    """Whether the pupil is back unannounced, or on another day than expected."""
    if not _is_supported(child):
        return False
    if child["reintegration_id"] is not None:
        return bool(child["expected_on"] != mark.on)
    away = await stored.away_before(
        await work.driver(), work.actor.school_id, child["id"], mark.on, AWAY
    )
    return away == AWAY


async def _check(work: UnitOfWork, child: Mapping[str, Any], mark: MarkIn, since: datetime) -> None:
    """Set a task to see the pupil this morning: once a day, until their return is recorded."""
    about = child["reintegration_id"]
    has_plan = await reintegrations.has_plan(await work.driver(), work.actor.school_id, child["id"])
    await set_task(
        work,
        SetTask(
            CHECK, child_id=child["id"], about=("reintegration", about) if about else None,
            rule_id="sh.reintegration_check", since=since, urgent=True,
            facts={"on": mark.on.isoformat(), "mark": mark.mark, "has_plan": has_plan},
            dedupe=f"reintegration_check:{about or child['id']}:{mark.on}",
        ),
    )  # fmt: skip
