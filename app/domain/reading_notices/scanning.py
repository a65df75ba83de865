"""Looking through new entries of the trail for reading that is unusual."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.ids import new_id
from app.core.words import Did, Role
from app.db.repositories import reading_notices as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of, deadline
from app.domain.clocks.rules import rule_on
from app.domain.conflicts.moving import candidates_for
from app.domain.reading_notices import rules
from app.domain.reading_notices.rules import Noticed, Opening

BATCH = 5_000


async def notice_reading(work: UnitOfWork) -> tuple[int, int]:
    """Judge the next entries of this school's trail; answers how many were read, and notices.

    Idempotent: one event has one notice however often it is looked at.
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
    readers = sorted({one.reader_id for one in new})
    span = timedelta(minutes=many["minutes"])
    around = await stored.openings_around(
        driver, school_id, readers, rules.OPENED, min(one.at for one in new) - span,
        max(one.at for one in new) + span,
    )  # fmt: skip
    pairs = sorted({(one.reader_id, one.child_id) for one in new})
    since = work.now - timedelta(days=lonely["days"])
    reasons = await stored.reasons_of(driver, school_id, pairs, since)
    colleagues = await stored.children_of_staff(
        driver, school_id, sorted({child for _, child in pairs})
    )
    ids = frozenset(one.id for one in new)
    return [
        *rules.many_files([_opening(row) for row in around], many, ids),
        *rules.without_reason(new, reasons, colleagues, lonely),
    ]


async def _keep(work: UnitOfWork, noticed: Noticed) -> int:
    """Keep a notice with an owner who is not the reader, and tell them and the head.

    Where one of the same reader and rule is open for this window its rows grow, and nobody is
    told again.
    """
    openings = sorted(noticed.openings, key=lambda one: (one.at, one.id))
    ids, packed = [one.id for one in openings], _packed(noticed.measured)
    if open_one := await stored.extend_notice(
        await work.driver(), work.actor.school_id, noticed.reader_id, noticed.rule.id,
        noticed.since, openings[-1].at, ids, openings[0].at, openings[-1].at, noticed.child_id,
        packed,
    ):  # fmt: skip
        _record(work, open_one, noticed)
        return 0
    children = sorted({one.child_id for one in openings})
    people = await candidates_for(work, None, children)
    free = [one for one in people if not one.in_conflict and one.id != noticed.reader_id]
    told: list[UUID] = []
    for role in (Role.DSL, Role.HEADTEACHER):
        told += [one.id for one in free if one.role == role][:1]
    told = list(dict.fromkeys(told)) or [one.id for one in free[:1]]
    if not told:
        return 0
    id_, calendar = new_id(), await calendar_of(work)
    rule = rule_on(rules.REVIEW, calendar.local(work.now).date())
    due_at = rule.due(work.now, calendar)
    added = await stored.add_notice(
        await work.driver(), work.actor.school_id, id_, noticed.rule.id, noticed.rule.version,
        noticed.reader_id, noticed.child_id, openings[0].at, openings[-1].at,
        packed, ids, noticed.dedupe, told[0], due_at, work.now,
    )  # fmt: skip
    if not added:
        return 0
    work.keep_time(deadline("reading_notice", id_, rule, calendar, started=work.now, due_at=due_at))
    for person in told:
        tell(work, person, "reading_noticed", about=("reading_notice", id_))
    _record(work, id_, noticed)
    return 1


def _record(work: UnitOfWork, id_: UUID, noticed: Noticed) -> None:
    work.record(
        Did.READING_NOTICED, "reading_notice", id_, child_id=noticed.child_id,
        details={"rule": noticed.rule.id, "version": noticed.rule.version,
                 "reader_id": str(noticed.reader_id), "entries": len(noticed.openings)},
    )  # fmt: skip


def _packed(measured: Any) -> str:
    return orjson.dumps(dict(measured)).decode()
