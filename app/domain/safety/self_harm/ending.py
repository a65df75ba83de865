"""What the end of a concern means for its pathway: never while anything is owed to the pupil."""

from collections.abc import Sequence
from uuid import UUID

from app.core.behind import ANYONE
from app.db.models import Concern, SelfHarm, Task
from app.db.repositories.safety import self_harm as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.tasks.rules import NOT_NEEDED
from app.domain.duty.tasks.setting import finish, open_tasks
from app.domain.safety.check_ins.overdue import overdue_check_ins
from app.domain.safety.self_harm import pupils as of_each
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.beginning import is_at_school
from app.domain.safety.self_harm.errors import (
    CheckInsOverdue,
    PupilMissing,
    ReferralUnanswered,
    TasksOpen,
)
from app.domain.safety.self_harm.listing import put_on_support_list, take_off_support_list
from app.domain.safety.self_harm.pathway import (
    keep_states,
    pathway_of,
    pupils_in,
    set_missing,
    subjects_of,
    take,
)
from app.domain.safety.self_harm.pupils import Pupil


async def check_closable(work: UnitOfWork, concern: Concern) -> bool:
    """Whether the concern has a pathway, which two people close.

    Raises `TasksOpen`, `CheckInsOverdue`, `ReferralUnanswered` while anything is owed.
    """
    pathway = await pathway_of(work, concern.id, lock=True)
    if pathway is not None:
        if await overdue_check_ins(work, await subjects_of(work, concern.id)):
            raise CheckInsOverdue
        if await stored.waits_for_agency(work.session, concern.school_id, concern.id):
            raise ReferralUnanswered
    kinds = () if pathway is not None else (rules.UNMATCHED,)
    if await open_tasks(work, kinds=kinds, concern_id=concern.id):
        raise TasksOpen
    return pathway is not None


async def closed(work: UnitOfWork, concern_id: UUID) -> None:
    """Two people have closed the concern."""
    await _end(work, concern_id, "closed")


async def reopened(work: UnitOfWork, concern_id: UUID) -> None:
    """The concern is taken up again, and with it the pupil is looked after.

    What was done before the end counts for then: somebody speaks with the pupil anew.
    """
    pathway = await pathway_of(work, concern_id, lock=True)
    if pathway is None:
        return
    ended = pathway.state == rules.CLOSED
    await take(work, pathway, rules.REOPENED, {})
    if ended:
        at_school = is_at_school(await calendar_of(work), work.now)
        await set_missing(work, concern_id, rules.tasks_anew(at_school=at_school))
    await put_on_support_list(work, concern_id, await subjects_of(work, concern_id))


async def merged(work: UnitOfWork, concern: Concern, into: Concern) -> None:
    """What is owed to the pupil is owed in the other concern from now on.

    The other one has a pathway from now on, too. Raises `TasksOpen` while nobody knows which
    child it is about, `PupilMissing` where the other is not about every pupil of this one.
    """
    on_pathway, unmatched = await stored.standing(
        await work.driver(), concern.school_id, concern.id
    )
    if unmatched:
        raise TasksOpen
    pathway = await pathway_of(work, concern.id, lock=True) if on_pathway else None
    if pathway is None:
        return
    pupils, there = await pupils_in(work, concern.id), await pupils_in(work, into.id)
    if not {*pupils} <= {*there}:
        raise PupilMissing
    is_new = await _carry_over(work, pathway, into, pupils, there)
    await _move_tasks(work, concern, into)
    if is_new and (others := [one for one in there if one not in pupils]):
        await set_missing(work, into.id, rules.tasks_anew(at_school=True), pupils=others)
    await _end(work, concern.id, "merged")


async def _move_tasks(work: UnitOfWork, concern: Concern, into: Concern) -> None:
    """What is owed moves with its owner and its clock; of two alike the one that is due first."""
    there = {
        (task.kind, task.child_id): task for task in await open_tasks(work, concern_id=into.id)
    }
    for task in await open_tasks(work, concern_id=concern.id):
        if task.kind not in (*rules.OF_PATHWAY, rules.COLLECT):
            continue
        twin = there.get((task.kind, task.child_id))
        if twin is not None and twin.due_at <= task.due_at:
            finish(work, task, state=NOT_NEEDED, outcome="merged")
            continue
        if twin is not None:
            finish(work, twin, state=NOT_NEEDED, outcome="merged")
        task.concern_id, task.confidentiality = into.id, _class_in(task, into)
        task.version += 1
        task.changed_at = work.now


def _class_in(task: Task, into: Concern) -> str:
    return task.confidentiality if task.confidentiality == ANYONE else into.confidentiality


async def _carry_over(
    work: UnitOfWork, pathway: SelfHarm, into: Concern, pupils: Sequence[Pupil],
    there: Sequence[Pupil],
) -> bool:  # fmt: skip
    """How far each pupil is, too; whether the other one had no pathway before."""
    other = await pathway_of(work, into.id, lock=True)
    was = of_each.states_of(pathway.state, pathway.pupils, pupils)
    if is_new := other is None:
        other = SelfHarm(
            school_id=into.school_id, id=into.id, kind_told=pathway.kind_told, told=pathway.told,
            reported_immediacy=pathway.reported_immediacy, begun_by=pathway.begun_by,
            begun_at=pathway.begun_at, kind=pathway.kind, state=rules.LEAD_TOLD,
            last_event_at=pathway.last_event_at, changed_at=work.now,
        )  # fmt: skip
        states = {one: _open_state(was[one]) if one in was else rules.LEAD_TOLD for one in there}
        keep_states(work, other, states)
        work.concerns.add(other)
        await work.session.flush()
    else:
        here = of_each.states_of(other.state, other.pupils, there)
        keep_states(
            work, other,
            {one: rules.state_of_both(where, was.get(one)) for one, where in here.items()},
        )  # fmt: skip
    await put_on_support_list(work, into.id, [one for one in there if one is not None])
    await take(work, other, rules.ALSO_NOTED, {"other_id": pathway.id})
    other.last_event_at = max(other.last_event_at, pathway.last_event_at)
    return is_new


def _open_state(state: str) -> str:
    return rules.FOLLOWED if state in (rules.SETTLED, rules.CLOSED) else state


async def withdrawn(work: UnitOfWork, concern_id: UUID) -> None:
    """Two people found that it was entered in error: nothing of it is owed."""
    for task in await open_tasks(work, concern_id=concern_id):
        if task.kind in rules.OF_PATHWAY or task.kind in (rules.UNMATCHED, rules.COLLECT):
            finish(work, task, state=NOT_NEEDED, outcome="entered_in_error")
    await _end(work, concern_id, "entered_in_error")


async def _end(work: UnitOfWork, concern_id: UUID, because: str) -> None:
    pathway = await pathway_of(work, concern_id, lock=True)
    if pathway is None:
        return
    await take(work, pathway, rules.CLOSED, {"because": because})
    await take_off_support_list(work, concern_id, because)
