"""Change the school's calendar."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Permission, Role
from app.db.repositories.duty import calendars, cover
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import require_watcher, tell
from app.domain.common.deadlines.commands import CalendarVersion, keep_calendar
from app.domain.duty.calendars.rules import problems_of
from app.domain.errors import SchoolNotFound, ValidationFailed, VersionStale

TOLD = (
    "zone", "opens", "closes", "days", "quiet_from", "quiet_until", "limits", "categories",
    "own_categories", "lead_hours", "lead_days", "call", "digests",
)  # fmt: skip
"""Fields that decide when alerts ring and what Cairn promises: changes alert the leads."""
HOURS = ("lead_hours", "lead_days")
"""Hours in which reporters read that someone checks now, and so do not phone."""


async def update_calendar(
    work: UnitOfWork, school_id: UUID, version: int, fields: Mapping[str, Any]
) -> int:
    """Save a new version of the calendar of the actor's school; returns its number.

    The fields are a JSON merge patch: null restores a default. Only a lead, deputy or head can
    change lead hours and phone numbers already set, or narrow the meaning of one of the school's
    own words. Raises `PermissionMissing`, `SchoolNotFound`, `VersionStale`, `ValidationFailed`,
    `SecondPersonNeeded`.
    """
    policy.require(work.actor, Permission.CALENDAR_CHANGE)
    if school_id != work.actor.school_id or await work.organisations.lock_own() is None:
        raise SchoolNotFound
    current = await calendars.current(await work.driver(), work.actor.school_id)
    if current["number"] != version:
        raise VersionStale
    before = orjson.loads(current["content"])
    content = merged(before, fields)
    if problems := problems_of(content, current["nation"]):
        raise ValidationFailed(problems=problems)
    if content == before:
        return version
    if _bends_who_is_reached(before, content) or _means_less(before, content):
        require_watcher(work.actor)
    await keep_calendar(
        work, CalendarVersion(version + 1, current["nation"], content), before, fields
    )
    if any(content.get(name) != before.get(name) for name in TOLD):
        await _tell(work)
    return version + 1


def _bends_who_is_reached(before: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether set hours change or a phone number is removed; adding numbers is harmless."""
    names = [name for name in HOURS if before.get(name)]
    saved = [item for item in content.get("call", ()) if item in before.get("call", ())]
    return any(content.get(name) != before[name] for name in names) or saved != [
        *before.get("call", ())
    ]


def _means_less(before: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether one of the school's own words loses a common category from its meaning."""
    now = content.get("own_categories", {})
    return any(
        code in now and not {*now[code]["categories"]}.issuperset(word["categories"])
        for code, word in before.get("own_categories", {}).items()
    )


def merged(content: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The content after a merge patch (RFC 7396): objects merge, lists are whole, null removes."""
    result = dict(content)
    for name, value in fields.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            result[name] = merged(result.get(name) or {}, value)
        else:
            result[name] = value
    return result


async def _tell(work: UnitOfWork) -> None:
    """Alert leads and heads, except the person who made the change."""
    driver, today = await work.driver(), work.today
    team = await cover.team_of(
        driver, work.actor.school_id, today, today + timedelta(days=1),
        (*policy.LEADS, Role.HEADTEACHER),
    )  # fmt: skip
    for person in dict.fromkeys(row["staff_id"] for row in team):
        if person != work.actor.id:
            tell(work, person, "calendar_changed")
