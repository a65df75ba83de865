"""Reads of check-ins: what there is to do for oneself, what leads see, and one of them."""

from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import CheckIn
from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.safety import check_ins as stored
from app.db.repositories.safety.check_ins import CheckInFilter
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HOLDER
from app.domain import policy
from app.domain.clocks.keeping import calendar_of
from app.domain.etags import etag
from app.domain.safety.check_ins import rules
from app.domain.safety.check_ins.kind import CHECK_IN
from app.domain.safety.check_ins.sight import check_in_for, is_mine


async def list_mine(reading: Reading, paging: PageOf) -> Page[dict[str, Any]]:
    """What the actor has to do: name, time and place, and no reason."""
    policy.require(reading.actor, Permission.TASK_DO)
    where = Conditions(reading.actor.school_id)
    me = where.place(reading.actor.id)
    where.keep(f"{me} in (t.owner_id, t.cover_id, t.asked_id)")
    CHECK_IN.keep(reading.actor, where, (HOLDER, True))
    rows = await stored.page_of_check_ins(reading.driver, where, CheckInFilter(), paging)
    return page_of(rows, paging, key=_key, shape=lambda row: _own(row, reading.actor.id))


def _own(row: Any, me: UUID) -> dict[str, Any]:
    return {
        "id": row["id"],
        "child": {"id": row["child_id"], "name": row["child_name"]},
        "opens_at": row["opens_at"],
        "due_at": row["due_at"],
        "place": row["place"],
        "mine": row["owner_id"] == me,
        "asked": row["asked_id"] == me,
        "etag": etag(row["version"]),
    }


async def list_check_ins(
    reading: Reading, asked: CheckInFilter, paging: PageOf
) -> Page[dict[str, Any]]:
    """Everybody's, for who keeps the support list."""
    policy.require(reading.actor, Permission.SUPPORT_LIST_READ)
    where = Conditions(reading.actor.school_id)
    CHECK_IN.keep(reading.actor, where)
    rows = await stored.page_of_check_ins(reading.driver, where, asked, paging)
    return page_of(rows, paging, key=_key, shape=shown)


def _key(row: Any) -> Cursor:
    return Cursor(row["sort_at"], row["id"])


async def open_check_in(work: UnitOfWork, check_in_id: UUID) -> tuple[CheckIn, dict[str, Any]]:
    """One check-in. Raises `PermissionMissing`, `CheckInNotFound`."""
    check_in = await check_in_for(work, check_in_id)
    work.record(AuditEvent.CHECK_IN_OPENED, rules.NOUN, check_in.id, child_id=check_in.child_id)
    return check_in, await whole(work, check_in)


async def whole(work: UnitOfWork, check_in: CheckIn) -> dict[str, Any]:
    """A check-in that may be seen, as it leaves."""
    row = await stored.one(await work.driver(), work.actor.school_id, check_in.id)
    missed = check_in.missed_at is not None or check_in.due_at <= work.now
    calendar = await calendar_of(work)
    verbs = rules.next_verbs(
        work.actor, is_open=check_in.ended_at is None,
        begun=rules.has_begun(check_in.opens_at, work.now, calendar),
        mine=is_mine(work.actor, check_in), asked=check_in.asked_id == work.actor.id, missed=missed,
    )  # fmt: skip
    return {**shown(row), "permissions": verbs}


def shown(row: Any) -> dict[str, Any]:
    """A row as leads see it."""
    return {
        "id": row["id"],
        "child": {"id": row["child_id"], "name": row["child_name"]},
        "opens_at": row["opens_at"],
        "due_at": row["due_at"],
        "place": row["place"],
        "owner": {"id": row["owner_id"], "name": row["owner_name"]},
        "cover": {"id": row["cover_id"], "name": row["cover_name"]},
        "asked": row["asked_id"] and {"id": row["asked_id"], "name": row["asked_name"]},
        "answer_due_at": row["answer_by"],
        "missed_at": row["missed_at"],
        "how": row["how"],
        "done_at": row["done_at"],
        "outcome": row["outcome"],
        "state": row["state"],
        "ended_at": row["ended_at"],
        "etag": etag(row["version"]),
    }
