"""Take a concern from acknowledgement to monitoring and reopening."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.moments import written
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Concern, ConcernEvent, Task
from app.db.repositories.duty.alerts import alerted_of
from app.db.repositories.duty.ladder import may_tell
from app.db.repositories.duty.tasks import open_ones_of
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.common.alerts.commands import tell
from app.domain.common.alerts.rules import BEING_HANDLED, REPORTER_TOLD, THANK_YOU
from app.domain.common.category_rules.rules import following, immediacy_of
from app.domain.common.deadlines.commands import calendar_of, choose_clock, start_clock, stop_clock
from app.domain.common.owners.commands import settle_things
from app.domain.common.owners.queries import ownerless, people_here
from app.domain.common.owners.rules import OwnedResource, is_free
from app.domain.common.role_rights.queries import roles_where
from app.domain.disclosures import kind_of
from app.domain.duty.milestones.commands import Around, happened
from app.domain.duty.milestones.rules import about_children, of_triage
from app.domain.errors import FieldProblem, PermissionMissing
from app.domain.etags import check_version
from app.domain.record.concerns import rules
from app.domain.record.concerns.errors import ConcernEnded, OwnerUnsuitable, ReporterOutOfReach
from app.domain.record.concerns.schemas import (
    AssignIn,
    MonitorIn,
    ReopenIn,
    TellReporterIn,
    TriageIn,
)
from app.domain.safety.self_harm import commands as self_harm
from app.domain.safety.self_harm.commands import begin
from app.domain.safety.self_harm_concerns.commands import reopened
from app.domain.steps import new, record_row, touch

NOBODY = "Nobody here has this ID."
UNABLE = "Their role here does not allow it, or they have a conflict of interest."
RESTRICTED = "concern_restricted"
TOLD_AT_ONCE = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


async def concern_to_change(
    work: UnitOfWork,
    concern_id: UUID,
    permission: Permission,
    version: int,
    *,
    granted_too: bool = False,
) -> Concern:
    """Lock the concern at the version the client last saw, as `concern_to_work_on`.

    Raises `PermissionMissing`, `ConcernNotFound`, `VersionStale`.
    """
    concern = await concern_to_work_on(work, concern_id, permission, granted_too=granted_too)
    check_version(concern, version)
    return concern


def take_step(
    work: UnitOfWork,
    concern: Concern,
    did: AuditEvent,
    *,
    state: str | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Move the concern on: new state and version, one history event, one audit log entry.

    `details` may hold IDs, codes and times; the narrative stays in the event's `reason`.
    """
    before = {"state": concern.state, "version": concern.version}
    row = new(
        work, ConcernEvent, concern_id=concern.id, verb=did.value.partition(".")[2],
        from_state=concern.state, to_state=state or concern.state, reason=reason,
        details=details or {},
    )  # fmt: skip
    work.concerns.add(row)
    if state is not None:
        concern.state = state
        concern.ended_at = work.now if state in rules.ENDED_STATES else None
        if concern.ended_at is not None:
            stop_clock(work, concern, state)
    touch(work, concern)
    record_row(
        work, did, concern, before=before,
        after={"state": concern.state, "version": concern.version, "reason": reason},
        details=details,
    )  # fmt: skip


async def tell_handled(work: UnitOfWork, concern: Concern) -> None:
    """Tell the reporter that someone is dealing with it."""
    _tell(work, concern, BEING_HANDLED, there=await is_reporter_there(work, concern))


async def tell_ended(work: UnitOfWork, concern: Concern) -> None:
    """Thank the reporter at the end, unless it was entered in error."""
    if concern.ended_at is None:
        return
    await happened(work, _around(concern), "concern.ended")
    if concern.state != "entered_in_error":
        _tell(work, concern, THANK_YOU, there=await is_reporter_there(work, concern))


def _tell(work: UnitOfWork, concern: Concern, kind: str, *, there: bool) -> None:
    """Tell its reporter, unless the same step tells them more."""
    if there and concern.told_reporter_at != work.now:
        tell(work, concern.reporter_id, kind, concern_id=concern.id)


