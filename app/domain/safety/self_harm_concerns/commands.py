"""Effects on the pathway when a concern is raised or ends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.models import Concern, SelfHarm, Task
from app.db.repositories.record.concern_reports import RaisingFacts
from app.db.repositories.safety import self_harm as stored
from app.db.unit_of_work import URGENT_PRIORITY, Job, UnitOfWork
from app.domain.access.conflicts.rules import LEAD_ORDER
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.tasks.commands import finish, open_tasks, task_row
from app.domain.duty.tasks.rules import CHILDREN_NAMED, NOT_NEEDED
from app.domain.record.relationships.commands import queue_link_check
from app.domain.safety.check_ins.queries import overdue_check_ins
from app.domain.safety.safety_plan_reviews.commands import review_soon
from app.domain.safety.self_harm import rules as self_harm_rules
from app.domain.safety.self_harm.commands import (
    keep_states,
    pupils_in,
    put_on_support_list,
    read_plans_soon,
    set_missing,
    subjects_of,
    take,
    take_off_support_list,
)
from app.domain.safety.self_harm.errors import (
    CheckInsOverdue,
    PupilMissing,
    ReferralUnanswered,
    TasksOpen,
)
from app.domain.safety.self_harm.rules import (
    ALSO_NOTED,
    CLOSED,
    COLLECT,
    FOLLOWED,
    LATE_STATES,
    LEAD_TOLD,
    NEW_EVENT,
    NOTICED,
    OF_PATHWAY,
    REOPENED,
    SETTLED,
    UNMATCHED,
    WITH_ADULT,
    Pupil,
    is_at_school,
)
from app.domain.safety.self_harm_concerns.queries import is_work_open, waits_for_agency
from app.domain.steps import new, touch
from app.formats.calendars import SchoolCalendar

ON_PATHWAY: Final = frozenset({"subject", "harmed"})
"""Roles of a child in a concern that put them on its pathway; not a friend who told."""
URGENT_NOW: Final = "immediate_danger"
OTHER_CHILD: Final = "It was about another child."


# All of it goes into the one statement that raises the concern.
@dataclass(frozen=True, slots=True)
class Beginning:
    """Facts of a concern being raised."""

    concern_id: UUID
    children: Sequence[tuple[UUID, str]]
    """Children known to the school, with their roles."""
    disclosure: Mapping[str, Any] | None
    """The self-harm block, as sent."""
    unmatched: Mapping[str, Any] | None
    marks: Sequence[Mapping[str, Any]]
    """Marks of a child that is not matched yet."""
    immediacy: str
    sent_immediacy: str
    harm_at_home: bool
    owner_id: UUID
    barred: Sequence[UUID]


async def support(
    work: UnitOfWork,
    concern_id: UUID,
    children: Sequence[tuple[UUID, str]],
    planned: Collection[UUID],
    named: Sequence[UUID],
) -> None:
    """Put the pupils of a new concern on the support list, and bring plan reviews forward.

    `planned` have a safety plan; staff in `named` learn nothing.
    """
    pupils = subjects(children)
    await put_on_support_list(work, concern_id, pupils)
    for child_id in sorted({*planned}.intersection(pupils)):
        await review_soon(work, child_id, concern_id, named)


def parts(
    work: UnitOfWork, begun: Beginning, facts: RaisingFacts, calendar: SchoolCalendar
) -> dict[str, Any]:
    """Parts of the document that the statement writes; clocks and log entries are pending."""
    return {
        "pathways": _pathway(begun),
        "pathway_steps": _steps(begun),
        "other_pathways": _others(work, begun, facts),
        "late_states": sorted(LATE_STATES),
        "unmatched": [{"told": dict(begun.unmatched), "marks": list(begun.marks)}]
        if begun.unmatched is not None
        else [],
        "tasks": _tasks(work, begun, facts, calendar),
    }


def subjects(children: Sequence[tuple[UUID, str]]) -> list[UUID]:
    """The children it is about, without those who told of it or saw it."""
    return [child for child, role in children if role in ON_PATHWAY]


def _pupils(begun: Beginning) -> list[Pupil]:
    """The pupils it is about; None for an unmatched child."""
    return [*subjects(begun.children), *([None] if begun.unmatched is not None else [])]


def _states(begun: Beginning, disclosure: Mapping[str, Any]) -> dict[Pupil, str]:
    states = self_harm_rules.states_of(NOTICED, {}, _pupils(begun))
    return self_harm_rules.states_after(WITH_ADULT, states, _with_adult(begun, disclosure))


def _with_adult(begun: Beginning, disclosure: Mapping[str, Any]) -> list[Pupil]:
    """The pupils an adult is with: every known pupil, or the unmatched one."""
    if not disclosure.get("with_now"):
        return []
    return self_harm_rules.meant(WITH_ADULT, _pupils(begun), None)


def _pathway(begun: Beginning) -> list[dict[str, Any]]:
    if begun.disclosure is None:
        return []
    disclosure = {name: value for name, value in begun.disclosure.items() if name != "kind"}
    states = _states(begun, disclosure)
    state = self_harm_rules.state_of_all(states)
    return [
        {"kind": begun.disclosure["kind"], "told": disclosure,
         "reported_immediacy": begun.sent_immediacy, "state": state,
         "pupils": self_harm_rules.apart_from(state, states)}
    ]  # fmt: skip


def _steps(begun: Beginning) -> list[dict[str, Any]]:
    if begun.disclosure is None:
        return []
    noticed: dict[str, Any] = {
        "id": str(new_id()), "verb": NOTICED, "from_state": None,
        "to_state": NOTICED, "details": {},
    }  # fmt: skip
    about = _with_adult(begun, begun.disclosure)
    if not about:
        return [noticed]
    after = self_harm_rules.state_of_all(_states(begun, begun.disclosure))
    return [
        noticed,
        {"id": str(new_id()), "verb": WITH_ADULT, "from_state": NOTICED,
         "to_state": after, "details": {"name": begun.disclosure["with_now"]},
         "child_ids": [item and str(item) for item in about]},
    ]  # fmt: skip


def _others(work: UnitOfWork, begun: Beginning, facts: RaisingFacts) -> list[dict[str, Any]]:
    """Add the new event to open pathways of the same child: resumed, or noted beside them.

    Nothing if it names someone: people named must not learn of it in any way.
    """
    if begun.barred:
        return []
    about = set(subjects(begun.children))
    verb = NEW_EVENT if begun.disclosure is not None else ALSO_NOTED
    known: dict[UUID, list[str]] = {}
    for concern, _, child in facts.pathways:
        if child in about:
            known.setdefault(concern, []).append(str(child))
    for concern in known:
        work.record(
            AuditEvent.CONCERN_STEP_TAKEN, "concern", concern,
            details={"step": verb, "other_id": str(begun.concern_id)},
        )  # fmt: skip
    return [
        {"id": str(concern), "step_id": str(new_id()), "verb": verb, "child_ids": children,
         "details": {"other_id": str(begun.concern_id)}}
        for concern, children in known.items()
    ]  # fmt: skip


def alerts(
    work: UnitOfWork, begun: Beginning, facts: RaisingFacts, tasks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Alerts besides those to leads.

    They go to owners of the child's open work, and to the person who has to identify the child.
    """
    urgent = begun.immediacy == URGENT_NOW or begun.disclosure is not None
    if not begun.barred:
        about = set(subjects(begun.children))
        owners = {
            (concern, owner)
            for concern, owner, child in facts.pathways
            if child in about and owner and owner not in facts.locked_out
        }
        for concern, owner in sorted(owners):
            if owner != work.actor.id:
                tell(work, owner, "concern_joined", urgent=urgent, concern_id=concern)
    items = [
        {
            "id": str(new_id()), "recipient_id": str(task["owner_id"]), "kind": "task_set",
            "urgent": True, "noun": "task", "thing_id": task["id"], "matter_id": task["id"],
            "mail": "at_once",
        }
        for task in tasks
        if task["kind"] == UNMATCHED
    ]  # fmt: skip
    for alert in items:
        job = {"alert_id": alert["id"]}
        work.enqueue(Job("alert.send_one", job, queue="alerts", priority=URGENT_PRIORITY))
    return items


