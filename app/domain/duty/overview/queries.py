"""A lead's day: what is new, waits, is overdue or due today, and what others have to do."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from app.core.words import Actor, Permission
from app.db.paging import Conditions
from app.db.reading import Reading
from app.db.repositories.duty import calendars, overview
from app.db.repositories.duty.overview import Ask, OverviewAccess, Within
from app.db.visibility import BARRED
from app.domain import kinds, policy
from app.domain.access.concern_access.queries import access_filter as concern_facts
from app.domain.deadlines.commands import calendar_from

P = Permission


def overview_access(actor: Actor) -> OverviewAccess:
    """How far the actor sees, for the statements of a day."""
    listed = (one for one in kinds.owned_kinds() if one.permits(actor))
    return OverviewAccess(
        actor, {one.name: partial(_keep, one, actor) for one in listed}, concern_facts(actor).keep
    )


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

    `mine` keeps to what the reader owns or set. Default: everything their lists show.
    """
    policy.require(reading.actor, P.OVERVIEW_READ)
    driver, access = reading.driver, overview_access(reading.actor)
    kept = await calendars.current(driver, reading.actor.school_id)
    calendar = calendar_from(kept["number"], kept["nation"], kept["content"])
    now = reading.now
    midnight = calendar.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = (midnight + timedelta(days=1)).astimezone(now.tzinfo)
    waiting, nouns = _waiting(mine=mine), list(access.kept)
    found = await overview.sections(driver, access, Ask(nouns, mine, due_before=tomorrow), {
        "new": Ask(["concern"], mine, only={"concern": "t.state = 'raised'"}),
        "overdue": Within(due_before=now),
        "due_today": Within(due_from=now),
        "waiting_for_others": Ask(nouns, False, only=waiting),
        "reviews_due": Within(noun="review"),
        "monitoring": Ask(["monitoring_alert"], mine),
    })  # fmt: skip
    found["unacknowledged"] = found.pop("tray")
    return found
