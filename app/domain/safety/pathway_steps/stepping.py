"""The steps that people take on the pathway. They come in any order; only an end ends them."""

from dataclasses import replace
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Concern, SafetyRecord, SelfHarm
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.concerns import reads_concern
from app.domain.access.checks.locks import check_concern_unlocked
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of, start_clock
from app.domain.clocks.rules import rule_on
from app.domain.duty.owners.rules import OwnedResource as Owned
from app.domain.duty.owners.rules import is_free
from app.domain.duty.owners.settling import people_here
from app.domain.duty.tasks.doing import give_task
from app.domain.duty.tasks.errors import TaskOwnerUnsuitable
from app.domain.duty.tasks.setting import open_tasks
from app.domain.errors import ConcernNotFound
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.record.concerns.rules import review_rule
from app.domain.record.concerns.steps import concern_to_change, take_step, touch
from app.domain.safety.pathway_steps.saying import Said, about_whoever, check_at, pupils_meant
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.ending import reopened
from app.domain.safety.self_harm.errors import CheckUnknown, NoPathway, SettlesLater, TasksOpen
from app.domain.safety.self_harm.listing import take_off_support_list
from app.domain.safety.self_harm.pathway import named_in, pathway_of, take
from app.domain.safety.self_harm.starting import pathway_for

Taken = tuple[Concern, SelfHarm]
TOLD_AT_ONCE = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


async def with_adult(work: UnitOfWork, concern_id: UUID, said: Said) -> Taken:
    """Write down which adult is with a pupil, or that nobody is: then somebody has to go there.

    Whoever reported it or works on it may; where it was closed, leads are told that it is open.
    Raises `ConcernNotFound`, `ConcernEnded`, `PupilUnknown`, `OccurredInFuture`, `FileLocked`,
    `FileFrozen`.
    """
    check_at(work, said)
    concern = await _mine_or_seen(work, concern_id)
    step = rules.step_of_adult(said.details)
    if step == rules.ALONE:
        said = await about_whoever(work, concern_id, step, said)
    elif said.pupils is not None:
        await pupils_meant(work, concern_id, step, said)
    if await _open_anew(work, concern):
        await _tell_at_once(work, concern, "concern_joined")
    pathway = await pathway_for(work, concern)
    await take(work, pathway, step, said.details, at=said.at, about=said.pupils)
    touch(work, concern)
    return concern, pathway


