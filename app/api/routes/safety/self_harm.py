"""Steps of the pathway of a concern after self-harm or words about dying."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.concern_records import ConcernStateOut
from app.api.schemas.self_harm import (
    CheckedIn,
    ContactedIn,
    EmergencyIn,
    LeftSafelyIn,
    MatchConcernIn,
    SettleIn,
    StayedWithPlanIn,
    StepTakenOut,
    TaskContactedIn,
    TaskContactedOut,
    WithAdultIn,
)
from app.api.shapes import concerns as concern_shapes
from app.api.shapes import self_harm as shapes
from app.core.words import Permission
from app.domain.duty.tasks.errors import TaskEnded, TaskNotFound, TaskOwnerUnsuitable
from app.domain.errors import (
    ConcernNotFound,
    ConflictOfInterest,
    FileFrozen,
    FileLocked,
    PermissionMissing,
)
from app.domain.record.concerns.errors import ChildUnknown, ConcernEnded, OccurredInFuture
from app.domain.record.incomplete_reports import rules as urgency
from app.domain.safety.self_harm import errors
from app.domain.safety.self_harm import rules as self_harm_rules
from app.domain.safety.self_harm.rules import EMERGENCY, LEFT_SAFELY, SETTLED, STAYED_WITH_PLAN
from app.domain.safety.self_harm_steps import commands as self_harm_steps
from app.domain.safety.unmatched_children import commands as unmatched_children

ops = Operations("self-harm")
router = ops.router

ANYBODY = (ConcernNotFound, ConcernEnded, FileLocked, FileFrozen)
TIMED = (*ANYBODY, OccurredInFuture)
STEP = (*ANYBODY, errors.NoPathway)


@ops.command(
    "POST", "/v1/concerns/{concern_id}/with-adult", out=StepTakenOut, status=201,
    needs=Permission.CONCERN_RAISE, errors=(*TIMED, errors.PupilUnknown), by_password=True,
    never_lost=urgency.of_adult, no_if_match=NoIfMatch.DANGER,
)  # fmt: skip
async def record_with_adult(concern_id: UUID, body: WithAdultIn, work: Work) -> Response:
    """Record which adult is with a pupil.

    Records which adult is with the pupil now, or that nobody is: then somebody is asked to go to
    them. The reporter and safeguarding leads can record it.
    """
    report = shapes.step_report(body, at=body.at)
    taken = await self_harm_steps.with_adult(work, concern_id, report)
    return await shapes.taken(work, taken, self_harm_rules.step_of_adult(report.details))


@ops.command(
    "POST", "/v1/concerns/{concern_id}/emergency", out=StepTakenOut, status=201,
    needs=Permission.CONCERN_RAISE, errors=TIMED, by_password=True, never_lost=urgency.of_call,
    no_if_match=NoIfMatch.DANGER,
)  # fmt: skip
async def record_emergency(
    concern_id: UUID, work: Work, body: EmergencyIn | None = None
) -> Response:
    """Record that emergency help is needed.

    Records that emergency help is needed or was called. Call 999 first. The body can be empty.

    Every lead and the headteacher are alerted at once, and leads are asked to acknowledge it. An
    unknown pupil ID is saved too; Cairn never refuses it.
    """
    body = body or EmergencyIn()
    taken = await self_harm_steps.call_emergency(
        work, concern_id, shapes.step_report(body, at=body.called_at)
    )
    return await shapes.taken(work, taken, EMERGENCY, body)


@ops.command(
    "POST",
    "/v1/concerns/{concern_id}/check",
    out=StepTakenOut,
    needs=Permission.SAFETY_WRITE,
    errors=(*STEP, OccurredInFuture, errors.CheckUnknown, errors.PupilUnknown),
)
async def record_conversation(
    concern_id: UUID, body: CheckedIn, version: IfMatch, work: Work
) -> Response:
    """Record a conversation with a pupil.

    Records who has spoken with the pupil; or why nobody could, and that somebody still has to.
    """
    report = shapes.step_report(body, at=body.at)
    check = await self_harm_steps.check(work, concern_id, version, report)
    return await shapes.stepped(work, check, self_harm_rules.step_of_check(report.details))


@ops.command(
    "POST", "/v1/concerns/{concern_id}/leave-safely", out=StepTakenOut,
    needs=Permission.SAFETY_WRITE,
    errors=(*STEP, OccurredInFuture, TaskOwnerUnsuitable, errors.PupilUnknown),
)  # fmt: skip
async def record_left_safely(
    concern_id: UUID, body: LeftSafelyIn, version: IfMatch, work: Work
) -> Response:
    """Record how a pupil left school.

    Records which adult the pupil left with. Cairn sets tasks to contact them the next day and
    within 48 hours.
    """
    pathway = await self_harm_steps.leave_safely(
        work, concern_id, version, shapes.step_report(body, at=body.at), body.phones_tomorrow
    )
    return await shapes.stepped(work, pathway, LEFT_SAFELY)


@ops.command(
    "POST", "/v1/concerns/{concern_id}/stay-with-plan", out=StepTakenOut,
    needs=Permission.SAFETY_WRITE, errors=(*STEP, errors.PupilUnknown),
)  # fmt: skip
async def record_stayed_with_plan(
    concern_id: UUID, body: StayedWithPlanIn, version: IfMatch, work: Work
) -> Response:
    """Record that a pupil stays in school.

    Records that the pupil stays in school, and what was agreed.
    """
    stay = await self_harm_steps.stay_with_plan(work, concern_id, version, shapes.step_report(body))
    return await shapes.stepped(work, stay, STAYED_WITH_PLAN)


@ops.command(
    "POST", "/v1/concerns/{concern_id}/contact", out=StepTakenOut, status=201,
    needs=Permission.TASK_DO,
    errors=(*STEP, OccurredInFuture, PermissionMissing, errors.PupilUnknown),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def record_contact(concern_id: UUID, body: ContactedIn, work: Work) -> Response:
    """Record contact with a pupil or family as a lead.

    Records that somebody spoke with the pupil or the family, or tried to.
    """
    report = shapes.step_report(body, "how", at=body.at)
    taken = await self_harm_steps.contact(work, concern_id, body.how, report)
    return await shapes.taken(work, taken, self_harm_steps.step_of(body.how))


@ops.command(
    "POST",
    "/v1/tasks/{task_id}/contact",
    out=TaskContactedOut,
    needs=Permission.TASK_DO,
    errors=(
        *STEP, TaskNotFound, TaskEnded, errors.NoContactAsked, OccurredInFuture, PermissionMissing,
    ),
    by_password=True,
)  # fmt: skip
async def record_task_contact(
    task_id: UUID, body: TaskContactedIn, version: IfMatch, work: Work
) -> Response:
    """Record contact with a pupil or family for a task.

    Records that you spoke with the pupil or the family, or tried to, because a lead asked you in
    this task.
    """
    report = shapes.step_report(body, "how", at=body.at)
    task = await self_harm_steps.contact_by_task(work, task_id, version, body.how, report)
    return await shapes.contacted(work, task, body.how)


@ops.command(
    "POST", "/v1/concerns/{concern_id}/settle", out=StepTakenOut, needs=Permission.SAFETY_WRITE,
    errors=(*STEP, errors.SettlesLater, errors.TasksOpen, errors.PupilUnknown),
)  # fmt: skip
async def settle_concern(
    concern_id: UUID, body: SettleIn, version: IfMatch, work: Work
) -> Response:
    """Record that things have settled.

    Records that things have settled for the pupil: after ninety quiet days, or sooner with a
    reason.

    Cairn refuses while somebody still has to see the pupil, decide about parents, or hear from the
    pupil or family.
    """
    pathway = await self_harm_steps.settle(work, concern_id, version, shapes.step_report(body))
    return await shapes.stepped(work, pathway, SETTLED)


@ops.command(
    "POST",
    "/v1/concerns/{concern_id}/match",
    out=ConcernStateOut,
    needs=Permission.CONCERN_TRIAGE,
    errors=(
        *ANYBODY,
        errors.NothingToMatch,
        errors.NobodyMatched,
        errors.NamedBesides,
        ChildUnknown,
        ConflictOfInterest,
    ),
)
async def match_concern(
    concern_id: UUID, body: MatchConcernIn, version: IfMatch, work: Work
) -> Response:
    """Match a report to its child.

    Records which child a report is about once somebody knows, or who the other children are that it
    names.
    """
    children = [(child.child_id, child.role) for child in body.children]
    concern = await unmatched_children.match_child(work, concern_id, version, children)
    return replies.record(await concern_shapes.state(work, concern), version=concern.version)
