"""Change the school's calendar."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Permission
from app.db.models import ProposedChange
from app.db.repositories.duty import calendars
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell_calendar_changed
from app.domain.common.deadlines.commands import CalendarVersion, keep_calendar
from app.domain.common.proposed_changes.commands import overtake, propose
from app.domain.common.proposed_changes.rules import require_safeguarding, safeguards
from app.domain.duty.calendars.rules import problems_of
from app.domain.errors import SchoolNotFound, ValidationFailed, VersionStale

TOLD = (
    "zone", "opens", "closes", "terms", "days", "quiet_from", "quiet_until", "limits", "categories",
    "own_categories", "lead_hours", "lead_days", "call", "digests",
)  # fmt: skip
"""Fields that decide when alerts ring and what Cairn promises: changes alert the leads."""
HOURS = ("lead_hours", "lead_days")
"""Hours in which reporters read that someone checks now, and so do not phone."""
CALL = "call"
"""The field of the school's own numbers to phone."""


async def update_calendar(
    work: UnitOfWork, school_id: UUID, version: int, fields: Mapping[str, Any]
) -> int:
    """Save a new version of the calendar of the actor's school; returns its number.

    The fields are a JSON merge patch: null restores a default. Only a lead, deputy or head can
    change lead hours already set, or narrow the meaning of one of the school's own words; numbers
    that others change wait for one of them to confirm. Raises `PermissionMissing`,
    `SchoolNotFound`, `VersionStale`, `ValidationFailed`, `SecondPersonNeeded`.
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
    if _bends_hours(before, content) or _means_less(before, content):
        require_safeguarding(work.actor)
    await _hold_numbers(work, before, content)
    if content == before:
        return version
    await keep_calendar(
        work, CalendarVersion(version + 1, current["nation"], content), before, fields
    )
    changed = [name for name in TOLD if content.get(name) != before.get(name)]
    if changed:
        await tell_calendar_changed(work, changed)
    return version + 1


async def _hold_numbers(
    work: UnitOfWork, before: Mapping[str, Any], content: dict[str, Any]
) -> None:
    """Keep other numbers to phone until a second person confirms them."""
    calls, thing = [each.get("call", []) for each in (before, content)], _thing(work)
    if calls[0] == calls[1]:
        return
    if safeguards(work.actor):
        await overtake(work, thing, CALL)
        return
    await propose(work, thing, CALL, {CALL: calls[0]}, {CALL: calls[1]})
    content.pop(CALL, None)
    if CALL in before:
        content[CALL] = before[CALL]


async def confirm_numbers(work: UnitOfWork, change: ProposedChange) -> None:
    """Save the numbers to phone that a second person confirmed. Raises `VersionStale`."""
    await work.organisations.lock_own()
    current = await calendars.current(await work.driver(), work.actor.school_id)
    before = orjson.loads(current["content"])
    if before.get(CALL, []) != change.before[CALL]:
        raise VersionStale
    version = CalendarVersion(current["number"] + 1, current["nation"], {**before, **change.after})
    await keep_calendar(work, version, before, (CALL,))


def _thing(work: UnitOfWork) -> tuple[str, UUID]:
    return "calendar", work.actor.school_id


def _bends_hours(before: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether hours already set change."""
    return any(before.get(name) and content.get(name) != before[name] for name in HOURS)


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