async def is_reporter_there(work: UnitOfWork, concern: Concern) -> bool:
    """Whether its reporter is not the actor, still works here and has no interest in it."""
    reporter = concern.reporter_id
    if reporter == work.actor.id:
        return False
    driver, day = await work.driver(), work.today
    return await may_tell(driver, work.actor.school_id, reporter, concern.id, day)


async def check_reporter(work: UnitOfWork, concern: Concern) -> None:
    """Raise `ReporterOutOfReach` where its reporter can be neither asked nor told."""
    _check_there(await is_reporter_there(work, concern))


def _check_there(there: bool) -> None:
    if not there:
        raise ReporterOutOfReach


async def tell_reporter(
    work: UnitOfWork, concern_id: UUID, version: int, body: TellReporterIn
) -> Concern:
    """Tell the reporter the result of a concern, also of one that has ended.

    Raises `ReporterOutOfReach`, `ConcernEnded` for one entered in error.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_told(concern.state)
    await check_reporter(work, concern)
    await keep_told(work, concern, body.text)
    return concern


async def keep_told(work: UnitOfWork, concern: Concern, text: str) -> None:
    """Save the message to the reporter, and alert them that they can read it."""
    concern.told_reporter, concern.told_reporter_at = text, work.now
    take_step(work, concern, AuditEvent.CONCERN_REPORTER_TOLD, reason=text)
    await happened(work, _around(concern), "concern.reporter_told")
    tell(work, concern.reporter_id, REPORTER_TOLD, concern_id=concern.id)


async def follow_class(work: UnitOfWork, concern: Concern, before: str) -> None:
    """Move the open tasks of a concern to its new class; reassign those owners may not read.

    People who were alerted to it, or had such a task, and no longer read it are told so. Records,
    plans and entries of the support list follow the class of their concern by themselves.
    """
    if concern.confidentiality == before:
        return
    await work.session.flush()
    had = await _move_tasks(work, concern, before)
    alerted = await alerted_of(await work.driver(), work.actor.school_id, concern.id, work.now)
    await _tell_restricted(work, concern, {*had, *alerted})


async def _tell_restricted(work: UnitOfWork, concern: Concern, people: Collection[UUID]) -> None:
    """Alert those who may no longer open it, without saying what it was.

    Not people with an interest in it, nor its reporter, who gets separate messages about it.
    """
    about = {concern.id, *await work.concerns.child_ids(concern.id)}
    left_out = {work.actor.id, concern.owner_id, concern.reporter_id}
    for item in await people_here(work, sorted(set(people) - left_out)):
        reads = any(policy.can_own(rights, concern.confidentiality) for rights in item.rights)
        if not reads and not about & item.locked_out:
            tell(work, item.id, RESTRICTED)


async def _move_tasks(work: UnitOfWork, concern: Concern, before: str) -> set[UUID]:
    """Move tasks to others; returns who had them."""
    ids = await open_ones_of(await work.driver(), work.actor.school_id, concern.id)
    if not ids:
        return set()
    tasks = await work.concerns.lock_all(Task, ids)
    moved = [task for task in tasks if task.confidentiality != ANYONE]
    for task in moved:
        own = task.confidentiality if task.confidentiality != before else ""
        task.confidentiality = max(own, concern.confidentiality)
        touch(work, task)
    await work.session.flush()
    changed = {task.id for task in moved}
    left = await ownerless(work, sorted({task.owner_id for task in moved})) if moved else []
    left = [item for item in left if item.id in changed]
    await settle_things(work, left, reason="class_changed")
    return {item.owner_id for item in left if item.owner_id is not None}


async def acknowledge_concern(work: UnitOfWork, concern_id: UUID, version: int) -> Concern:
    """Acknowledge the concern, or do so again after a call for immediate help.

    Starts the clock for triage, or for review if triage was done. Any lead may.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    state = rules.acknowledged_state(concern.state, again=concern.acknowledged_at is None)
    concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
    if state == "acknowledged":
        await start_clock(work, concern, "concern.triage")
    else:
        await start_clock(work, concern, rules.review_rule(concern.level, concern.immediacy))
    take_step(work, concern, AuditEvent.CONCERN_ACKNOWLEDGED, state=state)
    await self_harm.lead_told(work, concern.id)
    await tell_handled(work, concern)
    return concern