def _tasks(
    work: UnitOfWork, begun: Beginning, facts: RaisingFacts, calendar: SchoolCalendar
) -> list[dict[str, Any]]:
    owner = task_owner(begun, facts, work.actor.id)
    wanted = [(UNMATCHED, None)] if begun.unmatched is not None else []
    return [
        _task(work, begun, kind, child, owner, calendar)
        for kind, child in [*_outstanding(work, begun, calendar), *wanted]
    ]


def _outstanding(
    work: UnitOfWork, begun: Beginning, calendar: SchoolCalendar
) -> list[tuple[str, Pupil]]:
    """Tasks for each pupil; a named adult is with the known pupils."""
    if begun.disclosure is None:
        return []
    at_school = is_at_school(calendar, work.now)
    looked_after = _with_adult(begun, begun.disclosure)
    return [
        (kind, pupil)
        for pupil in _pupils(begun)
        for kind in self_harm_rules.first_tasks(
            with_adult=pupil in looked_after, at_school=at_school, harm_at_home=begun.harm_at_home
        )
    ]


def _task(
    work: UnitOfWork, begun: Beginning, kind: str, child: UUID | None, owner: UUID,
    calendar: SchoolCalendar,
) -> dict[str, Any]:  # fmt: skip
    urgent = begun.immediacy == URGENT_NOW or kind == UNMATCHED
    row = task_row(work, kind, owner, calendar, child_id=child, urgent=urgent)
    return {**row, "barred": [str(item) for item in begun.barred]}


