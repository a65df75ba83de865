"""Finds unusual reading in new entries of the audit log, and keeps the review of a notice."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission, Role
from app.db.models import ReadingNotice
from app.db.repositories.access import reading_notices as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.reading_notices import rules
from app.domain.access.reading_notices.kind import READING_NOTICE
from app.domain.access.reading_notices.rules import Noticed, Opening
from app.domain.access.reading_notices.schemas import NoticeReviewIn
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, deadline, stop_clock
from app.domain.common.deadlines.rules import rule_on
from app.domain.common.owners.queries import people_here, waits_with
from app.domain.common.owners.rules import OwnedResource, next_owner, why_not
from app.domain.steps import Details, Target, step

BATCH = 5_000


@step(
    READING_NOTICE, AuditEvent.READING_REVIEWED, Permission.ACCESS_REVIEW, body=NoticeReviewIn,
)  # fmt: skip
async def review_notice(
    work: UnitOfWork, target: Target[ReadingNotice], body: NoticeReviewIn
) -> Details:
    """Say what came of looking; never by the person whose reading it is about."""
    row = target.row
    row.reviewed_at, row.reviewed_by = work.now, work.actor.id
    row.review_outcome, row.review_note = body.outcome, body.note
    stop_clock(work, row, "reviewed")
    return {"outcome": body.outcome}


class NobodyToLook(Exception):
    """Nobody may review a notice, and nobody could hold it meanwhile: nothing was saved.

    The entries stay to be judged.
    """


async def notice_reading(work: UnitOfWork) -> tuple[int, int]:
    """Judge the school's next audit log entries; returns how many were read, and notices made.

    Idempotent: one event has one notice however often it is judged. Raises `NobodyToLook`.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    entries = await stored.new_entries(driver, school_id, rules.OPENED, BATCH)
    if not entries:
        return 0, 0
    new = [_opening(row) for row in entries if row["opens"]]
    made = 0
    for noticed in await _judge(work, new) if new else []:
        made += await _keep(work, noticed)
    last = entries[-1]
    await stored.move_cursor(driver, school_id, last["xid"], last["seq"])
    return len(entries), made


def _opening(row: Any) -> Opening:
    return Opening(row["id"], row["at"], row["actor_id"], row["child_id"])


async def _judge(work: UnitOfWork, new: Sequence[Opening]) -> list[Noticed]:
    driver, school_id = await work.driver(), work.actor.school_id
    settings = await stored.limits_set(driver, school_id)
    many = rules.limits_of(rules.MANY_FILES, settings)
    lonely = rules.limits_of(rules.NO_WORKING_REASON, settings)
    readers = sorted({item.reader_id for item in new})
    span = timedelta(minutes=many["minutes"])
    around = await stored.openings_around(
        driver, school_id, readers, rules.OPENED, min(item.at for item in new) - span,
        max(item.at for item in new) + span,
    )  # fmt: skip
    pairs = sorted({(item.reader_id, item.child_id) for item in new})
    since = work.now - timedelta(days=lonely["days"])
    reasons = await stored.reasons_of(driver, school_id, pairs, since)
    colleagues = await stored.children_of_staff(
        driver, school_id, sorted({child for _, child in pairs})
    )
    ids = frozenset(item.id for item in new)
    return [
        *rules.many_files([_opening(row) for row in around], many, ids),
        *rules.without_reason(new, reasons, colleagues, lonely),
    ]


async def _keep(work: UnitOfWork, noticed: Noticed) -> int:
    """Save a notice with an owner who is not the reader; alert them and the head.

    If the same reader and rule have an open notice for this window, its rows grow and nobody is
    alerted again.
    """
    openings = sorted(noticed.openings, key=lambda opening: (opening.at, opening.id))
    ids, measured = [opening.id for opening in openings], _to_json(noticed.measured)
    if open_one := await stored.extend_notice(
        await work.driver(), work.actor.school_id, noticed.reader_id, noticed.rule.id,
        noticed.since, openings[-1].at, ids, openings[0].at, openings[-1].at, noticed.child_id,
        measured,
    ):  # fmt: skip
        _record(work, open_one, noticed)
        return 0
    id_, calendar = new_id(), await calendar_of(work)
    owner, notified = await _who_looks(work, id_, noticed)
    rule = rule_on(rules.REVIEW, calendar.local(work.now).date())
    due_at = rule.due(work.now, calendar)
    added = await stored.add_notice(
        await work.driver(), work.actor.school_id, id_, noticed.rule.id, noticed.rule.version,
        noticed.reader_id, noticed.child_id, openings[0].at, openings[-1].at,
        measured, ids, noticed.dedupe, owner, due_at, work.now,
    )  # fmt: skip
    if not added:
        return 0
    work.keep_time(deadline("reading_notice", id_, rule, calendar, started=work.now, due_at=due_at))
    for person in notified:
        tell(work, person, "reading_noticed", about=("reading_notice", id_))
    _record(work, id_, noticed)
    return 1


async def _who_looks(
    work: UnitOfWork, notice_id: UUID, noticed: Noticed
) -> tuple[UUID, Sequence[UUID]]:
    """Choose the owner of a notice and the people to alert: a lead and the head, never the reader.

    If nobody here may review it, it is kept for the next person. `owners.settle` then hands it
    over, and meanwhile alerts those who can appoint someone, or the trust. Raises `NobodyToLook`.
    """
    children = frozenset(opening.child_id for opening in noticed.openings)
    locked_out = frozenset({noticed.reader_id})
    thing = OwnedResource("reading_notice", notice_id, None, about=children, barred=locked_out)
    people = await people_here(work)
    able = [person for person in people if why_not(person, thing) is None]
    owner = next_owner(people, thing) or await waits_with(work, thing)
    if owner is None:
        raise NobodyToLook
    heads = [item.id for item in able if Role.HEADTEACHER.value in item.roles][:1]
    return owner, list(dict.fromkeys([owner, *heads])) if able else ()


def _record(work: UnitOfWork, id_: UUID, noticed: Noticed) -> None:
    work.record(
        AuditEvent.READING_NOTICED, "reading_notice", id_, child_id=noticed.child_id,
        details={"rule": noticed.rule.id, "version": noticed.rule.version,
                 "reader_id": str(noticed.reader_id), "entries": len(noticed.openings)},
    )  # fmt: skip


def _to_json(measured: Any) -> str:
    return orjson.dumps(dict(measured)).decode()
