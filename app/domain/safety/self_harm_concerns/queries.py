"""A lead's view of a pathway: steps, possible next ones, and other records of the pupil.

Other records are a list of places to check: no count, no trend, and never a statement that there is
nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from app.core.moments import written
from app.core.words import Actor
from app.db.models import SelfHarm
from app.db.paging import Conditions
from app.db.repositories.safety import self_harm as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concern_access.queries import access_filter
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.deadlines.rules import rule_on
from app.domain.duty.calendars.queries import on_around
from app.domain.duty.tasks.commands import open_tasks
from app.domain.duty.tasks.kind import TASK
from app.domain.duty.tasks.rules import TELL_REPORTER
from app.domain.kinds import KINDS
from app.domain.safety.records.kind import RECORD
from app.domain.safety.self_harm import rules as self_harm_rules
from app.domain.safety.self_harm.commands import pupils_in
from app.domain.safety.self_harm.rules import OWED
from app.domain.safety.self_harm_messages import rules
from app.domain.safety.self_harm_messages.rules import NOTHING_KNOWN, REVIEW
from app.domain.steps import known_among

OF_ROWS = ("id", "child_id", "position")
"""Columns of a mark that link it to a child."""
OF_WORK = ("state", "last_event_at", "pupils")
WORK_OF_STEP = ("from_state", "to_state", "child_ids")
"""Fields that only people who work on the concern see."""


async def parts(
    work: UnitOfWork, concern_id: UUID, *, whole: bool
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The pathway and the unmatched child of a visible concern.

    Its reporter sees only their own disclosure and their own steps.
    """
    result = await stored.parts_of(
        await work.driver(),
        work.actor.school_id,
        concern_id,
        steps_by=None if whole else work.actor.id,
    )
    pathway, unmatched = result.pathway, result.unmatched
    if unmatched is not None:
        saved = [_without(mark, OF_ROWS) for mark in unmatched["marks"]]
        unmatched["marks"] = saved
    if pathway is None:
        return None, unmatched
    pathway["review"] = REVIEW
    if not whole:
        pathway["steps"] = [_without(step, WORK_OF_STEP) for step in pathway["steps"]]
        return _without(pathway, OF_WORK), unmatched
    nobody_knows = not result.subjects or (unmatched or {}).get("matched_at", "") is None
    pupils = [*result.subjects, *([None] if nobody_knows else [])]
    states = self_harm_rules.states_of(pathway["state"], pathway["pupils"], pupils)
    pathway["pupils"] = self_harm_rules.standing(states, result.outstanding)
    open_kinds = {item["kind"] for item in result.outstanding}
    pathway["next"] = rules.next_words(open_kinds, pathway["told"], pathway["state"])
    pathway["at_school_then"] = await on_around(work, datetime.fromisoformat(pathway["begun_at"]))
    return pathway | await _also_known(work, concern_id, result.subjects), unmatched


async def waits_for_agency(work: UnitOfWork, concern_id: UUID) -> bool:
    """Whether a referral of a concern was sent and is unanswered, as far as the actor may know."""
    sent = await stored.list_unanswered(work.session, work.actor.school_id, concern_id)
    return bool(await known_among(work, KINDS["referral"], sent))


async def is_work_open(work: UnitOfWork, concern_id: UUID, kinds: Sequence[str]) -> bool:
    """Whether tasks of some kinds are open, as far as the actor may know.

    Those of a pathway are part of it, and told with it. Closing itself tells the reporter.
    """
    tasks = await open_tasks(work, kinds=kinds, concern_id=concern_id)
    others = [task.id for task in tasks if task.kind not in (TELL_REPORTER, *OWED)]
    return any(task.kind in OWED for task in tasks) or bool(await known_among(work, TASK, others))


async def standing(work: UnitOfWork, pathway: SelfHarm) -> list[dict[str, Any]]:
    """Each pupil of a locked pathway: their state and open tasks."""
    outstanding = await open_tasks(work, kinds=sorted(OWED), concern_id=pathway.id)
    states = self_harm_rules.states_of(
        pathway.state, pathway.pupils, await pupils_in(work, pathway.id)
    )
    rows = [
        {"kind": task.kind, "child_id": task.child_id, "due_at": written(task.due_at)}
        for task in outstanding
    ]
    return self_harm_rules.standing(states, rows)


async def _also_known(
    work: UnitOfWork, concern_id: UUID, children: Sequence[UUID]
) -> dict[str, Any]:
    since = await also_known_since(work)
    also_known = await stored.also_known(
        await work.driver(), access_filter(work.actor), concern_id, children, since,
        partial(_keep_records, work.actor),
    )  # fmt: skip
    return {
        "also_known": also_known,
        "also_known_since": since,
        "also_known_note": rules.ALSO_KNOWN if also_known else NOTHING_KNOWN,
    }


def _keep_records(actor: Actor, where: Conditions) -> None:
    if RECORD.permits(actor):
        RECORD.keep(actor, where, row="r")
    else:
        where.keep("false")


async def also_known_since(work: UnitOfWork) -> datetime:
    """How far back other records about a pupil are shown."""
    calendar = await calendar_of(work)
    limit = rule_on(self_harm_rules.ALSO_KNOWN, calendar.local(work.now).date()).limit_in(calendar)
    return work.now - timedelta(days=limit.days + 31 * limit.months, minutes=limit.minutes)


def _without(row: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
