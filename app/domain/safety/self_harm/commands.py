"""Start the pathway of a concern, and take its steps."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent
from app.db.models import Concern, SelfHarm, SelfHarmStep, UnmatchedChild
from app.db.repositories.safety import self_harm as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import disclosures
from app.domain.common.category_rules.rules import HOME, following, immediacy_of
from app.domain.common.deadlines.commands import calendar_of, start_clock
from app.domain.common.deadlines.rules import acknowledge_rule, rule_on
from app.domain.disclosures import IMMEDIATE
from app.domain.duty.tasks import rules as task_rules
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.record.relationships.commands import queue_link_check
from app.domain.safety.safety_plan_reviews.commands import review_soon
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.rules import (
    EMERGENCY,
    OF_PATHWAY,
    PLAN_REVIEW,
    Pupil,
    is_at_school,
)
from app.domain.safety.support_list.commands import put_on_list, take_off_list
from app.domain.steps import new, record_row, touch

REASON: Final = "pathway"
LISTED_FOR: Final = timedelta(days=90)
"""Period after which someone is asked whether a pupil stays on the list; nothing ends alone."""

IDS_AND_CODES = ("record_id", "check_id", "task_id", "kind", "from", "other_id")
"""Details that may appear in the audit log."""


async def put_on_support_list(work: UnitOfWork, concern_id: UUID, children: Sequence[UUID]) -> None:
    """Put the pupils of a pathway on the list, or renew their entries."""
    for child_id in children:
        source = ("concern", concern_id)
        await put_on_list(work, child_id, REASON, source=source, until=work.now + LISTED_FOR)


async def take_off_support_list(
    work: UnitOfWork, concern_id: UUID, reason: str, children: Collection[UUID] | None = None
) -> None:
    """Take the pupils off, some or all, if this pathway put them there."""
    await take_off_list(work, ("concern", concern_id), reason, children=children)


async def read_plans_soon(work: UnitOfWork, concern_id: UUID, children: Sequence[UUID]) -> None:
    """Bring plan reviews forward for pupils with a plan; people the concern names learn nothing."""
    for child_id in children:
        if await open_tasks(work, kinds=[PLAN_REVIEW], child_id=child_id):
            locked_out = await work.concerns.locked_out_of(concern_id)
            await review_soon(work, child_id, concern_id, locked_out)


async def make_immediate(work: UnitOfWork, pathway: SelfHarm) -> None:
    """Ask a lead to acknowledge again within minutes; the disclosure stays with the pathway.

    Not if the writer has acknowledged it since help was first needed: they add to it.
    """
    await work.session.flush()  # a lock reads the row again
    concern = await work.concerns.lock(Concern, pathway.id)
    if concern is None:
        return
    touch(work, concern)
    if concern.ended_at is not None or concern.frozen_at is not None:
        return
    rule_id = acknowledge_rule(IMMEDIATE, on_pathway=True)
    concern.immediacy = IMMEDIATE
    if not _is_asked(concern, rule_id) and not _has_it(work, concern, pathway):
        concern.acknowledged_at = concern.acknowledged_by = None
        await start_clock(work, concern, rule_id)
    for task in await open_tasks(work, kinds=sorted(OF_PATHWAY), concern_id=concern.id):
        if not task.urgent:
            task.urgent = True
            touch(work, task)


def _is_asked(concern: Concern, rule_id: str) -> bool:
    """Whether leads are already being asked; asking again would only restart the clock."""
    return concern.acknowledged_at is None and concern.due_rule == rule_id


def _has_it(work: UnitOfWork, concern: Concern, pathway: SelfHarm) -> bool:
    acknowledged = concern.acknowledged_at is not None and concern.acknowledged_by == work.actor.id
    return acknowledged and pathway.state == EMERGENCY


async def advance(
    work: UnitOfWork,
    concern_id: UUID,
    to: str,
    details: Mapping[str, Any],
    *,
    at: datetime | None = None,
    child_id: UUID | None = None,
) -> SelfHarm | None:
    """Record a step, change the state, end the tasks it completes and set its new ones.

    None if the concern has no pathway. `to` is a state or a verb of `rules`; `details` are saved
    with the step, including narrative. No step requires another one first. `child_id` is the pupil
    it is about. Default: all pupils of the concern.
    """
    pathway = await work.concerns.pathway_of(concern_id, lock=True)
    if pathway is None:
        return None
    await take(work, pathway, to, details, at=at, about=[child_id] if child_id else None)
    return pathway


async def lead_told(work: UnitOfWork, concern_id: UUID) -> None:
    """Record that a lead has read the concern, if it has a pathway."""
    await advance(work, concern_id, rules.LEAD_TOLD, {})


async def take(
    work: UnitOfWork,
    pathway: SelfHarm,
    step: str,
    details: Mapping[str, Any],
    *,
    at: datetime | None = None,
    owners: Mapping[str, UUID] | None = None,
    about: Sequence[Pupil] | None = None,
) -> None:
    """As `advance`, for a locked pathway; `owners` says who gets which new task.

    It ends tasks only for those it is about; `about` is as for `meant`. A step dated before the
    concern's own event is recorded, and ends nothing.
    """
    earlier = await is_earlier(work, pathway.id, at)
    pupils = await pupils_in(work, pathway.id)
    meant, before = rules.meant(step, pupils, about), pathway.state
    if not earlier:
        await _end_tasks(work, pathway.id, step, rules.ends_of(step, details), meant)
    if step == rules.EMERGENCY:
        await make_immediate(work, pathway)
    if step == rules.EMERGENCY or not earlier:
        states = rules.states_of(before, pathway.pupils, pupils)
        keep_states(work, pathway, rules.states_after(step, states, meant))
    row = step_row(work, pathway.id, step, before, pathway.state, details, at=at)
    row.child_ids = rules.kept_of(step, meant)
    work.concerns.add(row)
    if step == rules.NEW_EVENT:
        pathway.last_event_at = work.now
    work.record(
        AuditEvent.CONCERN_STEP_TAKEN, "concern", pathway.id,
        details={"step": step, "from": before, "to": pathway.state}
        | {name: str(details[name]) for name in IDS_AND_CODES if details.get(name)}
        | ({} if row.child_ids is None else {"children": [str(item) for item in meant if item]}),
    )  # fmt: skip
    if meant and (begins := rules.BEGINS.get(step)):
        await set_missing(work, pathway.id, begins, owners or {}, pupils=meant)


def keep_states(work: UnitOfWork, pathway: SelfHarm, states: Mapping[Pupil, str]) -> None:
    """Save each pupil's state, and the pathway's with them."""
    pathway.state = rules.state_of_all(states)
    pathway.pupils = rules.apart_from(pathway.state, states)
    pathway.changed_at = work.now
    settled = pathway.state == rules.SETTLED
    pathway.settled_at = (pathway.settled_at or work.now) if settled else None


def state_of(pathway: SelfHarm, child_id: UUID) -> str:
    """State of one pupil of a pathway."""
    return rules.states_of(pathway.state, pathway.pupils, [child_id])[child_id]


async def is_earlier(work: UnitOfWork, concern_id: UUID, at: datetime | None) -> bool:
    """Whether a moment is before the concern's own event; by day if its time is not exact."""
    if at is None:
        return False
    concern = await work.concerns.held(Concern, concern_id)
    if concern is None:
        return False
    if concern.occurred_precision == "exact":
        return at < concern.occurred_at
    calendar = await calendar_of(work)
    return calendar.local(at).date() < calendar.local(concern.occurred_at).date()


