"""What raising a concern adds where it tells of self-harm, or of a child whom nobody matched yet.

All of it goes into the one statement that raises the concern.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Role
from app.db.repositories.record.concerns import RaisingFacts
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.access.conflicts.rules import LEAD_ORDER
from app.domain.alerts.telling import URGENT, USUAL
from app.domain.clocks.keeping import deadline
from app.domain.clocks.rules import rule_on
from app.domain.duty.tasks import rules as task_rules
from app.domain.safety.self_harm import pupils, rules
from app.formats.calendars import SchoolCalendar

ON_PATHWAY: Final = frozenset({"subject", "harmed"})
"""The parts of a child in a concern that put them on its pathway; a friend who told is not."""
URGENT_NOW: Final = "immediate_danger"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is known of a concern that is being raised."""

    concern_id: UUID
    children: Sequence[tuple[UUID, str]]
    """Those whom the school knows, with their parts."""
    told: Mapping[str, Any] | None
    """The block about self-harm, as it was sent."""
    unmatched: Mapping[str, Any] | None
    marks: Sequence[Mapping[str, Any]]
    """Marks of a child that is not matched yet."""
    immediacy: str
    sent_immediacy: str
    harm_at_home: bool
    owner_id: UUID
    barred: Sequence[UUID]


def parts(
    work: UnitOfWork, begun: Beginning, facts: RaisingFacts, calendar: SchoolCalendar
) -> dict[str, Any]:
    """The parts of the document that the statement writes; clocks and trail are pending."""
    return {
        "pathways": _pathway(begun),
        "pathway_steps": _steps(begun),
        "other_pathways": _others(work, begun, facts),
        "late_states": sorted(rules.LATE_STATES),
        "unmatched": [{"told": dict(begun.unmatched), "marks": list(begun.marks)}]
        if begun.unmatched is not None
        else [],
        "tasks": _tasks(work, begun, facts, calendar),
    }


def subjects(children: Sequence[tuple[UUID, str]]) -> list[UUID]:
    """Whom it is about, apart from those who told of it or saw it."""
    return [child for child, role in children if role in ON_PATHWAY]


def _pupils(begun: Beginning) -> list[pupils.Pupil]:
    """Whom it is about; None for a child whom nobody has matched yet."""
    return [*subjects(begun.children), *([None] if begun.unmatched is not None else [])]


def _states(begun: Beginning, told: Mapping[str, Any]) -> dict[pupils.Pupil, str]:
    states = pupils.states_of(rules.NOTICED, {}, _pupils(begun))
    return pupils.states_after(rules.WITH_ADULT, states, _with_adult(begun, told))


def _with_adult(begun: Beginning, told: Mapping[str, Any]) -> list[pupils.Pupil]:
    """With whom an adult is: every pupil who is known, or the one whom nobody knows."""
    if not told.get("with_now"):
        return []
    return pupils.meant(rules.WITH_ADULT, _pupils(begun), None)


def _pathway(begun: Beginning) -> list[dict[str, Any]]:
    if begun.told is None:
        return []
    told = {name: value for name, value in begun.told.items() if name != "kind"}
    states = _states(begun, told)
    state = pupils.state_of_all(states)
    return [
        {"kind": begun.told["kind"], "told": told, "reported_immediacy": begun.sent_immediacy,
         "state": state, "pupils": pupils.apart_from(state, states)}
    ]  # fmt: skip


def _steps(begun: Beginning) -> list[dict[str, Any]]:
    if begun.told is None:
        return []
    noticed: dict[str, Any] = {
        "id": str(new_id()), "verb": rules.NOTICED, "from_state": None,
        "to_state": rules.NOTICED, "details": {},
    }  # fmt: skip
    about = _with_adult(begun, begun.told)
    if not about:
        return [noticed]
    after = pupils.state_of_all(_states(begun, begun.told))
    return [
        noticed,
        {"id": str(new_id()), "verb": rules.WITH_ADULT, "from_state": rules.NOTICED,
         "to_state": after, "details": {"name": begun.told["with_now"]},
         "child_ids": [one and str(one) for one in about]},
    ]  # fmt: skip


