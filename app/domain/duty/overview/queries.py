"""A lead's day: what is new, waits, is overdue or due today, and what waits for others."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from app.core.words import Actor, Permission
from app.db.paging import Conditions
from app.db.reading import Reading
from app.db.repositories.duty import calendars, overview
from app.db.repositories.duty.overview import Ask, OverviewSight
from app.db.visibility import BARRED
from app.domain import kinds, policy
from app.domain.deadlines.commands import calendar_from

P = Permission


def overview_sight(actor: Actor) -> OverviewSight:
    """How far the actor sees, for the statements of a day."""
    listed = (one for one in kinds.owned_kinds() if one.permits(actor))
    return OverviewSight(actor, {one.name: partial(_keep, one, actor) for one in listed})


def _keep(kind: kinds.Kind[Any], actor: Actor, where: Conditions) -> None:
    """What the reader sees of a kind; what is about them a day leaves out anyway."""
    kind.keep(actor, where, (BARRED, False))


def _waiting(*, mine: bool) -> Mapping[str, str]:
    """Where the next step is somebody else's: a signature, an answer, another's action."""
    return {
        one.name: one.waiting[0 if mine else 1]
        for one in kinds.owned_kinds()
        if one.waiting is not None
    }


async def read_overview(reading: Reading, *, mine: bool) -> dict[str, tuple[int, str]]:
    """Each section: how many, and the first cards as JSON text. Raises `PermissionMissing`.

    `mine` keeps to what the reader owns or set; else everything their lists show.
    """
    policy.require(reading.actor, P.OVERVIEW_READ)
    driver, sight = reading.driver, overview_sight(reading.actor)
    found = await calendars.current(driver, reading.actor.school_id)
    calendar = calendar_from(found["number"], found["nation"], found["content"])
    now = reading.now
    midnight = calendar.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = (midnight + timedelta(days=1)).astimezone(now.tzinfo)
    waiting, nouns = _waiting(mine=mine), list(sight.kept)
    asks = {
        "new": Ask(["concern"], mine, only={"concern": "t.state = 'raised'"}),
        "overdue": Ask(nouns, mine, due_before=now),
        "due_today": Ask(nouns, mine, due_from=now, due_before=tomorrow),
        "waiting_for_others": Ask(nouns, False, only=waiting),
        "reviews_due": Ask(["review"], mine, due_before=tomorrow),
        "monitoring": Ask(["monitoring_alert"], mine),
    }
    sections = {name: await overview.section(driver, sight, ask) for name, ask in asks.items()}
    return {**sections, "unacknowledged": await overview.tray(driver, sight)}