def task_owner(begun: Beginning, facts: RaisingFacts, reporter: UUID) -> UUID:
    """Choose the owner of a task, so that it always has one.

    The concern's owner if they lead; then the first lead or head who may; then anyone who can
    appoint someone.
    """
    locked_out: Collection[UUID] = {*facts.locked_out, *begun.barred}
    free = [(person, role) for person, role in facts.people if person not in locked_out]
    leads = {person for person, role in free if role in LEAD_ORDER}
    if begun.owner_id in leads:
        return begun.owner_id
    for wanted in (*LEAD_ORDER, Role.SCHOOL_ADMIN):
        for person, role in free:
            if role == wanted:
                return person
    return reporter


async def check_closable(work: UnitOfWork, concern: Concern) -> bool:
    """Whether the concern has a pathway, which two people close.

    Raises `TasksOpen`, `CheckInsOverdue`, `ReferralUnanswered` while work is known to be open.
    """
    pathway = await work.concerns.pathway_of(concern.id, lock=True)
    if pathway is not None:
        if await overdue_check_ins(work, await subjects_of(work, concern.id)):
            raise CheckInsOverdue
        if await waits_for_agency(work, concern.id):
            raise ReferralUnanswered
    kinds = () if pathway is not None else (UNMATCHED,)
    if await is_work_open(work, concern.id, kinds):
        raise TasksOpen
    return pathway is not None


async def closed(work: UnitOfWork, concern_id: UUID) -> None:
    """Close the pathway after two people have closed the concern."""
    await _end(work, concern_id, "closed")


async def reopened(work: UnitOfWork, concern_id: UUID) -> None:
    """Resume the pathway, and support for the pupil, with a reopened concern.

    Earlier steps do not count: someone speaks with the pupil again.
    """
    pathway = await work.concerns.pathway_of(concern_id, lock=True)
    if pathway is None:
        return
    ended = pathway.state == CLOSED
    await take(work, pathway, REOPENED, {})
    if ended:
        at_school = is_at_school(await calendar_of(work), work.now)
        await set_missing(work, concern_id, self_harm_rules.tasks_again(at_school=at_school))
    await put_on_support_list(work, concern_id, await subjects_of(work, concern_id))


async def merged(work: UnitOfWork, concern: Concern, into: Concern) -> None:
    """Move the pupil's outstanding tasks to the other concern.

    That one has a pathway from now on. Raises `TasksOpen` while a child is unmatched,
    `PupilMissing` if the other is not about every pupil of this one.
    """
    on_pathway, unmatched = await stored.standing(
        await work.driver(), concern.school_id, concern.id
    )
    if unmatched:
        raise TasksOpen
    pathway = await work.concerns.pathway_of(concern.id, lock=True) if on_pathway else None
    if pathway is None:
        return
    pupils, there = await pupils_in(work, concern.id), await pupils_in(work, into.id)
    if not {*pupils} <= {*there}:
        raise PupilMissing
    is_new = await _carry_over(work, pathway, into, pupils, there)
    await _move_tasks(work, concern, into)
    if is_new and (others := [item for item in there if item not in pupils]):
        await set_missing(work, into.id, self_harm_rules.tasks_again(at_school=True), pupils=others)
    await _end(work, concern.id, "merged")