async def triage_concern(
    work: UnitOfWork,
    concern_id: UUID,
    version: int,
    body: TriageIn,
    *,
    words: Sequence[Mapping[str, Any]] = (),
) -> Concern:
    """Set level of need, category, class, owner and next due time, with a reason.

    `words`: the school's own for the categories, which are common codes here.
    Raises `OwnerUnsuitable`, `DueTimePassed`, `DueTooFar`, and the failures of every step.
    """
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("triage", concern.state)
    if not policy.triage_classes(work.actor).issuperset(
        (concern.confidentiality, body.confidentiality)
    ):
        raise PermissionMissing("You cannot put a concern into this class, or take one out of it.")
    await check_owner(work, concern.id, body.owner_id, body.confidentiality)
    there = await is_reporter_there(work, concern)
    if body.tell_reporter is not None:
        _check_there(there)
        await keep_told(work, concern, body.tell_reporter)
    before = concern.owner_id
    if concern.acknowledged_at is None:
        await self_harm.lead_told(work, concern.id)
        concern.acknowledged_at, concern.acknowledged_by = work.now, work.actor.id
        _tell(work, concern, BEING_HANDLED, there=there)
    categories = concern.categories
    concern.level, concern.level_label = body.level, body.level_label
    concern.primary_category = body.primary_category
    concern.categories = list(dict.fromkeys([body.primary_category, *body.categories]))
    concern.own_categories = [{**word} for word in words]
    was, concern.confidentiality = concern.confidentiality, body.confidentiality
    concern.owner_id = body.owner_id
    await choose_clock(work, concern, body.due_at, *rules.furthest(body.level, concern.immediacy))
    concern.triaged_at, concern.triaged_by = work.now, work.actor.id
    take_step(
        work,
        concern,
        AuditEvent.CONCERN_TRIAGED,
        state=state,
        reason=body.reason,
        details={
            "level": body.level,
            "primary_category": body.primary_category,
            "confidentiality": body.confidentiality,
            "owner_id": str(body.owner_id),
            "due_at": written(body.due_at),
        },
    )
    decided = _decided(concern) if there else frozenset[str]()
    await follow_categories(work, concern, of_triage(categories, concern.categories) | decided)
    await follow_class(work, concern, was)
    if before != body.owner_id:
        tell_owner(work, concern)
    return concern


async def follow_categories(work: UnitOfWork, concern: Concern, events: frozenset[str]) -> None:
    """Raise the concern to the urgency of its categories, and start the pathway for self-harm.

    `events` start and stop the clocks of its categories.
    """
    own = (await calendar_of(work)).categories
    follows = following(concern.categories, own, harm_from=concern.alleged_source_of_harm)
    concern.immediacy = immediacy_of(follows, concern.immediacy)
    children = await self_harm.subjects_of(work, concern.id) if about_children(events) else ()
    await happened(work, _around(concern, children), *events)
    kind = kind_of(concern.categories)
    if kind is not None and await work.concerns.pathway_of(concern.id) is None:
        await begin(work, concern, kind)


def _decided(concern: Concern) -> frozenset[str]:
    """Event for a reporter who is still here, is not the owner and wants to know the result."""
    waits = concern.told_reporter_at is None and concern.reporter_id != concern.owner_id
    return frozenset({"concern.decided"} if waits else ())


def _around(concern: Concern, child_ids: Sequence[UUID] = ()) -> Around:
    return Around(
        child_ids, concern.occurred_at, concern.id, confidentiality=concern.confidentiality,
        first=concern.owner_id, reporter_id=concern.reporter_id, tells=True,
    )  # fmt: skip


async def check_owner(
    work: UnitOfWork, concern_id: UUID, owner_id: UUID, confidentiality: str
) -> None:
    """Raise `OwnerUnsuitable` unless the person can work on a concern of this class today.

    Someone with a conflict of interest cannot, whatever their role.
    """
    roles = await roles_where(work, lambda rights: policy.can_own(rights, confidentiality))
    able = await work.concerns.can_own(owner_id, concern_id, roles, work.today)
    if able is None:
        raise OwnerUnsuitable(problems=[FieldProblem("/owner_id", "staff_unknown", NOBODY)])
    if not able:
        raise OwnerUnsuitable(problems=[FieldProblem("/owner_id", "owner_unsuitable", UNABLE)])


