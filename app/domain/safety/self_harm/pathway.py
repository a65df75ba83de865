"""Taking a step on the pathway of a concern; who writes a record that is one calls `advance`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import Concern, SelfHarm, SelfHarmStep
from app.db.repositories.safety import self_harm as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.tasks.setting import SetTask, finish, open_tasks, set_task
from app.domain.safety.self_harm import pupils as of_each
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.danger import make_immediate
from app.domain.safety.self_harm.pupils import Pupil

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
    await take(work, pathway, to, details, at=at, about=[child_id] if child_id else None)
    return pathway


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
    """The same for a pathway that is locked; `owners` says who gets which of the new tasks.

    It ends what is owed to those whom it is about, and to nobody else; `about` is as `meant` takes
    it. What was done before what the concern is about is written down, and ends nothing of it.
    """
    earlier = await is_earlier(work, pathway.id, at)
    pupils = await pupils_in(work, pathway.id)
    meant, before = of_each.meant(step, pupils, about), pathway.state
    if not earlier:
        await _end_tasks(work, pathway.id, step, rules.ends_of(step, details), meant)
    if step == rules.EMERGENCY:
        await make_immediate(work, pathway)
    if step == rules.EMERGENCY or not earlier:
        states = of_each.states_of(before, pathway.pupils, pupils)
        keep_states(work, pathway, of_each.states_after(step, states, meant))
    row = step_row(work, pathway.id, step, before, pathway.state, details, at=at)
    row.child_ids = of_each.kept_of(step, meant)
    work.concerns.add(row)
    if step == rules.NEW_EVENT:
        pathway.last_event_at = work.now
    work.record(
        AuditEvent.CONCERN_STEP_TAKEN, "concern", pathway.id,
        details={"step": step, "from": before, "to": pathway.state}
        | {name: str(details[name]) for name in IDS_AND_CODES if details.get(name)}
        | ({} if row.child_ids is None else {"children": [str(one) for one in meant if one]}),
    )  # fmt: skip
    if meant and (begins := rules.BEGINS.get(step)):
        await set_missing(work, pathway.id, begins, owners or {}, pupils=meant)


def keep_states(work: UnitOfWork, pathway: SelfHarm, states: Mapping[Pupil, str]) -> None:
    """Keep how far each pupil is, and the pathway with them."""
    pathway.state = of_each.state_of_all(states)
    pathway.pupils = of_each.apart_from(pathway.state, states)
    pathway.changed_at = work.now
    settled = pathway.state == rules.SETTLED
    pathway.settled_at = (pathway.settled_at or work.now) if settled else None


def state_of(pathway: SelfHarm, child_id: UUID) -> str:
    """How far one pupil of a pathway is."""
    return of_each.states_of(pathway.state, pathway.pupils, [child_id])[child_id]


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


async def _end_tasks(
    work: UnitOfWork, concern_id: UUID, step: str, done_by_it: Sequence[str], about: Sequence[Pupil]
) -> None:
    """What a step does is done for those whom it is about.

    Reception goes on until nothing about the leaving of that pupil is open.
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
    pupils: Sequence[Pupil] | None = None,
) -> None:
    """Set those of the tasks that are not open for each pupil; the concern's owner has them first.

    For every pupil of the report where none are named. Whoever was chosen for one need not read
    the concern: they see the task alone.
    """
    open_now = await open_tasks(work, kinds=kinds, concern_id=concern_id)
    concern = await work.concerns.held(Concern, concern_id)
    if concern is None:
        return
    if pupils is None:
        pupils = await pupils_in(work, concern_id)
    there = {(task.kind, task.child_id) for task in open_now}
    wanted = [(kind, child) for kind in kinds for child in rules.pupils_of(kind, pupils)]
    missing = [one for one in wanted if one not in there]
    barred = await named_in(work, concern_id) if missing else []
    for kind, child in missing:
        chosen = (owners or {}).get(kind)
        await set_task(
            work,
            SetTask(
                kind, child_id=child, concern_id=concern_id, owner_id=chosen,
                confidentiality=ANYONE if chosen else concern.confidentiality,
                first=concern.owner_id, urgent=concern.immediacy == "immediate_danger",
                barred=barred,
            ),
        )  # fmt: skip


async def pupils_in(work: UnitOfWork, concern_id: UUID) -> list[Pupil]:
    """The pupils of a report in their order; None for the one whom nobody has matched yet."""
    subjects, unmatched = await stored.pupils_in(
        await work.driver(), work.actor.school_id, concern_id
    )
    return [*subjects, *([None] if unmatched or not subjects else [])]


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