def _others(work: UnitOfWork, begun: Beginning, facts: RaisingFacts) -> list[dict[str, Any]]:
    """What is open about the same child hears of it: taken up again, or beside it.

    Nothing of it where somebody is named: who is named must not hear of it in any way.
    """
    if begun.barred:
        return []
    about = set(subjects(begun.children))
    verb = rules.NEW_EVENT if begun.told is not None else rules.ALSO_NOTED
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
    """Who hears of it besides the leads: owners of what is open about the child already, and

    whoever has to find out which child it is.
    """
    urgent = begun.immediacy == URGENT_NOW
    found: list[dict[str, Any]] = []
    if not begun.barred:
        about = set(subjects(begun.children))
        owners = {
            (concern, owner)
            for concern, owner, child in facts.pathways
            if child in about and owner and owner not in facts.locked_out
        }
        found += [
            _alert(owner, "concern_joined", urgent=urgent, concern_id=str(concern))
            for concern, owner in sorted(owners)
            if owner != work.actor.id
        ]
    found += [
        _alert(task["owner_id"], "task_set", urgent=True, noun="task", thing_id=task["id"])
        for task in tasks
        if task["kind"] == rules.UNMATCHED
    ]
    for alert in found:
        job = {"alert_id": alert["id"]}
        priority = URGENT if alert["urgent"] else USUAL
        work.enqueue(Job("alert.send_one", job, queue="alerts", priority=priority))
    return found


def _alert(recipient: Any, kind: str, *, urgent: bool, **about: str) -> dict[str, Any]:
    return {
        "id": str(new_id()), "recipient_id": str(recipient), "kind": kind, "urgent": urgent,
    } | about  # fmt: skip


def _tasks(
    work: UnitOfWork, begun: Beginning, facts: RaisingFacts, calendar: SchoolCalendar
) -> list[dict[str, Any]]:
    owner = task_owner(begun, facts, work.actor.id)
    wanted = [(rules.UNMATCHED, None)] if begun.unmatched is not None else []
    return [
        _task(work, begun, kind, child, owner, calendar)
        for kind, child in [*_owed(work, begun, calendar), *wanted]
    ]


def _owed(
    work: UnitOfWork, begun: Beginning, calendar: SchoolCalendar
) -> list[tuple[str, pupils.Pupil]]:
    """What is owed to each pupil; an adult who is named is with those who are known."""
    if begun.told is None:
        return []
    at_school = is_at_school(calendar, work.now)
    looked_after = _with_adult(begun, begun.told)
    return [
        (kind, pupil)
        for pupil in _pupils(begun)
        for kind in rules.first_tasks(
            with_adult=pupil in looked_after, at_school=at_school, harm_at_home=begun.harm_at_home
        )
    ]


def _task(
    work: UnitOfWork, begun: Beginning, kind: str, child: UUID | None, owner: UUID,
    calendar: SchoolCalendar,
) -> dict[str, Any]:  # fmt: skip
    rule = rule_on(task_rules.rule_of(kind), calendar.local(work.now).date())
    id_, due_at = new_id(), rule.due(work.now, calendar)
    work.keep_time(deadline("task", id_, rule, calendar, started=work.now, due_at=due_at))
    work.record(
        AuditEvent.TASK_SET, "task", id_, child_id=child,
        details={"kind": kind, "owner_id": str(owner), "due_rule": rule.id},
    )  # fmt: skip
    return {
        "id": str(id_), "kind": kind, "child_id": child and str(child), "owner_id": str(owner),
        "due_at": due_at, "due_rule": rule.id, "barred": [str(one) for one in begun.barred],
        "urgent": begun.immediacy == URGENT_NOW or kind == rules.UNMATCHED,
    }  # fmt: skip


def is_at_school(calendar: SchoolCalendar, moment: datetime) -> bool:
    """Whether pupils are at school at a moment."""
    here = calendar.local(moment)
    return calendar.is_school_day(here.date()) and calendar.opens <= here.time() < calendar.closes


def task_owner(begun: Beginning, facts: RaisingFacts, reporter: UUID) -> UUID:
    """Whoever owns the concern where they lead; else the first lead or head who may, else who can

    appoint somebody. A task is never without an owner.
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
