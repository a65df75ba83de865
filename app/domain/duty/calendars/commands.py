"""How a school's calendar changes, and how open clocks are counted again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import AuditEvent, Permission, Role
from app.db.models import SchoolCalendarVersion
from app.db.repositories.duty import calendars, cover, deadlines
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.alerts.commands import require_watcher, tell
from app.domain.deadlines.commands import calendar_of
from app.domain.deadlines.rules import Rule, rule_of
from app.domain.duty.calendars.rules import problems_of
from app.domain.errors import SchoolNotFound, ValidationFailed, VersionStale
from app.domain.kinds import audit_log_of
from app.formats.calendars import SchoolCalendar

TOLD = (
    "zone", "opens", "closes", "days", "quiet_from", "quiet_until", "limits", "categories",
    "own_categories", "lead_hours", "lead_days", "call", "digests",
)  # fmt: skip
"""What decides when alerts ring and what is promised: leads hear of a change of it."""
HOURS = ("lead_hours", "lead_days")
"""Where reporters are told that somebody looks now, and so do not phone."""


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


@dataclass(frozen=True, slots=True)
class ChangeCalendar:
    """A merge patch of the content (JSON values); null takes a field back to its default."""

    school_id: UUID
    version: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Version:
    """A version about to be kept."""

    number: int
    nation: str
    content: Mapping[str, Any]


async def change_calendar(work: UnitOfWork, wish: ChangeCalendar) -> int:
    """Keep a new version of the actor's school's calendar; answers its number.

    Lead hours and numbers that were set need a lead, deputy or head to change them, and so does
    what a word of the school's own means less than before.
    Raises `PermissionMissing`, `SchoolNotFound`, `VersionStale`, `ValidationFailed`,
    `SecondPersonNeeded`.
    """
    policy.require(work.actor, Permission.CALENDAR_CHANGE)
    if wish.school_id != work.actor.school_id or await work.organisations.lock_own() is None:
        raise SchoolNotFound
    found = await calendars.current(await work.driver(), work.actor.school_id)
    if found["number"] != wish.version:
        raise VersionStale
    before = orjson.loads(found["content"])
    content = merged(before, wish.fields)
    if problems := problems_of(content, found["nation"]):
        raise ValidationFailed(problems=problems)
    if content == before:
        return wish.version
    if _bends_who_is_reached(before, content) or _means_less(before, content):
        require_watcher(work.actor)
    version = _Version(wish.version + 1, found["nation"], content)
    await _keep(work, version, before, wish.fields)
    if any(content.get(name) != before.get(name) for name in TOLD):
        await _tell(work)
    return version.number


def _bends_who_is_reached(before: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether hours that were said change, or a number is taken away; more numbers bend nothing."""
    said = [name for name in HOURS if before.get(name)]
    kept = [one for one in content.get("call", ()) if one in before.get("call", ())]
    return any(content.get(name) != before[name] for name in said) or kept != [
        *before.get("call", ())
    ]


def _means_less(before: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether a word of the school's own no longer means a common category that it meant."""
    now = content.get("own_categories", {})
    return any(
        code in now and not {*now[code]["categories"]}.issuperset(word["categories"])
        for code, word in before.get("own_categories", {}).items()
    )


async def nation_changed(work: UnitOfWork) -> None:
    """Keep a version with another nation's bank holidays; the school is locked and changed."""
    found = await calendars.current(await work.driver(), work.actor.school_id)
    content = orjson.loads(found["content"])
    version = _Version(found["number"] + 1, found["nation"], content)
    await _keep(work, version, content, ("nation",))


def merged(content: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The content after a merge patch (RFC 7396): objects merge, lists are whole, null removes."""
    found = dict(content)
    for name, value in fields.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, Mapping):
            found[name] = merged(found.get(name) or {}, value)
        else:
            found[name] = value
    return found


async def _keep(
    work: UnitOfWork, version: _Version, before: Mapping[str, Any], fields: Collection[str]
) -> None:
    kept = {**version.content, "nation": version.nation}
    row = SchoolCalendarVersion(
        school_id=work.actor.school_id, id=new_id(), number=version.number, content=kept,
        made_by=work.actor.id, made_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    work.know_calendar(version.number, version.nation, orjson.dumps(kept).decode())
    moved = await recompute(work)
    work.record(
        AuditEvent.CALENDAR_CHANGED, "calendar", row.id, before=before, after=kept,
        details={"number": version.number, "fields": sorted(fields), "recomputed": moved},
    )  # fmt: skip


async def _tell(work: UnitOfWork) -> None:
    """Leads and heads learn of it, but for the person who did it."""
    driver, today = await work.driver(), work.today
    team = await cover.team_of(
        driver, work.actor.school_id, today, today + timedelta(days=1),
        (*policy.LEADS, Role.HEADTEACHER),
    )  # fmt: skip
    for person in dict.fromkeys(row["staff_id"] for row in team):
        if person != work.actor.id:
            tell(work, person, "calendar_changed")
