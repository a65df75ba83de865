"""Taking a step on the pathway of a concern; who writes a record that is one calls `advance`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did
from app.db.models import Concern, SelfHarm, SelfHarmStep, Task
from app.db.repositories import self_harm as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.owners.rules import ANYONE
from app.domain.self_harm import rules
from app.domain.self_harm.danger import make_immediate
from app.domain.tasks.setting import SetTask, finish, open_tasks, set_task

IDS_AND_CODES = ("record_id", "check_id", "task_id", "kind", "from", "other_id")
"""What of the details may stand in the trail."""


async def advance(
    work: UnitOfWork,
    concern_id: UUID,
    to: str,
    details: Mapping[str, Any],
    *,
    at: datetime | None = None,
    child_id: UUID | None = None,
) -> SelfHarm | None:
    """Write a step down, move the state, end what it does and set what it asks for.

    None where the concern has no pathway. `to` is a state or a verb of `rules`; `details` are
    kept with the step, narrative too. No step is refused because another is missing. `child_id`
    is the pupil whom it is about; where it is left out, all whom the concern is about.
    """
    pathway = await pathway_of(work, concern_id, lock=True)
    if pathway is None:
        return None
    await take(work, pathway, to, details, at=at, child_id=child_id)
    return pathway


async def take(
    work: UnitOfWork,
    pathway: SelfHarm,
    step: str,
    details: Mapping[str, Any],
    *,
    at: datetime | None = None,
    owners: Mapping[str, UUID] | None = None,
    child_id: UUID | None = None,
) -> None:
    """The same for a pathway that is locked; `owners` says who gets which of the new tasks.

    What was done before what the concern is about is written down, and ends nothing of it. The
    state waits until what a step does was done for every pupil.
    """
    earlier = await is_earlier(work, pathway.id, at)
    before, after = pathway.state, rules.next_state(step, pathway.state)
    waiting = False
    if not earlier:
        waiting = await _end_tasks(work, pathway.id, step, child_id)
    if step == rules.EMERGENCY:
        await make_immediate(work, pathway)
    elif earlier or waiting:
        after = before
    work.concerns.add(step_row(work, pathway.id, step, before, after, details, at=at))
    pathway.state, pathway.changed_at = after, work.now
    pathway.settled_at = (pathway.settled_at or work.now) if after == rules.SETTLED else None
    if step == rules.NEW_EVENT:
        pathway.last_event_at = work.now
    work.record(
        Did.CONCERN_STEP_TAKEN, "concern", pathway.id,
        details={"step": step, "from": before, "to": after}
        | {name: str(details[name]) for name in IDS_AND_CODES if details.get(name)},
    )  # fmt: skip
    if begins := rules.BEGINS.get(step):
        await set_missing(work, pathway.id, begins, owners or {}, child_id=child_id)


async def is_earlier(work: UnitOfWork, concern_id: UUID, at: datetime | None) -> bool:
    """Whether a moment lies before what a concern is about; by its day where that is not exact."""
    if at is None:
        return False
    concern = await work.concerns.held(Concern, concern_id)
    if concern is None:
        return False
    if concern.occurred_precision == "exact":
        return at < concern.occurred_at
    calendar = await calendar_of(work)
    return calendar.local(at).date() < calendar.local(concern.occurred_at).date()


async def _end_tasks(work: UnitOfWork, concern_id: UUID, step: str, child_id: UUID | None) -> bool:
    """What a step does is done, for one pupil or for all; whether it is still owed to another.

    Reception goes on until nothing about leaving is open.
    """
    ends = {*rules.ENDS.get(step, ())} - {rules.COLLECT}
    if not ends:
        return False
    kinds = sorted({*ends, *rules.BEFORE_LEAVING, rules.COLLECT})
    there = await open_tasks(work, kinds=kinds, concern_id=concern_id)
    done = [task for task in there if task.kind in ends and _is_of(task, child_id)]
    left = [task for task in there if task not in done]
    over = rules.COLLECT in rules.ENDS.get(step, ()) and not any(one.kind in ends for one in left)
    if over or rules.BEFORE_LEAVING.isdisjoint({task.kind for task in left}):
        done += [task for task in left if task.kind == rules.COLLECT]
    for task in done:
        finish(work, task, outcome=step)
    return any(task.kind in ends for task in left)


def _is_of(task: Task, child_id: UUID | None) -> bool:
    alone = task.kind not in rules.OF_EACH_PUPIL
    return alone or child_id is None or task.child_id in (None, child_id)


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
    """One step by whoever acts; a rule of Cairn is nobody."""
    return SelfHarmStep(
        school_id=work.actor.school_id, id=new_id(), concern_id=concern_id, verb=step,
        at=at or work.now, recorded_at=work.now,
        by_id=None if work.actor.is_system or work.actor.is_service else work.actor.id,
        by_role=work.actor.role_name, from_state=before, to_state=after,
        details=stored.plain(details),
    )  # fmt: skip


async def set_missing(
    work: UnitOfWork,
    concern_id: UUID,
    kinds: Sequence[str],
    owners: Mapping[str, UUID] | None = None,
    *,
    child_id: UUID | None = None,
) -> None:
    """Set those of the tasks that are not open for each pupil; the concern's owner has them first.

    For one pupil alone where `child_id` names one. Whoever was chosen for one need not read the
    concern: they see the task alone.
    """
    open_now = await open_tasks(work, kinds=kinds, concern_id=concern_id)
    concern = await work.concerns.held(Concern, concern_id)
    if concern is None:
        return
    pupils = [child_id] if child_id else await subjects_of(work, concern_id)
    there = {(task.kind, task.child_id) for task in open_now}
    wanted = [(kind, child) for kind in kinds for child in rules.pupils_of(kind, pupils)]
    for kind, child in wanted:
        if (kind, child) in there:
            continue
        chosen = (owners or {}).get(kind)
        await set_task(
            work,
            SetTask(
                kind, child_id=child, concern_id=concern_id, owner_id=chosen,
                confidentiality=ANYONE if chosen else concern.confidentiality,
                first=concern.owner_id, urgent=concern.immediacy == "immediate_danger",
                barred=await named_in(work, concern_id),
            ),
        )  # fmt: skip


async def subjects_of(work: UnitOfWork, concern_id: UUID) -> list[UUID]:
    """The children whom a concern is about, apart from those who told of it or saw it."""
    return await stored.subjects_of(work.session, work.actor.school_id, concern_id)


async def named_in(work: UnitOfWork, concern_id: UUID) -> list[UUID]:
    """Members of staff who are named in a concern and must not have any of it."""
    return await stored.named_in(work.session, work.actor.school_id, concern_id)


async def pathway_of(work: UnitOfWork, concern_id: UUID, *, lock: bool = False) -> SelfHarm | None:
    """The pathway of a concern, or None."""
    await work.session.flush()  # a lock reads the row anew
    return await (work.concerns.lock if lock else work.concerns.find)(SelfHarm, concern_id)


async def open_pathways(work: UnitOfWork, child_id: UUID) -> list[SelfHarm]:
    """The pathways of a child that are not closed, locked, oldest first."""
    await work.session.flush()
    return await stored.open_of_child(work.session, work.actor.school_id, child_id)
