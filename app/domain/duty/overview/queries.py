"""A lead's day: what is new, pending, overdue or due today, and what others have to do."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from app.core.words import Actor, Permission
from app.db.paging import Conditions
from app.db.reading import Reading
from app.db.repositories.duty import overview
from app.db.repositories.duty.overview import Ask, OverviewAccess, Within
from app.db.visibility import BARRED
from app.domain import kinds, policy
from app.domain.access.concern_access.queries import access_filter as concern_facts
from app.domain.common.deadlines.commands import calendar_from
from app.domain.duty.alerts.queries import hidden_of

P = Permission


def overview_access(actor: Actor) -> OverviewAccess:
    """The actor's access, for the statements of a day."""
    listed = (owned_kind for owned_kind in kinds.owned_kinds() if owned_kind.permits(actor))
    return OverviewAccess(
        actor,
        {item.name: partial(_keep, item, actor) for item in listed},
        concern_facts(actor).keep,
    )


def _keep(kind: kinds.Kind[Any], actor: Actor, where: Conditions) -> None:
    """Keep what the reader sees of a kind; a day already leaves out what is about them."""
    kind.keep(actor, where, (BARRED, False))


def _waiting(*, mine: bool) -> Mapping[str, str]:
    """Conditions for a next step that is someone else's: a signature, an answer, an action."""
    return {
        owned_kind.name: owned_kind.waiting[0 if mine else 1]
        for owned_kind in kinds.owned_kinds()
        if owned_kind.waiting is not None
    }


async def read_overview(reading: Reading, *, mine: bool) -> dict[str, tuple[int, str]]:
    """Read each section: its count, and the first rows as JSON text. Raises `PermissionMissing`.

    `mine`: only what the reader owns or set. Default: everything their lists show.
    """
    policy.require(reading.actor, P.OVERVIEW_READ)
    driver, access = reading.driver, overview_access(reading.actor)
    current, own = await overview.beginning_of(driver, reading.actor)
    calendar = calendar_from(current["number"], current["nation"], current["content"])
    now = reading.now
    midnight = calendar.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = (midnight + timedelta(days=1)).astimezone(now.tzinfo)
    waiting, nouns = _waiting(mine=mine), list(access.conditions)
    hidden = await hidden_of(reading, own)
    sections = await overview.sections(driver, access, Ask(nouns, mine, due_before=tomorrow), {
        "new": Ask(["concern"], mine, only={"concern": "t.state = 'raised'"}),
        "overdue": Within(due_before=now),
        "due_today": Within(due_from=now),
        "waiting_for_others": Ask(nouns, False, only=waiting),
        "reviews_due": Within(resource_type="review"),
        "monitoring": Ask(["monitoring_alert"], mine),
    }, hidden)  # fmt: skip
    sections["unacknowledged"] = sections.pop("inbox")
    return sections