def tell_owner(work: UnitOfWork, concern: Concern) -> None:
    """Alert a new owner, who would not look otherwise."""
    if concern.owner_id is None or concern.owner_id == work.actor.id:
        return
    tell(
        work, concern.owner_id, "concern_assigned", concern_id=concern.id,
        about=("concern", concern.id), urgent=concern.immediacy == "immediate_danger",
    )  # fmt: skip


async def assign_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: AssignIn
) -> Concern:
    """Give a concern to another owner; the due time stays unless a new one is given."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.next_state("assign", concern.state)
    await check_owner(work, concern.id, body.owner_id, concern.confidentiality)
    if body.due_at is not None:
        furthest = rules.furthest(concern.level, concern.immediacy)
        await choose_clock(work, concern, body.due_at, *furthest)
    details = {"from": str(concern.owner_id), "to": str(body.owner_id)}
    is_new_owner = concern.owner_id != body.owner_id
    concern.owner_id = body.owner_id
    take_step(work, concern, AuditEvent.CONCERN_ASSIGNED, reason=body.reason, details=details)
    if is_new_owner:
        tell_owner(work, concern)
    return concern


async def monitor_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: MonitorIn
) -> Concern:
    """Watch and look again at a set time."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_TRIAGE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("monitor", concern.state)
    await choose_clock(work, concern, body.review_at, rules.furthest_watch(concern.level))
    take_step(
        work, concern, AuditEvent.CONCERN_MONITORED, state=state, reason=body.reason,
        details={"review_at": written(body.review_at)},
    )  # fmt: skip
    return concern


async def reopen_concern(
    work: UnitOfWork, concern_id: UUID, version: int, body: ReopenIn
) -> Concern:
    """Take up a closed or monitored concern again."""
    concern = await concern_to_change(work, concern_id, Permission.CONCERN_CLOSE, version)
    rules.check_not_pending(concern.pending)
    state = rules.next_state("reopen", concern.state)
    was_closed = concern.ended_at is not None
    if body.due_at is None:
        await start_clock(work, concern, rules.review_rule(concern.level, concern.immediacy))
    else:
        furthest = rules.furthest(concern.level, concern.immediacy)
        await choose_clock(work, concern, body.due_at, *furthest)
    concern.outcome = None
    if was_closed:
        concern.owner_id = work.actor.id
    take_step(work, concern, AuditEvent.CONCERN_REOPENED, state=state, reason=body.reason)
    await reopened(work, concern.id)
    return concern


async def open_closed(work: UnitOfWork, concern: Concern) -> bool:
    """Reopen a closed concern; returns whether it was closed.

    Raises `ConcernEnded` for a duplicate or one entered in error.
    """
    if concern.ended_at is None:
        return False
    if concern.state != "closed":
        raise ConcernEnded
    concern.outcome = None
    await start_clock(work, concern, rules.review_rule(concern.level, "immediate_danger"))
    take_step(work, concern, AuditEvent.CONCERN_REOPENED, state="in_progress")
    await reopened(work, concern.id)
    return True


async def tell_at_once(work: UnitOfWork, concern: Concern, kind: str) -> None:
    """Alert every lead and the head who is here, free of interests and not named in it."""
    children = await work.concerns.child_ids(concern.id)
    locked_out = frozenset(await work.concerns.locked_out_of(concern.id))
    about = OwnedResource("concern", concern.id, None, about=frozenset({concern.id, *children}),
                  barred=locked_out)  # fmt: skip
    people = await people_here(work)
    for person in people:
        leads = TOLD_AT_ONCE & {*person.roles} and is_free(person, about)
        if leads and person.id != work.actor.id:
            tell(
                work, person.id, kind, urgent=True, concern_id=concern.id,
                about=("concern", concern.id),
            )  # fmt: skip
