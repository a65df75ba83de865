"""Safety plans: versions begun, agreed, used, read again and ended; copies; the card."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import File, Operations
from app.api.paging import page_asked
from app.api.printing import printed
from app.api.schemas.safety_plans import (
    AgreePlanIn,
    CardQuery,
    GivePlanCopyIn,
    MyPlanOut,
    PlanCard,
    PlanCardContentOut,
    PlanIn,
    PlanOut,
    PlanPatch,
    UsePlanIn,
)
from app.api.shapes import safety_plans as shapes
from app.core.schemas import ListIn, PageOut, ReasonIn
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest, FileLocked
from app.domain.safety.records.errors import ConcernOfAnother
from app.domain.safety.safety_plan_copies import commands as safety_plan_copies
from app.domain.safety.safety_plan_reviews import commands as safety_plan_reviews
from app.domain.safety.safety_plan_reviews.schemas import ReviewPlanIn
from app.domain.safety.safety_plan_versions import commands as safety_plan_versions
from app.domain.safety.safety_plans import queries
from app.domain.safety.safety_plans.errors import (
    CopyRecalled,
    HolderNotFound,
    PlanAdultUnsuitable,
    PlanAgreed,
    PlanNotFound,
    PlanNotNow,
    PlanOvertaken,
    PlanUnread,
    PlanWithoutPupil,
)
from app.domain.sharing.documents.errors import DocumentNotMade, DocumentsBusy
from app.domain.sharing.parents_guards.errors import ParentsGuarded
from app.domain.sharing.safety_plan_handouts import commands as safety_plan_handouts

ops = Operations("safety plans")
router = ops.router
READ, WRITE = Permission.SAFETY_READ, Permission.SAFETY_WRITE
OF_CHILD = "/v1/children/{child_id}/safety-plans"
ONE = "/v1/safety-plans/{plan_id}"
REACH = (ChildNotFound, ConflictOfInterest, OutsideCohort)
DUE = (DueTimePassed, DueTooFar)
CardOf = Annotated[CardQuery, Query()]
CARD = File("application/pdf", drafts=True)
COPIES = Records(
    ops, ONE + "/holders/{holder_id}", PlanOut, queries.whole,
    writes=WRITE, errors=(PlanNotFound, FileLocked, HolderNotFound, CopyRecalled),
)  # fmt: skip
PLANS = Records(ops, ONE, PlanOut, queries.whole, writes=WRITE, errors=(PlanNotFound, PlanNotNow))


@ops.opening(OF_CHILD, out=PageOut[PlanCard], needs=READ, etag=False, errors=REACH)
async def list_plans(
    child_id: UUID, query: Annotated[ListIn, Query()], work: Work, request: Request
) -> Response:
    """List a child's safety plans.

    Lists the versions of the child's safety plan, newest first. Replaced and ended ones stay
    readable.
    """
    return replies.page(request, await queries.list_plans(work, child_id, page_asked(query)))


@ops.command(
    "POST", OF_CHILD, out=PlanOut, needs=WRITE, status=201,
    errors=(*REACH, FileLocked, ConcernNotFound, ConcernOfAnother, PlanAdultUnsuitable),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def begin_plan(child_id: UUID, body: PlanIn, work: Work) -> Response:
    """Begin a safety plan.

    Begins a new version of the safety plan. The version in use stays in use meanwhile. Next:
    `agree_plan`, then `use_plan`.
    """
    plan = await safety_plan_versions.begin_plan(work, child_id, shapes.command(body))
    return await PLANS.made(work, plan)


@ops.opening("/v1/safety-plans/mine", out=PageOut[MyPlanOut], needs=Permission.TASK_DO, etag=False)
async def list_my_plans(work: Work) -> Response:
    """List safety plans I help with.

    Lists plans in use where you are the adult the pupil chose, or stand in for them: the steps, and
    what helps here.
    """
    return replies.listing(await queries.list_my_plans(work))


@ops.opening(ONE, out=PlanOut, needs=READ, errors=(PlanNotFound,))
async def open_plan(plan_id: UUID, work: Work, request: Request) -> Response:
    """Open a safety plan.

    Shows one version of the safety plan.
    """
    plan, result = await queries.open_plan(work, plan_id)
    return replies.record(result, version=plan.version, request=request)


@ops.command(
    "PATCH", ONE, out=PlanOut, needs=WRITE,
    errors=(PlanNotFound, FileLocked, PlanNotNow, PlanAgreed, PlanAdultUnsuitable),
)  # fmt: skip
async def update_plan(plan_id: UUID, body: PlanPatch, version: IfMatch, work: Work) -> Response:
    """Update a safety plan.

    Changes a draft with a merge patch. Once a version is agreed, you can change only its adults.
    """
    plan = await safety_plan_versions.update_plan(work, plan_id, version, shapes.fields(body))
    return await shapes.plan(work, plan)


@ops.command(
    "POST", ONE + "/agree", out=PlanOut, needs=WRITE,
    errors=(PlanNotFound, FileLocked, PlanNotNow, PlanWithoutPupil, ConcernNotFound, *DUE),
)  # fmt: skip
async def agree_plan(
    plan_id: UUID, version: IfMatch, work: Work, body: AgreePlanIn | None = None
) -> Response:
    """Agree a safety plan with the pupil.

    Records that the pupil agreed the plan, and sets when you read it with them again. Next:
    `use_plan`.
    """
    due = body.review_due_at if body is not None else None
    return await shapes.plan(
        work, await safety_plan_versions.agree_plan(work, plan_id, version, due)
    )


@ops.command(
    "POST", ONE + "/use", out=PlanOut, needs=WRITE,
    errors=(PlanNotFound, FileLocked, PlanNotNow, PlanOvertaken),
)  # fmt: skip
async def use_plan(
    plan_id: UUID, version: IfMatch, work: Work, body: UsePlanIn | None = None
) -> Response:
    """Put a safety plan into use.

    Puts an agreed version into use. It replaces the version used before, which stays readable.
    """
    recall = (body or UsePlanIn()).recall_old_copies
    plan = await safety_plan_versions.use_plan(work, plan_id, version, recall=recall)
    return await shapes.plan(work, plan)


PLANS.change(
    "review", safety_plan_reviews.review_plan, ReviewPlanIn,
    "Review a safety plan.\n\n"
    "Records what you and the pupil found when you read the plan again, and sets the next "
    "time.",
    errors=(FileLocked, PlanUnread, ConcernNotFound, *DUE),
)  # fmt: skip
PLANS.change(
    "end", safety_plan_versions.end_plan, ReasonIn,
    "End a safety plan.\n\n"
    "Ends a version, with a reason. A plan never ends by itself.", errors=(ConcernNotFound,),
)  # fmt: skip


@ops.command(
    "POST", ONE + "/holders", out=PlanOut, needs=WRITE,
    errors=(PlanNotFound, FileLocked, PlanNotNow, ParentsGuarded),
)  # fmt: skip
async def record_plan_copy(
    plan_id: UUID, body: GivePlanCopyIn, version: IfMatch, work: Work
) -> Response:
    """Record a copy of a safety plan.

    Records who has a copy, and what the pupil said about that. To get it back, call
    `recall_plan_copy`.
    """
    command = shapes.copy_given(body)
    return await shapes.plan(
        work, await safety_plan_handouts.give_copy(work, plan_id, version, command)
    )


COPIES.change(
    "recall", safety_plan_copies.recall_copy, None,
    "Recall a copy of a safety plan.\n\n"
    "Sets a task for somebody to get the copy back.",
    name="recall_plan_copy",
)  # fmt: skip


@ops.opening(
    ONE + "/card.json", out=PlanCardContentOut, needs=READ, etag=False,
    errors=(PlanNotFound, ParentsGuarded),
)  # fmt: skip
async def get_plan_card(plan_id: UUID, query: CardOf, work: Work) -> Response:
    """Get a safety plan's card as JSON.

    Returns the pupil's card as data: every step in order, every phone number, and nothing that
    staff wrote.
    """
    return replies.record(await safety_plan_handouts.open_card(work, plan_id, query.copy_for))


@ops.opening(
    ONE + "/card.pdf", out=CARD, needs=READ, etag=False,
    errors=(PlanNotFound, ParentsGuarded, DocumentNotMade, DocumentsBusy),
)  # fmt: skip
async def download_plan_card_pdf(plan_id: UUID, query: CardOf, work: Work) -> Response:
    """Download a safety plan's card as PDF.

    Downloads the card in large type on a page that folds, as an accessible PDF.
    """
    printing = await safety_plan_handouts.print_card(work, plan_id, query.copy_for)
    return printed(printing, printing.content["language"])
