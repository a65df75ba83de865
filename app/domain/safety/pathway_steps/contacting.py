"""Somebody spoke with a pupil or the family, or tried: a lead, or whoever was asked to."""

from uuid import UUID

from app.core.words import Permission
from app.db.models import Concern, SelfHarm, Task
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.concerns import opening_steps, works_on_concern
from app.domain.access.checks.locks import check_concern_unlocked
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.tasks.setting import finish, open_tasks
from app.domain.duty.tasks.sight import has, task_to_change
from app.domain.errors import ConcernNotFound, PermissionMissing
from app.domain.record.concerns.steps import touch
from app.domain.safety.pathway_steps.saying import Said, check_at, pupils_meant
from app.domain.safety.pathway_steps.stepping import Taken, open_pathway
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.errors import NoContactAsked
from app.domain.safety.self_harm.pathway import is_earlier, take

FOR_WHO_WAS_ASKED = (
    "Leads write this down, and whoever was asked to be in touch writes it with their task. Tell a "
    "lead what you know, or add it to the concern."
)


def step_of(how: str) -> str:
    """Whether somebody was reached: that nobody answered is no contact."""
    return rules.NO_ANSWER if how == rules.NO_ANSWER else rules.FOLLOWED


async def contact(work: UnitOfWork, concern_id: UUID, how: str, said: Said) -> Taken:
    """What a lead writes down; that nobody answered ends nothing.

    Raises `ConcernNotFound`, `ConcernEnded`, `NoPathway`, `PermissionMissing`, `PupilUnknown`,
    `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    check_at(work, said)
    policy.require(work.actor, Permission.TASK_DO)
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    await check_concern_unlocked(work, concern_id)
    await _check_leads(work, concern)
    return concern, await _note(work, concern, how, said)


async def contact_by_task(
    work: UnitOfWork, task_id: UUID, version: int, how: str, said: Said
) -> Task:
    """What whoever was asked writes down with their task, of the pupil whom it is about.

    They need to know nothing of the concern. Raises as `task_to_change`, `NoContactAsked`,
    `PermissionMissing`, `ConcernEnded`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    check_at(work, said)
    policy.require(work.actor, Permission.TASK_DO)
    known = await work.concerns.find(Task, task_id)
    concern = None
    if known is not None and known.concern_id is not None:
        concern = await work.concerns.lock(Concern, known.concern_id)  # first, as every step does
    task = await task_to_change(work, task_id, version)
    if concern is None or task.kind not in rules.CALLS:
        raise NoContactAsked
    await check_concern_unlocked(work, concern.id)
    if not has(work.actor, task):
        await _check_leads(work, concern)
    await _note(work, concern, how, Said(said.details, said.at, [task.child_id]))
    return task


async def _note(work: UnitOfWork, concern: Concern, how: str, said: Said) -> SelfHarm:
    pathway = await open_pathway(work, concern)
    step = step_of(how)
    pupils = await pupils_meant(work, concern.id, step, said)
    await take(work, pathway, step, {"how": how, **said.details}, at=said.at, about=pupils)
    if step == rules.FOLLOWED and not await is_earlier(work, concern.id, said.at):
        for task in await open_tasks(work, kinds=sorted(rules.CALLS), concern_id=concern.id):
            if task.child_id in pupils and await _is_over(work, task):
                finish(work, task, outcome=how)
    touch(work, concern)
    return pathway


async def _is_over(work: UnitOfWork, task: Task) -> bool:
    """Whether a word with them ends it: the next day not on the day on which the pupil left."""
    if task.kind == rules.CONTACT:
        return True
    calendar = await calendar_of(work)
    return calendar.local(work.now).date() > calendar.local(task.set_at).date()


async def _check_leads(work: UnitOfWork, concern: Concern) -> None:
    """Whoever may open the concern, and no more, is told why this is not theirs to write."""
    sight = await work.concerns.sight_of(concern.id)
    if sight is None:
        raise ConcernNotFound
    if opening_steps(work.actor, sight)[-1].effect is policy.Effect.DENY:
        raise ConcernNotFound
    writes = policy.may(work.actor, Permission.SAFETY_WRITE)
    if not writes or not works_on_concern(work.actor, sight):
        raise PermissionMissing(FOR_WHO_WAS_ASKED)
