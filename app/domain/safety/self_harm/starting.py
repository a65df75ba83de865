"""Putting a concern that stands on the pathway, and putting right what was told."""

from datetime import datetime
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Concern, SelfHarm, UnmatchedChild
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.clocks.acknowledging import acknowledge_rule
from app.domain.clocks.keeping import calendar_of, start_clock
from app.domain.clocks.rules import rule_on
from app.domain.duty.tasks import rules as task_rules
from app.domain.duty.tasks.setting import open_tasks
from app.domain.safety.linked_concerns.firing import queue_link_check
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.beginning import is_at_school
from app.domain.safety.self_harm.listing import put_on_support_list
from app.domain.safety.self_harm.pathway import (
    pathway_of,
    set_missing,
    step_row,
    subjects_of,
    take,
)
from app.domain.safety.self_harm.plans import read_plans_soon

UNSAID = "worry_without_words"


async def pathway_for(work: UnitOfWork, concern: Concern) -> SelfHarm:
    """The pathway of a locked concern, locked; it begins with a worry where there is none."""
    found = await pathway_of(work, concern.id, lock=True)
    return found or await begin(work, concern, UNSAID)


async def begin(work: UnitOfWork, concern: Concern, kind: str) -> SelfHarm:
    """Put a locked concern that was raised without it on the pathway, with all that is owed."""
    pathway = SelfHarm(
        school_id=concern.school_id, id=concern.id, kind_told=kind, told={},
        reported_immediacy=concern.immediacy, begun_by=work.actor.id, begun_at=work.now,
        kind=kind, state=rules.NOTICED, last_event_at=work.now, changed_at=work.now,
    )  # fmt: skip
    work.concerns.add(pathway)
    await work.session.flush()
    work.concerns.add(step_row(work, concern.id, rules.NOTICED, None, rules.NOTICED, {}))
    work.record(
        AuditEvent.CONCERN_STEP_TAKEN, "concern", concern.id,
        details={"step": rules.NOTICED, "to": rules.NOTICED},
    )  # fmt: skip
    at_school = is_at_school(await calendar_of(work), work.now)
    at_home = concern.alleged_source_of_harm in rules.HOME
    kinds = rules.first_tasks(at_school=at_school, harm_at_home=at_home)
    subjects = await subjects_of(work, concern.id)
    if not subjects and await work.concerns.find(UnmatchedChild, concern.id) is None:
        _find_out(work, concern)
        kinds.append(rules.UNMATCHED)
    await set_missing(work, concern.id, kinds)
    await put_on_support_list(work, concern.id, subjects)
    await read_plans_soon(work, concern.id, subjects)
    await _read_sooner(work, concern, kind)
    queue_link_check(work)
    return pathway


def _find_out(work: UnitOfWork, concern: Concern) -> None:
    """Nobody in it is the pupil whom it is about: somebody finds out who that is."""
    work.concerns.add(
        UnmatchedChild(
            school_id=concern.school_id, id=concern.id, told={"unknown": []}, marks=[],
            matched_at=None, matched_by=None,
        )
    )  # fmt: skip


async def put_right(work: UnitOfWork, concern: Concern, kind: str, amendment_id: UUID) -> None:
    """What was told is put right by an amendment: the first is kept, and clocks begin anew.

    On a concern without a pathway it begins one.
    """
    pathway = await pathway_of(work, concern.id, lock=True)
    if pathway is None:
        await begin(work, concern, kind)
        return
    before = pathway.kind
    if kind == before:
        return
    details = {"from": before, "kind": kind, "amendment_id": amendment_id}
    await take(work, pathway, rules.KIND_AMENDED, details)
    pathway.kind = kind
    queue_link_check(work)
    graver = kind in rules.WORDS_ABOUT_DYING and before not in rules.WORDS_ABOUT_DYING
    if graver and concern.ended_at is None:
        await _owe_anew(work, concern)


async def _owe_anew(work: UnitOfWork, concern: Concern) -> None:
    """Words about dying were not known before: somebody speaks with the pupil today."""
    owed = (rules.CHECK, rules.PARENTS)
    for task in await open_tasks(work, kinds=owed, concern_id=concern.id):
        rule_id, before = task_rules.rule_of(task.kind), task.due_at
        if await _due(work, rule_id) < before:
            await start_clock(work, task, rule_id)
            task.version += 1
            task.changed_at = work.now
    await set_missing(work, concern.id, owed)
    await read_plans_soon(work, concern.id, await subjects_of(work, concern.id))
    await _read_sooner(work, concern, "suicide_attempt")
    if concern.owner_id is not None and concern.owner_id != work.actor.id:
        tell(
            work, concern.owner_id, "concern_urgent", urgent=True, concern_id=concern.id,
            about=("concern", concern.id),
        )  # fmt: skip


async def _read_sooner(work: UnitOfWork, concern: Concern, kind: str) -> None:
    """A concern that nobody has read yet falls due by the rule of what is told now."""
    if concern.state != "raised" or concern.ended_at is not None:
        return
    immediacy = rules.immediacy_of(kind, concern.immediacy)
    rule_id = acknowledge_rule(immediacy, on_pathway=True)
    due_at = await _due(work, rule_id)
    if concern.due_at is None or due_at < concern.due_at:
        await start_clock(work, concern, rule_id)


async def _due(work: UnitOfWork, rule_id: str) -> datetime:
    calendar = await calendar_of(work)
    return rule_on(rule_id, calendar.local(work.now).date()).due(work.now, calendar)
