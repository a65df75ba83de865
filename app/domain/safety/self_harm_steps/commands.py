"""Steps that people take on the pathway, in any order; only an end ends them."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import Permission, Role
from app.db.models import Concern, SafetyRecord, SelfHarm, Task
from app.db.repositories.duty.tasks import list_due_of_concerns
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import check_concern_unlocked
from app.domain.access.concern_access.queries import opening_steps, reads_concern, works_on_concern
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.deadlines.rules import rule_on
from app.domain.common.owners.queries import people_here
from app.domain.common.owners.rules import OwnedResource as Owned
from app.domain.common.owners.rules import Person, is_free, next_owner, why_not
from app.domain.duty.tasks.commands import SetTask, finish, give_task, open_tasks, set_task
from app.domain.duty.tasks.errors import TaskOwnerUnsuitable
from app.domain.duty.tasks.queries import has, task_to_change
from app.domain.duty.tasks.rules import NOUN, rule_of
from app.domain.errors import ConcernNotFound, PermissionMissing, require_row
from app.domain.record.concerns.commands import concern_to_change, open_closed, tell_at_once
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.safety.self_harm import rules
from app.domain.safety.self_harm.commands import (
    is_earlier,
    pathway_for,
    take,
    take_off_support_list,
)
from app.domain.safety.self_harm.errors import (
    CheckUnknown,
    NoContactAsked,
    NoPathway,
    SettlesLater,
    TasksOpen,
)
from app.domain.safety.self_harm.rules import CHECK, COLLECT
from app.domain.safety.self_harm_steps.queries import (
    StepReport,
    about_known_pupils,
    check_at,
    pupils_meant,
)
from app.domain.steps import touch
from app.formats.calendars import SchoolCalendar

Taken = tuple[Concern, SelfHarm]

FOR_WHO_WAS_ASKED = (
    "Leads write this down. A person asked to be in touch writes it with their task. Tell a "
    "lead what you know, or add it to the concern."
)


async def with_adult(work: UnitOfWork, concern_id: UUID, report: StepReport) -> Taken:
    """Record which adult is with a pupil; if nobody is, someone has to go there.

    Its reporter and people who work on it may; if it was closed, leads are alerted that it is open.
    Raises `ConcernNotFound`, `ConcernEnded`, `PupilUnknown`, `OccurredInFuture`, `FileLocked`,
    `FileFrozen`.
    """
    check_at(work, report)
    concern = await _mine_or_seen(work, concern_id)
    step = rules.step_of_adult(report.details)
    if step == rules.ALONE:
        report = await about_known_pupils(work, concern_id, step, report)
    elif report.pupils is not None:
        await pupils_meant(work, concern_id, step, report)
    if await open_closed(work, concern):
        await tell_at_once(work, concern, "concern_joined")
    pathway = await pathway_for(work, concern)
    await take(work, pathway, step, report.details, at=report.at, about=report.pupils)
    touch(work, concern)
    return concern, pathway


async def call_emergency(work: UnitOfWork, concern_id: UUID, report: StepReport) -> Taken:
    """Record that emergency help is needed or was called; alert every lead and the head.

    Leads are asked to acknowledge it, whatever went before. Its reporter and its readers may;
    nothing else has to be known, and a wrong ID does not delay it. Raises `ConcernNotFound`,
    `ConcernEnded`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    check_at(work, report, "/called_at")
    concern = await _mine_or_seen(work, concern_id)
    report = await about_known_pupils(work, concern_id, rules.EMERGENCY, report)
    await open_closed(work, concern)
    pathway = await pathway_for(work, concern)
    await take(work, pathway, rules.EMERGENCY, report.details, at=report.at, about=report.pupils)
    await tell_at_once(work, concern, "concern_urgent")
    return concern, pathway


async def _mine_or_seen(work: UnitOfWork, concern_id: UUID) -> Concern:
    """The concern, locked, for its reporter and for all its readers."""
    policy.require(work.actor, Permission.CONCERN_RAISE)
    concern = require_row(await work.concerns.lock(Concern, concern_id), ConcernNotFound)
    access = require_row(await work.concerns.access_to(concern_id), ConcernNotFound)
    reader = work.actor.whole or work.actor  # calling help asks for no second factor
    if access.reporter_id != reader.id and not reads_concern(reader, access):
        raise ConcernNotFound
    await check_concern_unlocked(work, concern_id)
    return concern


