"""Support plans: agreed, opened, changed, read again and ended."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.support_plans import (
    ChangeSupportPlanIn,
    EndSupportPlanIn,
    PlanVersionListIn,
    PlanVersionOut,
    ReviewSupportPlanIn,
    SupportPlanIn,
    SupportPlanOut,
)
from app.api.shapes import support_plans as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ConcernNotFound, FileFrozen, FileLocked
from app.domain.safety.records.errors import ConcernOfAnother, RecordAmended
from app.domain.safety.support_plans import commands, errors, queries

ops = Operations("support plans")
router = ops.router
PATH = "/v1/children/{child_id}/support-plan"
WRITING = (*NOT_REACHED, FileLocked, DueTimePassed, DueTooFar)
UNFIT = (errors.SupportPlanPersonUnsuitable, errors.SupportPlanTimeUnsuitable)


@ops.opening(
    PATH, out=SupportPlanOut, needs=Permission.SAFETY_READ,
    errors=(*NOT_REACHED, errors.SupportPlanNotFound),
)  # fmt: skip
async def open_support_plan(child_id: UUID, work: Work, request: Request) -> Response:
    """Open a pupil's support plan.

    Shows the pupil's current support plan. The audit log records that you looked.
    """
    plan, result = await queries.open_plan(work, child_id)
    return replies.record(shapes.plan(result), version=plan.version, request=request)


@ops.opening(
    PATH + "/versions", out=PageOut[PlanVersionOut], needs=Permission.SAFETY_READ,
    errors=NOT_REACHED, etag=False,
)  # fmt: skip
async def list_support_plan_versions(
    child_id: UUID, query: Annotated[PlanVersionListIn, Query()], work: Work, request: Request
) -> Response:
    """List the versions of a pupil's support plan.

    Lists what was agreed with the pupil, version by version, newest first.
    """
    versions = await queries.list_versions(work, child_id, page_asked(query))
    return replies.page(request, shapes.versions(versions))


@ops.command(
    "POST", PATH, out=SupportPlanOut, needs=Permission.SAFETY_WRITE, status=201,
    errors=(*WRITING, *UNFIT, ConcernNotFound, ConcernOfAnother, errors.SupportPlanExists),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def agree_support_plan(child_id: UUID, body: SupportPlanIn, work: Work) -> Response:
    """Agree a support plan with a pupil.

    Records a plan agreed with the pupil and puts them on the support list. Cairn makes the plan's
    check-ins, which end only when a lead ends them.
    """
    return await shapes.reply(
        work, await commands.make_plan(work, child_id, shapes.command(body)), 201
    )


@ops.command(
    "PUT", PATH, out=SupportPlanOut, needs=Permission.SAFETY_WRITE,
    errors=(*WRITING, *UNFIT, FileFrozen, RecordAmended, errors.SupportPlanNotFound),
)  # fmt: skip
async def change_support_plan(
    child_id: UUID, body: ChangeSupportPlanIn, version: IfMatch, work: Work
) -> Response:
    """Change a pupil's support plan.

    Records the plan as agreed again. The earlier version stays in the file, and future check-ins
    follow the new one.
    """
    command = shapes.command(body)
    plan = await commands.update_plan(work, child_id, version, command, body.reason)
    return await shapes.reply(work, plan)


@ops.command(
    "POST", PATH + "/review", out=SupportPlanOut, needs=Permission.SAFETY_WRITE,
    errors=(*WRITING, errors.SupportPlanNotFound),
)  # fmt: skip
async def review_support_plan(
    child_id: UUID, body: ReviewSupportPlanIn, version: IfMatch, work: Work
) -> Response:
    """Review a pupil's support plan.

    Records that you read the plan again with the pupil and it stays as it is, and sets the next
    time.
    """
    content = body.model_dump(mode="json", include={"words", "pupils_view"}, exclude_none=True)
    plan = await commands.review_plan(work, child_id, version, content, body.review_due_at)
    return await shapes.reply(work, plan)


@ops.command(
    "POST", PATH + "/end", out=None, needs=Permission.SAFETY_WRITE, status=204,
    errors=(*NOT_REACHED, FileFrozen, errors.SupportPlanNotFound),
)  # fmt: skip
async def end_support_plan(
    child_id: UUID, body: EndSupportPlanIn, version: IfMatch, work: Work
) -> Response:
    """End a pupil's support plan.

    Ends the plan and its check-ins, with a reason. An overdue check-in stays until somebody records
    what happened.
    """
    view = body.pupils_view.model_dump(mode="json") if body.pupils_view else {}
    await commands.end_plan(work, child_id, version, body.reason, view)
    return Response(status_code=204)
