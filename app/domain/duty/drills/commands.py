"""Starting a drill of a ladder, and ending it: by hand, or at the first acknowledgement."""

from datetime import timedelta
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Drill
from app.db.repositories.duty import cover as duty_cover
from app.db.repositories.duty import drills
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of, deadline, stop_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.duty.cover import rules as cover
from app.domain.duty.drills.errors import DrillOver, DrillRunning, DrillTooSoon
from app.domain.duty.drills.kind import DRILL
from app.domain.duty.drills.schemas import DrillIn
from app.domain.duty.ladder.rules import ladders
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.etags import check_version
from app.domain.policy import LEADS
from app.domain.steps import find_target, new, record_row

RULE = "drill.acknowledge"
APART = timedelta(minutes=10)
"""Between the beginnings of two drills of a ladder."""
ACKNOWLEDGED, IN_TRUST, ENDED = "acknowledged", "acknowledged_in_trust", "ended"


async def start_drill(work: UnitOfWork, body: DrillIn) -> Drill:
    """Start a drill: it rings at once, first for the person who would own a new concern now.

    Raises `PermissionMissing`, `ValidationFailed`, `DrillRunning`, `DrillTooSoon`.
    """
    policy.require(work.actor, Permission.DRILL_RUN)
    if body.ladder not in ladders():
        problem = FieldProblem("/ladder", "unknown_ladder", "Cairn cannot find this ladder.")
        raise ValidationFailed(problems=[problem])
    await work.organisations.lock_own()  # two drills of a ladder must not begin at once
    await _check_last(work, body.ladder)
    drill = new(
        work, Drill, body, owner_id=await _on_duty(work) or work.actor.id, due_at=work.now,
        started_by=work.actor.id, started_at=work.now,
    )  # fmt: skip
    work.staff.add(drill)
    await _begin(work, drill)
    record_row(
        work, AuditEvent.DRILL_STARTED, drill,
        details={"ladder": drill.ladder, "owner_id": str(drill.owner_id)},
    )  # fmt: skip
    return drill


async def _check_last(work: UnitOfWork, ladder: str) -> None:
    last = await drills.last_of(await work.driver(), work.actor.school_id, ladder)
    if last is None:
        return
    if last["ended_at"] is None:
        raise DrillRunning
    if work.now < last["started_at"] + APART:
        raise DrillTooSoon(last["started_at"] + APART)


async def _on_duty(work: UnitOfWork) -> UUID | None:
    """The first lead, deputy or stand-in who is there today."""
    driver, school_id, day = await work.driver(), work.actor.school_id, work.today
    end = day + timedelta(days=1)
    team = await duty_cover.team_of(driver, school_id, day, end, LEADS)
    absences = await duty_cover.absences_of(driver, school_id, day, end)
    on_duty = cover.on_duty(
        [cover.Spell(row["staff_id"], row["valid_from"], row["valid_to"]) for row in team],
        [
            cover.Away(row["away_id"], row["valid_from"], row["valid_to"], (*row["covered_by"],))
            for row in absences
        ],
        day,
    )
    return next(iter(on_duty), None)


async def _begin(work: UnitOfWork, drill: Drill) -> None:
    calendar = await calendar_of(work)
    rule = rule_on(RULE, calendar.local(work.now).date())
    clock = deadline("drill", drill.id, rule, calendar, started=work.now, due_at=drill.due_at)
    work.keep_time({**clock, "ladder": drill.ladder})


async def end_drill(work: UnitOfWork, drill_id: UUID, version: int) -> Drill:
    """End a drill by hand. Raises `PermissionMissing`, `DrillNotFound`, `VersionStale`,

    `DrillOver`.
    """
    drill = (await find_target(work, DRILL, drill_id, lock=True)).row
    check_version(drill, version)
    if drill.ended_at is not None:
        raise DrillOver
    _finish(work, drill, ENDED)
    return drill


async def end_acknowledged(work: UnitOfWork, drill_id: UUID, *, in_trust: bool) -> None:
    """End a drill that someone acknowledged: it has served its purpose."""
    drill = await work.staff.lock(Drill, drill_id)
    if drill is not None and drill.ended_at is None:
        _finish(work, drill, IN_TRUST if in_trust else ACKNOWLEDGED)


def _finish(work: UnitOfWork, drill: Drill, reason_code: str) -> None:
    drill.ended_at, drill.ended_reason_code = work.now, reason_code
    drill.version += 1
    stop_clock(work, drill, reason_code)
    record_row(work, AuditEvent.DRILL_ENDED, drill, details={"because": reason_code})