async def check(work: UnitOfWork, concern_id: UUID, version: int, report: StepReport) -> Taken:
    """Record that someone has spoken with a pupil, or why nobody could, which ends nothing.

    A named safety check covers only its own pupil. Raises as every step, `CheckUnknown`,
    `PupilUnknown`, `OccurredInFuture`.
    """
    check_at(work, report)
    concern, pathway = await _for_lead(work, concern_id, version)
    step = rules.step_of_check(report.details)
    if (check_id := report.details.get("check_id")) is not None:
        report = await _of_check(work, concern.id, step, check_id, report)
    return await _stepped(work, concern, pathway, step, report)


async def _of_check(
    work: UnitOfWork, concern_id: UUID, step: str, check_id: UUID, report: StepReport
) -> StepReport:
    record = await work.children.find(SafetyRecord, check_id)
    pupils = await pupils_meant(work, concern_id, step, report)
    if record is None or record.kind != "safety_check" or record.child_id not in pupils:
        raise CheckUnknown
    if report.pupils is not None and pupils != [record.child_id]:
        raise CheckUnknown
    return replace(report, pupils=[record.child_id])


async def leave_safely(
    work: UnitOfWork, concern_id: UUID, version: int, report: StepReport, phones: UUID | None
) -> Taken:
    """Record who a pupil left with; someone then has to be in touch with them.

    `phones` is who phones them tomorrow. Raises as every step, `TaskOwnerUnsuitable`,
    `PupilUnknown`, `OccurredInFuture`.
    """
    check_at(work, report)
    concern, pathway = await _for_lead(work, concern_id, version)
    pupils = await pupils_meant(work, concern.id, rules.LEFT_SAFELY, report)
    owners = {}
    if phones is not None:
        await _check_phones(work, concern, phones)
        owners = {rules.NEXT_DAY: phones}
        for task in await open_tasks(work, kinds=[rules.NEXT_DAY], concern_id=concern.id):
            if task.child_id in pupils:
                task.confidentiality = ANYONE
                await give_task(work, task, phones, task.cover_id)
    await take(
        work, pathway, rules.LEFT_SAFELY, report.details, at=report.at, owners=owners, about=pupils
    )
    touch(work, concern)
    return concern, pathway


async def _check_phones(work: UnitOfWork, concern: Concern, person: UUID) -> None:
    """Check that the person is here and has no interest in it; they see only the task."""
    children = await work.concerns.child_ids(concern.id)
    locked_out = frozenset(await work.concerns.locked_out_of(concern.id))
    thing = Owned("task", concern.id, None, ANYONE, concern.id,
                  frozenset({concern.id, *children}), locked_out)  # fmt: skip
    result = next(iter(await people_here(work, [person])), None)
    if result is None or not result.roles or not is_free(result, thing):
        raise TaskOwnerUnsuitable


async def stay_with_plan(
    work: UnitOfWork, concern_id: UUID, version: int, report: StepReport
) -> Taken:
    """Record that a pupil stays in school as agreed. Raises as every step, `PupilUnknown`."""
    concern, pathway = await _for_lead(work, concern_id, version)
    return await _stepped(work, concern, pathway, rules.STAYED_WITH_PLAN, report)


async def settle(work: UnitOfWork, concern_id: UUID, version: int, report: StepReport) -> Taken:
    """Record, as a lead, that things have settled for a pupil or for all; early with a reason.

    Raises as every step, `PupilUnknown`, `TasksOpen` while one of them has open tasks,
    `SettlesLater`.
    """
    concern, pathway = await _for_lead(work, concern_id, version)
    pupils = await pupils_meant(work, concern.id, rules.SETTLED, report)
    outstanding = await open_tasks(work, kinds=sorted(rules.BEFORE_SETTLING), concern_id=concern.id)
    if any(task.child_id in pupils for task in outstanding):
        raise TasksOpen
    calendar = await calendar_of(work)
    rule = rule_on(rules.SETTLES_AFTER, calendar.local(work.now).date())
    reason = report.details.get("reason")
    if not reason and rule.due(pathway.last_event_at, calendar) > work.now:
        raise SettlesLater
    await take_off_support_list(
        work, concern.id, "settled", [pupil for pupil in pupils if pupil is not None]
    )
    return await _stepped(work, concern, pathway, rules.SETTLED, report)


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
    pathway = require_row(await work.concerns.pathway_of(concern.id, lock=True), NoPathway)
    return pathway


async def _stepped(
    work: UnitOfWork, concern: Concern, pathway: SelfHarm, step: str, report: StepReport
) -> Taken:
    pupils = None if report.pupils is None else await pupils_meant(work, concern.id, step, report)
    await take(work, pathway, step, report.details, at=report.at, about=pupils)
    touch(work, concern)
    return concern, pathway


