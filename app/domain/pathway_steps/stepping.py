"""The steps that people take on the pathway. They come in any order; only an end ends them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import Did, Permission, Role
from app.db.models import Concern, SafetyRecord, SelfHarm, Task
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import facts_of
from app.domain.access.locks import check_concern_unlocked
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of, start_clock
from app.domain.clocks.rules import rule_on
from app.domain.concerns.errors import ConcernEnded
from app.domain.concerns.rules import check_occurred, review_rule
from app.domain.concerns.steps import concern_to_change, take_step, touch
from app.domain.errors import ConcernNotFound, PermissionMissing
from app.domain.owners.rules import ANYONE, is_free
from app.domain.owners.rules import Thing as Owned
from app.domain.owners.settling import people_here
from app.domain.self_harm import rules
from app.domain.self_harm.ending import reopened
from app.domain.self_harm.errors import CheckUnknown, NoPathway, SettlesLater, TasksOpen
from app.domain.self_harm.pathway import is_earlier, named_in, pathway_of, take
from app.domain.self_harm.starting import pathway_for
from app.domain.self_harm.watched import look_away
from app.domain.tasks.doing import give_task
from app.domain.tasks.errors import TaskOwnerUnsuitable
from app.domain.tasks.setting import finish, open_tasks
from app.domain.tasks.sight import has

Taken = tuple[Concern, SelfHarm]
FOR_WHO_WAS_ASKED = (
    "Leads, and whoever was asked to be in touch, write this down. Tell a lead what you know, or "
    "add it to the concern."
)
TOLD_AT_ONCE = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


async def with_adult(
    work: UnitOfWork, concern_id: UUID, details: Mapping[str, Any], at: datetime | None
) -> Taken:
    """Write down which adult is with the pupil, or that nobody is: then somebody has to go there.

    Whoever reported it or works on it may; where it was closed, leads are told that it is open.
    Raises `ConcernNotFound`, `ConcernEnded`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    _check_at(work, at)
    concern = await _mine_or_seen(work, concern_id)
    if await _open_anew(work, concern):
        await _tell_at_once(work, concern, "concern_joined")
    pathway = await pathway_for(work, concern)
    await take(work, pathway, rules.step_of_adult(details), details, at=at)
    touch(work, concern)
    return concern, pathway


def _check_at(work: UnitOfWork, at: datetime | None) -> None:
    """Raise `OccurredInFuture` for a moment that has not come yet."""
    if at is not None:
        check_occurred(at, work.now)


async def call_emergency(
    work: UnitOfWork, concern_id: UUID, details: Mapping[str, Any], at: datetime | None
) -> Taken:
    """Write down that emergency help is needed or was called; every lead and the head are told.

    Leads are asked to say that they have it, whatever had been said before. Whoever reported it
    or may read it may; nothing else has to be known.
    Raises `ConcernNotFound`, `ConcernEnded`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    _check_at(work, at)
    concern = await _mine_or_seen(work, concern_id)
    await _open_anew(work, concern)
    pathway = await pathway_for(work, concern)
    await take(work, pathway, rules.EMERGENCY, details, at=at)
    await _tell_at_once(work, concern, "concern_urgent")
    return concern, pathway


async def _mine_or_seen(work: UnitOfWork, concern_id: UUID) -> Concern:
    """The concern, locked, for its reporter and for whoever reads it in whatever way."""
    policy.require(work.actor, Permission.CONCERN_RAISE)
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    sight = await work.concerns.sight_of(concern_id)
    if sight is None:
        raise ConcernNotFound
    facts = facts_of(work.actor, sight)
    if not facts.is_reporter and not policy.may_see_concern(work.actor, facts):
        raise ConcernNotFound
    await check_concern_unlocked(work, concern_id)
    return concern


async def _open_anew(work: UnitOfWork, concern: Concern) -> bool:
    """Whether it was closed and is taken up again; a duplicate or an error is the wrong place."""
    if concern.ended_at is None:
        return False
    if concern.state != "closed":
        raise ConcernEnded
    concern.outcome = None
    await start_clock(work, concern, review_rule(concern.level, "immediate_danger"))
    take_step(work, concern, Did.CONCERN_REOPENED, state="in_progress")
    await reopened(work, concern.id)
    return True


async def _tell_at_once(work: UnitOfWork, concern: Concern, kind: str) -> None:
    children = await work.concerns.child_ids(concern.id)
    barred = frozenset(await named_in(work, concern.id))
    about = Owned("concern", concern.id, None, about=frozenset({concern.id, *children}),
                  barred=barred)  # fmt: skip
    people = await people_here(work)
    for person in people:
        leads = TOLD_AT_ONCE & {*person.roles} and is_free(person, about)
        if leads and person.id != work.actor.id:
            tell(
                work, person.id, kind, urgent=True, concern_id=concern.id,
                about=("concern", concern.id),
            )  # fmt: skip


async def check(
    work: UnitOfWork,
    concern_id: UUID,
    version: int,
    details: Mapping[str, Any],
    at: datetime | None,
) -> Taken:
    """Somebody has spoken with the pupil; or why nobody could, which ends nothing.

    Raises as every step, `CheckUnknown`, `OccurredInFuture`.
    """
    _check_at(work, at)
    concern, pathway = await _for_lead(work, concern_id, version)
    if (check_id := details.get("check_id")) is not None:
        record = await work.children.find(SafetyRecord, check_id)
        children = await work.concerns.child_ids(concern.id)
        if record is None or record.kind != "safety_check" or record.child_id not in children:
            raise CheckUnknown
    return await _stepped(work, concern, pathway, rules.step_of_check(details), details, at)


async def leave_safely(
    work: UnitOfWork,
    concern_id: UUID,
    version: int,
    details: Mapping[str, Any],
    at: datetime | None,
    phones: UUID | None,
) -> Taken:
    """With whom the pupil left; from then on somebody has to hear from them.

    `phones` is who phones tomorrow. Raises as every step, `TaskOwnerUnsuitable`,
    `OccurredInFuture`.
    """
    _check_at(work, at)
    concern, pathway = await _for_lead(work, concern_id, version)
    owners = {}
    if phones is not None:
        await _check_phones(work, concern, phones)
        owners = {rules.NEXT_DAY: phones}
        for task in await open_tasks(work, kinds=[rules.NEXT_DAY], concern_id=concern.id):
            task.confidentiality = ANYONE
            await give_task(work, task, phones, task.cover_id)
    await take(work, pathway, rules.LEFT_SAFELY, details, at=at, owners=owners)
    touch(work, concern)
    return concern, pathway


async def _check_phones(work: UnitOfWork, concern: Concern, person: UUID) -> None:
    """Somebody who is here and has no interest in it; they see the task alone."""
    children = await work.concerns.child_ids(concern.id)
    barred = frozenset(await named_in(work, concern.id))
    thing = Owned("task", concern.id, None, ANYONE, concern.id,
                  frozenset({concern.id, *children}), barred)  # fmt: skip
    found = next(iter(await people_here(work, [person])), None)
    if found is None or not found.roles or not is_free(found, thing):
        raise TaskOwnerUnsuitable


async def stay_with_plan(
    work: UnitOfWork, concern_id: UUID, version: int, details: Mapping[str, Any]
) -> Taken:
    """The pupil stays in school with what was agreed. Raises as every step."""
    concern, pathway = await _for_lead(work, concern_id, version)
    return await _stepped(work, concern, pathway, rules.STAYED_WITH_PLAN, details, None)


async def contact(
    work: UnitOfWork, concern_id: UUID, how: str, details: Mapping[str, Any], at: datetime | None
) -> Taken:
    """Somebody spoke with the pupil or the family, or tried; that nobody answered ends nothing.

    For leads, and for whoever was asked to. Raises `ConcernNotFound`, `ConcernEnded`,
    `NoPathway`, `PermissionMissing`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    _check_at(work, at)
    policy.require(work.actor, Permission.TASK_DO)
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    await check_concern_unlocked(work, concern_id)
    owed = await open_tasks(work, kinds=(rules.NEXT_DAY, rules.CONTACT), concern_id=concern.id)
    if not any(has(work.actor, task) for task in owed):
        await _check_leads(work, concern)
    pathway = await _open_pathway(work, concern)
    details = {"how": how, **details}
    if how == rules.NO_ANSWER:
        await take(work, pathway, rules.NO_ANSWER, details, at=at)
    else:
        await take(work, pathway, rules.FOLLOWED, details, at=at)
        for task in [] if await is_earlier(work, concern.id, at) else owed:
            if task.kind == rules.CONTACT or await _later_day(work, task):
                finish(work, task, outcome=how)
    touch(work, concern)
    return concern, pathway