async def _end_tasks(
    work: UnitOfWork, concern_id: UUID, step: str, done_by_it: Sequence[str], about: Sequence[Pupil]
) -> None:
    """End the tasks that a step completes, for those it is about.

    Reception's task stays until nothing about that pupil's leaving is open.
    """
    ends = {*done_by_it} - {rules.COLLECT}
    if not ends or not about:
        return
    kinds = sorted({*ends, *rules.BEFORE_LEAVING, rules.COLLECT})
    there = await open_tasks(work, kinds=kinds, concern_id=concern_id)
    for pupil in about:
        theirs = [task for task in there if task.child_id == pupil]
        done = [task for task in theirs if task.kind in ends]
        left = {task.kind for task in theirs if task not in done}
        if rules.COLLECT in done_by_it or rules.BEFORE_LEAVING.isdisjoint(left):
            done += [task for task in theirs if task.kind == rules.COLLECT]
        for task in done:
            finish(work, task, outcome=step)


def step_row(
    work: UnitOfWork,
    concern_id: UUID,
    step: str,
    before: str | None,
    after: str,
    details: Mapping[str, Any],
    *,
    at: datetime | None = None,
) -> SelfHarmStep:
    """One step by the actor; a rule of Cairn has no actor."""
    return new(
        work, SelfHarmStep, concern_id=concern_id, verb=step, at=at or work.now,
        by_id=None if work.actor.is_system or work.actor.is_service else work.actor.id,
        from_state=before, to_state=after, details=stored.plain(details),
    )  # fmt: skip


async def set_missing(
    work: UnitOfWork,
    concern_id: UUID,
    kinds: Sequence[str],
    owners: Mapping[str, UUID] | None = None,
    *,
    pupils: Sequence[Pupil] | None = None,
) -> None:
    """Set missing tasks for each pupil; by default for the concern's owner.

    Without named pupils, for every pupil of the report. A chosen owner need not read the concern:
    they see only the task.
    """
    open_now = await open_tasks(work, kinds=kinds, concern_id=concern_id)
    concern = await work.concerns.held(Concern, concern_id)
    if concern is None:
        return
    if pupils is None:
        pupils = await pupils_in(work, concern_id)
    there = {(task.kind, task.child_id) for task in open_now}
    wanted = [(kind, child) for kind in kinds for child in rules.pupils_of(kind, pupils)]
    missing = [item for item in wanted if item not in there]
    locked_out = await work.concerns.locked_out_of(concern_id) if missing else []
    for kind, child in missing:
        chosen = (owners or {}).get(kind)
        await set_task(
            work,
            SetTask(
                kind, child_id=child, concern_id=concern_id, owner_id=chosen,
                confidentiality=ANYONE if chosen else concern.confidentiality,
                first=concern.owner_id, urgent=concern.immediacy == "immediate_danger",
                barred=locked_out,
            ),
        )  # fmt: skip


