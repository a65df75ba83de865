"""Counting open clocks again after the calendar has changed, each by its own rule and version."""

from collections.abc import Sequence
from typing import Any

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import AuditEvent
from app.db.repositories.duty import deadlines
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.clocks.rules import Rule, rule_of
from app.domain.kinds import audit_log_of
from app.formats.calendars import SchoolCalendar


async def recompute(work: UnitOfWork) -> int:
    """Move every due time that the calendar, as it stands, puts elsewhere; answers how many.

    What a person chose stays, as does a clock whose rule is no more in the book. Doing it again
    changes nothing.
    """
    calendar = await calendar_of(work)
    driver = await work.driver()
    rows = await deadlines.by_rule(driver, work.actor.school_id)
    moving: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
    for row in rows:
        clock = _again(row, calendar)
        if clock is not None:
            moving.setdefault(row["noun"], []).append((row, clock))
    return sum([await _move(work, noun, clocks) for noun, clocks in moving.items()])


def _again(row: Any, calendar: SchoolCalendar) -> dict[str, Any] | None:
    """The clock with the due time it has now, or None where that is the same."""
    rule = _rule(row)
    if rule is None or (due_at := rule.due(row["started_at"], calendar)) == row["due_at"]:
        return None
    return {
        "old_id": str(row["id"]),
        "id": str(new_id()),
        "thing_id": str(row["thing_id"]),
        "calendar": rule.limit_in(calendar).calendar,
        "calendar_version": calendar.version,
        "due_at": due_at,
    }


def _rule(row: Any) -> Rule | None:
    try:
        return rule_of(row["rule_id"], row["rule_version"])
    except KeyError:
        return None


async def _move(work: UnitOfWork, noun: str, clocks: Sequence[tuple[Any, dict[str, Any]]]) -> int:
    moved = await deadlines.move(
        await work.driver(), work.actor.school_id, noun, [clock for _, clock in clocks],
        by=work.actor.id, at=work.now,
    )  # fmt: skip
    for row, clock in clocks:
        if row["id"] in moved:
            work.record(
                AuditEvent.DEADLINE_RECOMPUTED, noun, row["thing_id"], child_id=moved[row["id"]],
                before={"due_at": written(row["due_at"])},
                after={"due_at": written(clock["due_at"])},
                details={
                    "rule": row["rule_id"], "from": written(row["due_at"]),
                    "to": written(clock["due_at"]),
                    "calendar_version": clock["calendar_version"],
                },
                register=audit_log_of(noun),
            )  # fmt: skip
    return len(moved)