async def call_emergency(work: UnitOfWork, concern_id: UUID, said: Said) -> Taken:
    """Write down that emergency help is needed or was called; every lead and the head are told.

    Leads are asked to say that they have it, whatever had been said before. Whoever reported it
    or may read it may; nothing else has to be known, and no id that is wrong holds it up.
    Raises `ConcernNotFound`, `ConcernEnded`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    check_at(work, said)
    concern = await _mine_or_seen(work, concern_id)
    said = await about_whoever(work, concern_id, rules.EMERGENCY, said)
    await _open_anew(work, concern)
    pathway = await pathway_for(work, concern)
    await take(work, pathway, rules.EMERGENCY, said.details, at=said.at, about=said.pupils)
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
    reader = work.actor.whole or work.actor  # calling help asks for no second factor
    if sight.reporter_id != reader.id and not reads_concern(reader, sight):
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
    take_step(work, concern, AuditEvent.CONCERN_REOPENED, state="in_progress")
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


async def check(work: UnitOfWork, concern_id: UUID, version: int, said: Said) -> Taken:
    """Somebody has spoken with a pupil; or why nobody could, which ends nothing.

    A safety check that is named is of one pupil, and about nobody else.
    Raises as every step, `CheckUnknown`, `PupilUnknown`, `OccurredInFuture`.
    """
    check_at(work, said)
    concern, pathway = await _for_lead(work, concern_id, version)
    step = rules.step_of_check(said.details)
    if (check_id := said.details.get("check_id")) is not None:
        said = await _of_check(work, concern.id, step, check_id, said)
    return await _stepped(work, concern, pathway, step, said)


async def _of_check(
    work: UnitOfWork, concern_id: UUID, step: str, check_id: UUID, said: Said
) -> Said:
    record = await work.children.find(SafetyRecord, check_id)
    pupils = await pupils_meant(work, concern_id, step, said)
    if record is None or record.kind != "safety_check" or record.child_id not in pupils:
        raise CheckUnknown
    if said.pupils is not None and pupils != [record.child_id]:
        raise CheckUnknown
    return replace(said, pupils=[record.child_id])


async def leave_safely(
    work: UnitOfWork, concern_id: UUID, version: int, said: Said, phones: UUID | None
) -> Taken:
    """With whom a pupil left; from then on somebody has to hear from them.

    `phones` is who phones them tomorrow. Raises as every step, `TaskOwnerUnsuitable`,
    `PupilUnknown`, `OccurredInFuture`.
    """
    check_at(work, said)
    concern, pathway = await _for_lead(work, concern_id, version)
    pupils = await pupils_meant(work, concern.id, rules.LEFT_SAFELY, said)
    owners = {}
    if phones is not None:
        await _check_phones(work, concern, phones)
        owners = {rules.NEXT_DAY: phones}
        for task in await open_tasks(work, kinds=[rules.NEXT_DAY], concern_id=concern.id):
            if task.child_id in pupils:
                task.confidentiality = ANYONE
                await give_task(work, task, phones, task.cover_id)
    await take(
        work, pathway, rules.LEFT_SAFELY, said.details, at=said.at, owners=owners, about=pupils
    )
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


async def stay_with_plan(work: UnitOfWork, concern_id: UUID, version: int, said: Said) -> Taken:
    """A pupil stays in school with what was agreed. Raises as every step, `PupilUnknown`."""
    concern, pathway = await _for_lead(work, concern_id, version)
    return await _stepped(work, concern, pathway, rules.STAYED_WITH_PLAN, said)


async def settle(work: UnitOfWork, concern_id: UUID, version: int, said: Said) -> Taken:
    """A lead says that things have settled for a pupil, or for all; before long with reasons.

    Raises as every step, `PupilUnknown`, `TasksOpen` while anything is owed to one of them,
    `SettlesLater`.
    """
    concern, pathway = await _for_lead(work, concern_id, version)
    pupils = await pupils_meant(work, concern.id, rules.SETTLED, said)
    owed = await open_tasks(work, kinds=sorted(rules.BEFORE_SETTLING), concern_id=concern.id)
    if any(task.child_id in pupils for task in owed):
        raise TasksOpen
    calendar = await calendar_of(work)
    rule = rule_on(rules.SETTLES_AFTER, calendar.local(work.now).date())
    reasons = said.details.get("reasons")
    if not reasons and rule.due(pathway.last_event_at, calendar) > work.now:
        raise SettlesLater
    await take_off_support_list(
        work, concern.id, "settled", [one for one in pupils if one is not None]
    )
    return await _stepped(work, concern, pathway, rules.SETTLED, said)


async def _for_lead(work: UnitOfWork, concern_id: UUID, version: int) -> Taken:
    """The concern and its pathway, locked, at the version the lead last saw.

    Raises `PermissionMissing`, `ConcernNotFound`, `VersionStale`, `ConcernEnded`, `NoPathway`.
    """
    concern = await concern_to_change(work, concern_id, Permission.SAFETY_WRITE, version)
    return concern, await open_pathway(work, concern)


async def open_pathway(work: UnitOfWork, concern: Concern) -> SelfHarm:
    """The pathway of a locked concern, locked. Raises `ConcernEnded`, `NoPathway`."""
    if concern.ended_at is not None:
        raise ConcernEnded
    pathway = await pathway_of(work, concern.id, lock=True)
    if pathway is None:
        raise NoPathway
    return pathway


async def _stepped(
    work: UnitOfWork, concern: Concern, pathway: SelfHarm, step: str, said: Said
) -> Taken:
    pupils = None if said.pupils is None else await pupils_meant(work, concern.id, step, said)
    await take(work, pathway, step, said.details, at=said.at, about=pupils)
    touch(work, concern)
    return concern, pathway