def step_of(how: str) -> str:
    """Step of a contact: no answer does not count as contact."""
    return rules.NO_ANSWER if how == rules.NO_ANSWER else rules.FOLLOWED


async def contact(work: UnitOfWork, concern_id: UUID, how: str, report: StepReport) -> Taken:
    """Record a lead's contact; no answer ends nothing.

    Raises `ConcernNotFound`, `ConcernEnded`, `NoPathway`, `PermissionMissing`, `PupilUnknown`,
    `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    check_at(work, report)
    policy.require(work.actor, Permission.TASK_DO)
    concern = require_row(await work.concerns.lock(Concern, concern_id), ConcernNotFound)
    await check_concern_unlocked(work, concern_id)
    await _check_leads(work, concern)
    return concern, await _note(work, concern, how, report)


async def contact_by_task(
    work: UnitOfWork, task_id: UUID, version: int, how: str, report: StepReport
) -> Task:
    """Record a contact with its task, as the person asked, about the task's pupil.

    They need to know nothing of the concern. Raises as `task_to_change`, `NoContactAsked`,
    `PermissionMissing`, `ConcernEnded`, `OccurredInFuture`, `FileLocked`, `FileFrozen`.
    """
    check_at(work, report)
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
    await _note(work, concern, how, StepReport(report.details, report.at, [task.child_id]))
    return task


async def _note(work: UnitOfWork, concern: Concern, how: str, report: StepReport) -> SelfHarm:
    pathway = await open_pathway(work, concern)
    step = step_of(how)
    pupils = await pupils_meant(work, concern.id, step, report)
    await take(work, pathway, step, {"how": how, **report.details}, at=report.at, about=pupils)
    if step == rules.FOLLOWED and not await is_earlier(work, concern.id, report.at):
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
    """Refuse people who may only open the concern, with the reason; others do not find it."""
    access = require_row(await work.concerns.access_to(concern.id), ConcernNotFound)
    if opening_steps(work.actor, access)[-1].effect is policy.Effect.DENY:
        raise ConcernNotFound
    writes = policy.may(work.actor, Permission.SAFETY_WRITE)
    if not writes or not works_on_concern(work.actor, access):
        raise PermissionMissing(FOR_WHO_WAS_ASKED)


# Where nobody has spoken with a pupil an hour before school closes, reception sees that they
# leave with an adult: no reason, and no kind of worry.
async def collect_by_adult(work: UnitOfWork) -> None:
    """Set reception's task once a day for each pupil of a concern; repeating it sets nothing.

    A step of the pathway or a person ends it, never the end of the day.
    """
    calendar = await calendar_of(work)
    day = calendar.local(work.now).date()
    closes = calendar.at(day, calendar.closes)
    if not calendar.is_school_day(day) or not _last_hour(calendar, work.now) <= work.now < closes:
        return
    waiting = await _not_seen(work, closes)
    people = await people_here(work) if waiting else []
    for task in waiting:
        assert task.concern_id is not None  # noqa: S101 - the statement asks for it
        locked_out = await work.concerns.locked_out_of(task.concern_id)
        command = SetTask(
            COLLECT, task.child_id, task.concern_id, confidentiality=ANYONE, due_at=closes,
            owner_id=_office(people, task, locked_out), barred=locked_out, urgent=True,
            dedupe=f"{COLLECT}:{task.concern_id}:{task.child_id}:{day}",
        )  # fmt: skip
        await set_task(work, command)


def _last_hour(calendar: SchoolCalendar, now: datetime) -> datetime:
    """The time from which a check of that day is late."""
    day = calendar.local(now).date()
    return rule_on(rule_of(CHECK), day).due(calendar.at(day, calendar.opens), calendar)


async def _not_seen(work: UnitOfWork, closes: datetime) -> list[Task]:
    """Open checks of pupils who are known and here, that were due by the end of the day."""
    return await list_due_of_concerns(work.session, work.actor.school_id, CHECK, closes)


def _office(people: list[Person], task: Task, locked_out: list[UUID]) -> UUID | None:
    """The first of the office who is here and has no interest in it, or the next by the rules."""
    about = frozenset(item for item in (task.child_id, task.concern_id) if item is not None)
    thing = Owned(NOUN, new_id(), None, ANYONE, task.concern_id, about, frozenset(locked_out))
    able = [person for person in people if why_not(person, thing) is None and not person.away]
    office = [item.id for item in able if Role.SCHOOL_ADMIN.value in item.roles]
    return next(iter(office), None) or next_owner(people, thing)
