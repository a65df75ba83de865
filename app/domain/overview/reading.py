"""A lead's day: what is new, waits, is overdue or due today, and what waits for others."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from app.core.words import Actor, Permission
from app.db.paging import Conditions
from app.db.reading import Reading
from app.db.repositories import calendars, overview
from app.db.repositories.overview import Ask, OverviewSight
from app.db.visibility import BARRED
from app.domain import kinds, policy
from app.domain.access.concerns import sight_of
from app.domain.clocks.keeping import calendar_from

P = Permission
NEEDS: Final[Mapping[str, Permission]] = {
    "share": P.SHARE_READ,
    "referral": P.REFERRAL_READ,
}
"""What opens the list of each noun; the adult register has a day of its own."""
OF_MINE: Final[Mapping[str, str]] = {
    "share": "t.owner_id = {me} and t.state in ('draft', 'available', 'opened')",
    "referral": "t.owner_id = {me} and t.state in ('sent', 'acknowledged', 'chased', 'challenged')",
}
OF_ALL: Final[Mapping[str, str]] = {
    "share": "t.state in ('draft', 'available', 'opened')",
    "referral": "t.state in ('sent', 'acknowledged', 'chased', 'challenged')",
}
"""Where the next step is somebody else's: a signature, an answer, another's action."""


def overview_sight(actor: Actor) -> OverviewSight:
    """How far the actor sees, for the statements of a day."""
    nouns = [noun for noun, needed in NEEDS.items() if policy.may(actor, needed)]
    described = [one for one in kinds.owned_kinds() if one.permits(actor)]
    nouns += [one.name for one in described]
    kept = {one.name: partial(_keep, one, actor) for one in described}
    return OverviewSight(sight_of(actor), nouns, kept)


def _keep(kind: kinds.Kind[Any], actor: Actor, where: Conditions) -> None:
    """What the reader sees of a kind; what is about them a day leaves out anyway."""
    kind.keep(actor, where, (BARRED, False))


def _waiting(*, mine: bool) -> Mapping[str, str]:
    """Where the next step is somebody else's: a signature, an answer, another's action."""
    described = {
        one.name: one.waiting[0 if mine else 1]
        for one in kinds.owned_kinds()
        if one.waiting is not None
    }
    return {**(OF_MINE if mine else OF_ALL), **described}


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
    waiting, nouns = _waiting(mine=mine), sight.nouns
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
