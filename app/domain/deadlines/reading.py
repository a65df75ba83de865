"""Opening the clocks a record had: by which rule, in which calendar, from when to when."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from app.core.words import Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories import deadlines
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import facts_of
from app.domain.access.sharing import ItemsHidden
from app.domain.check_ins.queries import open_check_in
from app.domain.clocks.rules import rule_of
from app.domain.concerns.reading import note_opening
from app.domain.deadlines.errors import RecordNotFound
from app.domain.errors import ConcernNotFound, NotFound
from app.domain.kinds import KINDS
from app.domain.referrals.showing import open_referral
from app.domain.shares.showing import open_share
from app.domain.steps import open_record
from app.domain.tasks.queries import open_task


async def _open_concern(work: UnitOfWork, concern_id: UUID) -> None:
    """Its reporter sees no clocks: they would tell how it is worked on."""
    policy.require(work.actor, Permission.CONCERN_READ)
    sight = await work.concerns.sight_of(concern_id)
    if sight is None:
        raise ConcernNotFound
    last = policy.concern_chain(work.actor, facts_of(work.actor, sight))[-1]
    if last.effect is not policy.Effect.ALLOW:
        raise ConcernNotFound
    note_opening(work, sight, last)


OPENS: Mapping[str, Callable[[UnitOfWork, UUID], Awaitable[Any]]] = {
    "concern": _open_concern,
    "share": open_share,
    "referral": open_referral,
    "task": open_task,
    "check_in": open_check_in,
}
"""Records whose clocks can be asked for, and what opens each and leaves what trace it leaves."""


async def open_deadlines(
    work: UnitOfWork, noun: str, thing_id: UUID, asked: PageOf
) -> Page[dict[str, Any]]:
    """Every clock the record ever had, the newest first; opening it leaves a trace.

    Raises `PermissionMissing` for a role that opens no such record, else `RecordNotFound` where
    this one may not be opened.
    """
    try:
        if (described := KINDS.get(noun)) is not None:
            await open_record(work, described, thing_id, part="deadlines")
        else:
            await OPENS[noun](work, thing_id)
    except (NotFound, ItemsHidden) as hidden:
        raise RecordNotFound from hidden
    rows = await deadlines.page_of_clocks(
        await work.driver(), work.actor.school_id, noun, thing_id, asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["made_at"], row["id"]), shape=_shown)


def _shown(row: Any) -> dict[str, Any]:
    acknowledged = row["acknowledged_by"] and {
        "id": row["acknowledged_by"], "name": row["acknowledged_by_name"] or ""
    }  # fmt: skip
    return {
        **{name: row[name] for name in SHOWN},
        **_of_the_book(row),
        "chosen": row["calendar"] is None,
        "rounds": row["round"],
        "acknowledged_by": acknowledged,
    }


SHOWN = (
    "id", "rule_id", "rule_version", "calendar", "calendar_version", "ladder", "started_at",
    "due_at", "made_at", "ended_at", "ended_because", "acknowledged_at",
)  # fmt: skip


def _of_the_book(row: Any) -> dict[str, Any]:
    """Title and source as the book has them; null for a clock that is older than the book."""
    try:
        rule = rule_of(row["rule_id"], row["rule_version"])
    except KeyError:
        return {"title": None, "source": None}
    return {"title": rule.title, "source": rule.source}