async def _check_leads(work: UnitOfWork, concern: Concern) -> None:
    """Whoever may open the concern, and no more, is told why this is not theirs to write."""
    sight = await work.concerns.sight_of(concern.id)
    if sight is None:
        raise ConcernNotFound
    facts = facts_of(work.actor, sight)
    if policy.opening_chain(work.actor, facts)[-1].effect is policy.Effect.DENY:
        raise ConcernNotFound
    writes = policy.may(work.actor, Permission.SAFETY_WRITE)
    if not writes or not policy.may_work_on_concern(work.actor, facts):
        raise PermissionMissing(FOR_WHO_WAS_ASKED)


async def _later_day(work: UnitOfWork, task: Task) -> bool:
    """Whether it is not the day any more on which the pupil left."""
    calendar = await calendar_of(work)
    return calendar.local(work.now).date() > calendar.local(task.set_at).date()


async def settle(
    work: UnitOfWork, concern_id: UUID, version: int, details: Mapping[str, Any]
) -> Taken:
    """A lead says that things have settled; before long with reasons.

    Raises as every step, `TasksOpen` while anything is owed to the pupil, `SettlesLater`.
    """
    concern, pathway = await _for_lead(work, concern_id, version)
    if await open_tasks(work, kinds=sorted(rules.BEFORE_SETTLING), concern_id=concern.id):
        raise TasksOpen
    calendar = await calendar_of(work)
    rule = rule_on(rules.SETTLES_AFTER, calendar.local(work.now).date())
    if not details.get("reasons") and rule.due(pathway.last_event_at, calendar) > work.now:
        raise SettlesLater
    await look_away(work, concern.id, "settled")
    return await _stepped(work, concern, pathway, rules.SETTLED, details, None)


async def _for_lead(work: UnitOfWork, concern_id: UUID, version: int) -> Taken:
    """The concern and its pathway, locked, at the version the lead last saw.

    Raises `PermissionMissing`, `ConcernNotFound`, `VersionStale`, `ConcernEnded`, `NoPathway`.
    """
    concern = await concern_to_change(work, concern_id, Permission.SAFETY_WRITE, version)
    return concern, await _open_pathway(work, concern)


async def _open_pathway(work: UnitOfWork, concern: Concern) -> SelfHarm:
    if concern.ended_at is not None:
        raise ConcernEnded
    pathway = await pathway_of(work, concern.id, lock=True)
    if pathway is None:
        raise NoPathway
    return pathway


async def _stepped(
    work: UnitOfWork,
    concern: Concern,
    pathway: SelfHarm,
    step: str,
    details: Mapping[str, Any],
    at: datetime | None,
) -> Taken:
    await take(work, pathway, step, details, at=at)
    touch(work, concern)
    return concern, pathway