async def pupils_in(work: UnitOfWork, concern_id: UUID) -> list[Pupil]:
    """The pupils of a report in order; None for an unmatched one."""
    subjects, unmatched = await stored.pupils_in(
        await work.driver(), work.actor.school_id, concern_id
    )
    return [*subjects, *([None] if unmatched or not subjects else [])]


async def subjects_of(work: UnitOfWork, concern_id: UUID) -> list[UUID]:
    """The children that a concern is about, without those who told of it or saw it."""
    return await stored.subjects_of(work.session, work.actor.school_id, concern_id)


async def open_pathways(work: UnitOfWork, child_id: UUID) -> list[SelfHarm]:
    """The pathways of a child that are not closed, locked, oldest first."""
    await work.session.flush()
    return await stored.open_of_child(work.session, work.actor.school_id, child_id)


async def pathway_for(work: UnitOfWork, concern: Concern) -> SelfHarm:
    """Lock the pathway of a locked concern; start one for an unspecified worry if there is none."""
    pathway = await work.concerns.pathway_of(concern.id, lock=True)
    return pathway or await begin(work, concern, disclosures.UNSAID)


async def begin(work: UnitOfWork, concern: Concern, kind: str) -> SelfHarm:
    """Start the pathway of a locked concern that was raised without one, with all its tasks."""
    pathway = new(
        work, SelfHarm, id=concern.id, kind_told=kind, told={},
        reported_immediacy=concern.immediacy, begun_by=work.actor.id, begun_at=work.now, kind=kind,
        state=rules.NOTICED, last_event_at=work.now,
    )  # fmt: skip
    work.concerns.add(pathway)
    await work.session.flush()
    work.concerns.add(step_row(work, concern.id, rules.NOTICED, None, rules.NOTICED, {}))
    record_row(
        work, AuditEvent.CONCERN_STEP_TAKEN, concern,
        details={"step": rules.NOTICED, "to": rules.NOTICED},
    )  # fmt: skip
    at_school = is_at_school(await calendar_of(work), work.now)
    at_home = concern.alleged_source_of_harm in HOME
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
    """Set a task to find out which pupil it is about, because nobody in it is."""
    row = new(
        work, UnmatchedChild, id=concern.id, told={"unknown": []}, marks=[], matched_at=None,
        matched_by=None,
    )  # fmt: skip
    work.concerns.add(row)


async def put_right(work: UnitOfWork, concern: Concern, kind: str, amendment_id: UUID) -> bool:
    """Correct a disclosure by an amendment: the first is kept, and clocks restart.

    On a concern without a pathway it starts one. Returns whether to alert leads at once.
    """
    pathway = await work.concerns.pathway_of(concern.id, lock=True)
    if pathway is None:
        await begin(work, concern, kind)
        return kind in disclosures.RINGING
    before = pathway.kind
    if kind == before:
        return False
    details = {"from": before, "kind": kind, "amendment_id": amendment_id}
    await take(work, pathway, rules.KIND_AMENDED, details)
    pathway.kind = kind
    queue_link_check(work)
    graver = kind in disclosures.SUICIDAL and before not in disclosures.SUICIDAL
    if graver and concern.ended_at is None:
        await _set_tasks_again(work, concern, kind)
    return graver


async def _set_tasks_again(work: UnitOfWork, concern: Concern, kind: str) -> None:
    """Set tasks to speak with the pupil today, because talk of suicide was not known before."""
    kinds = (rules.CHECK, rules.PARENTS)
    for task in await open_tasks(work, kinds=kinds, concern_id=concern.id):
        rule_id, before = task_rules.rule_of(task.kind), task.due_at
        if await _due(work, rule_id) < before:
            await start_clock(work, task, rule_id)
            touch(work, task)
    await set_missing(work, concern.id, kinds)
    await read_plans_soon(work, concern.id, await subjects_of(work, concern.id))
    await _read_sooner(work, concern, kind)


async def _read_sooner(work: UnitOfWork, concern: Concern, kind: str) -> None:
    """Raise the urgency to that of the new disclosure; if unread, it falls due by that."""
    about = disclosures.named_by(kind, concern.categories)
    follows = following(about, (await calendar_of(work)).categories)
    concern.immediacy = disclosures.immediacy_of(kind, immediacy_of(follows, concern.immediacy))
    if concern.state != "raised" or concern.ended_at is not None:
        return
    rule_id = acknowledge_rule(concern.immediacy, on_pathway=True)
    due_at = await _due(work, rule_id)
    if concern.due_at is None or due_at < concern.due_at:
        await start_clock(work, concern, rule_id)


async def _due(work: UnitOfWork, rule_id: str) -> datetime:
    calendar = await calendar_of(work)
    return rule_on(rule_id, calendar.local(work.now).date()).due(work.now, calendar)