async def _move_tasks(work: UnitOfWork, concern: Concern, into: Concern) -> None:
    """Move tasks with owner and clock; of two alike, keep the one due first."""
    there = {
        (task.kind, task.child_id): task for task in await open_tasks(work, concern_id=into.id)
    }
    for task in await open_tasks(work, concern_id=concern.id):
        if task.kind not in (*OF_PATHWAY, COLLECT):
            continue
        twin = there.get((task.kind, task.child_id))
        if twin is not None and twin.due_at <= task.due_at:
            finish(work, task, state=NOT_NEEDED, outcome="merged")
            continue
        if twin is not None:
            finish(work, twin, state=NOT_NEEDED, outcome="merged")
        task.concern_id, task.confidentiality = into.id, _class_in(task, into)
        touch(work, task)


def _class_in(task: Task, into: Concern) -> str:
    return task.confidentiality if task.confidentiality == ANYONE else into.confidentiality


async def _carry_over(
    work: UnitOfWork, pathway: SelfHarm, into: Concern, pupils: Sequence[Pupil],
    there: Sequence[Pupil],
) -> bool:  # fmt: skip
    """Carry over each pupil's state; returns whether the other concern had no pathway before."""
    other = await work.concerns.pathway_of(into.id, lock=True)
    was = self_harm_rules.states_of(pathway.state, pathway.pupils, pupils)
    if is_new := other is None:
        other = new(
            work, SelfHarm, id=into.id, kind_told=pathway.kind_told, told=pathway.told,
            reported_immediacy=pathway.reported_immediacy, begun_by=pathway.begun_by,
            begun_at=pathway.begun_at, kind=pathway.kind, state=LEAD_TOLD,
            last_event_at=pathway.last_event_at,
        )  # fmt: skip
        states = {item: _open_state(was[item]) if item in was else LEAD_TOLD for item in there}
        keep_states(work, other, states)
        work.concerns.add(other)
        await work.session.flush()
    else:
        here = self_harm_rules.states_of(other.state, other.pupils, there)
        keep_states(
            work,
            other,
            {
                item: self_harm_rules.state_of_both(where, was.get(item))
                for item, where in here.items()
            },
        )
    await put_on_support_list(work, into.id, [item for item in there if item is not None])
    await take(work, other, ALSO_NOTED, {"other_id": pathway.id})
    other.last_event_at = max(other.last_event_at, pathway.last_event_at)
    return is_new


def _open_state(state: str) -> str:
    return FOLLOWED if state in (SETTLED, CLOSED) else state


async def child_corrected(work: UnitOfWork, concern: Concern, former: UUID, child_id: UUID) -> None:
    """Start support for the child who was meant, without any steps so far.

    The former child leaves the support list, if this pathway put them there.
    """
    queue_link_check(work)
    pathway = await work.concerns.pathway_of(concern.id, lock=True)
    if pathway is None or child_id not in await subjects_of(work, concern.id):
        return
    renamed = {
        str(child_id) if item == str(former) else item: at for item, at in pathway.pupils.items()
    }
    pupils = await pupils_in(work, concern.id)
    states = self_harm_rules.states_of(pathway.state, renamed, pupils)
    await take_off_support_list(work, concern.id, OTHER_CHILD, [former])
    if concern.ended_at is not None:
        keep_states(work, pathway, states)
        return
    at = self_harm_rules.state_of_one_of_several(states[child_id])
    keep_states(work, pathway, {**states, child_id: at})
    kinds = self_harm_rules.tasks_again(at_school=is_at_school(await calendar_of(work), work.now))
    await set_missing(work, concern.id, kinds, pupils=[child_id])
    await put_on_support_list(work, concern.id, [child_id])
    await read_plans_soon(work, concern.id, [child_id])


async def withdrawn(work: UnitOfWork, concern_id: UUID) -> None:
    """End all tasks of a concern that two people found entered in error."""
    for task in await open_tasks(work, concern_id=concern_id):
        if task.kind in OF_PATHWAY or task.kind in (UNMATCHED, COLLECT, CHILDREN_NAMED):
            finish(work, task, state=NOT_NEEDED, outcome="entered_in_error")
    await _end(work, concern_id, "entered_in_error")


async def _end(work: UnitOfWork, concern_id: UUID, reason: str) -> None:
    pathway = await work.concerns.pathway_of(concern_id, lock=True)
    if pathway is None:
        return
    await take(work, pathway, CLOSED, {"because": reason})
    await take_off_support_list(work, concern_id, reason)
