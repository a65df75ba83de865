"""Concerns: raised by anybody in the school, worked on by its leads."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import incomplete_reports, replies
from app.api.deps import Reading, Served, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.categories import CategoryChoiceOut
from app.api.schemas.concern_receipts import ConcernReceiptOut
from app.api.schemas.concern_records import (
    AmendmentOut,
    CommentOut,
    ConcernCard,
    ConcernEventOut,
    ConcernOut,
    ConcernStateOut,
    DecisionOut,
    MyConcernCard,
    ReporterQuestionOut,
)
from app.api.schemas.concerns import AmendmentIn, CommentIn, ConcernIn, ConcernListIn
from app.api.shapes import concerns as shapes
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.access.conflicts.errors import StaffUnknown
from app.domain.adults.adult_concerns.errors import SubjectUnknown
from app.domain.adults.allegations import commands as allegations
from app.domain.adults.moved_concerns import commands as moved_concerns
from app.domain.adults.moved_concerns.errors import ConcernHasOpenWork, KeepsPupilSafe
from app.domain.adults.moved_concerns.schemas import MoveIn
from app.domain.common.category_rules.queries import list_categories
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import (
    ConcernMoved,
    ConcernNotFound,
    ConflictOfInterest,
    PermissionMissing,
    SecondPersonNeeded,
    StateConflict,
)
from app.domain.record.concern_closures import commands as concern_closures
from app.domain.record.concern_closures.schemas import CloseIn, CountersignIn, MergeIn
from app.domain.record.concern_corrections import commands as concern_corrections
from app.domain.record.concern_corrections import queries as concern_corrections_queries
from app.domain.record.concern_corrections.errors import CorrectionUnsuitable
from app.domain.record.concern_corrections.schemas import CorrectIn, CorrectionOut
from app.domain.record.concern_notes import commands as concern_notes
from app.domain.record.concern_notes.schemas import DecisionIn
from app.domain.record.concern_questions import commands as concern_questions
from app.domain.record.concerns import commands as concerns
from app.domain.record.concerns import errors as wrong
from app.domain.record.concerns import queries
from app.domain.record.concerns.schemas import (
    AnswerQuestionIn,
    AskReporterIn,
    AssignIn,
    MonitorIn,
    ReopenIn,
    TellReporterIn,
    TriageIn,
)
from app.domain.record.incomplete_reports import rules as urgency
from app.domain.record.incomplete_reports.commands import completed_by
from app.domain.safety.self_harm.errors import (
    CheckInsOverdue,
    PupilMissing,
    ReferralUnanswered,
    TasksOpen,
)
from app.domain.sharing.informing_parents import commands as informing_parents
from app.domain.sharing.parents_guards.errors import ParentsGuarded
from app.domain.sharing.parents_guards.queries import parents_of

ops = Operations("concerns")
router = ops.router
adding = partial(ops.command, "POST", status=201, etag=False, no_if_match=NoIfMatch.ADDS)

OWED = (TasksOpen, CheckInsOverdue, ReferralUnanswered)
MOVING = (KeepsPupilSafe, ConcernHasOpenWork)
STEP = (ConcernNotFound, StateConflict, wrong.ConcernEnded, wrong.SignaturePending)
CONCERNS = Records(
    ops, "/v1/concerns/{concern_id}", ConcernStateOut, shapes.state,
    writes=Permission.CONCERN_TRIAGE, errors=STEP,
)  # fmt: skip


@ops.command(
    "POST", "/v1/concerns", out=ConcernReceiptOut, status=201, needs=Permission.CONCERN_RAISE,
    errors=(wrong.ChildUnknown, StaffUnknown, SubjectUnknown, wrong.OccurredInFuture),
    never_lost=urgency.urgency_of, by_password=True,
)  # fmt: skip
async def raise_concern(body: ConcernIn, work: Work, runtime: Served) -> Response:
    """Raise a concern.

    Raises a concern about one or more children. Safeguarding leads are alerted at once. Next:
    `add_attachment` for files, and `list_my_concerns` to follow it.

    A concern that is also about an adult at the school goes to the adult register (`register`): the
    headteacher reads it, or the chair of governors if it is about the headteacher, and no
    safeguarding lead does.

    A report about children, sent again with the same `id` and the same words, gets the receipt of
    the first. If Cairn cannot accept a report, it keeps your words (`kept`, `saved_as`) unless the
    report says that it can wait. `lead_told` says whether a lead was alerted. Send the whole report
    again with `completes`.
    """
    raised = await allegations.raise_report(work, shapes.command_to_raise(body), body.adult)
    if raised.availability is not None:
        await completed_by(work, body.completes, raised.id)
        incomplete_reports.remember(runtime, work.actor.school_id, raised.availability)
    return shapes.receipt(raised)


@ops.query("/v1/concerns", out=PageOut[ConcernCard], needs=Permission.CONCERN_READ)
async def list_concerns(
    query: Annotated[ConcernListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List concerns.

    Lists the concerns you may read, newest first or soonest due first. Rows hold no narrative: call
    `open_concern` to read one.
    """
    asked = shapes.filter_of(query, reading.now)
    return replies.ready_page(
        request, await queries.list_concerns(reading, asked, page_asked(query))
    )


@ops.query(
    "/v1/concerns/mine", out=PageOut[MyConcernCard], needs=Permission.CONCERN_RAISE,
    by_password=True,
)  # fmt: skip
async def list_my_concerns(
    query: Annotated[shapes.MineIn, Query()], reading: Reading, request: Request
) -> Response:
    """List my concerns.

    Lists the concerns you raised, and how far each has got: received, being handled, or finished
    with thanks.
    """
    return replies.ready_page(request, await queries.list_my_concerns(reading, page_asked(query)))


@ops.query(
    "/v1/concerns/categories", out=PageOut[CategoryChoiceOut], needs=Permission.CONCERN_RAISE,
    by_password=True,
)  # fmt: skip
async def list_concern_categories(reading: Reading) -> Response:
    """List the categories to choose from.

    Lists the categories a reporter can choose: the school's own first, then the common ones.

    This list is complete. Vocabulary `things_reported` is a shorter one, in the words reporters
    use.
    """
    return replies.listing(await list_categories(reading))


@ops.opening(
    "/v1/concerns/{concern_id}", out=ConcernOut, needs=None,
    errors=(ConcernNotFound, PermissionMissing), by_password=True,
)  # fmt: skip
async def open_concern(concern_id: UUID, work: Work, request: Request) -> Response:
    """Open a concern.

    Shows the whole concern and what you may do next (`permissions`). The person who reported it
    sees their own report and its progress.
    """
    record, version = await queries.open_concern(work, concern_id)
    if (parents := await parents_of(work, record)) is not None:
        record["parents"] = parents
    return replies.record(record, version=version, request=request)


CONCERNS.change(
    "acknowledge", concerns.acknowledge_concern, None,
    "Acknowledge a concern.\n\n"
    "Records that you have read it. The triage deadline starts. Next: `triage_concern`.",
)  # fmt: skip
CONCERNS.change(
    "triage", moved_concerns.triage_concern, TriageIn,
    "Triage a concern.\n\n"
    "Sets the level of need, category, class, owner and next due time, with your reason. "
    "Next: set actions (`add_action`), inform parents, share or refer.\n\n"
    "A category for concerns about adults moves it to the adult register, as `move_concern` "
    "does.",
    errors=(
        wrong.OwnerUnsuitable, DueTimePassed, DueTooFar, wrong.ReporterOutOfReach, *MOVING,
    ),
)  # fmt: skip
CONCERNS.change(
    "move", moved_concerns.move_concern, MoveIn,
    "Move a concern to the adult register.\n\n"
    "Records that the concern is about an adult and moves it to the adult register. "
    "Safeguarding leads can no longer read it.",
    errors=(*MOVING, SubjectUnknown),
)  # fmt: skip
CONCERNS.change(
    "assign", concerns.assign_concern, AssignIn,
    "Assign a concern.\n\n"
    "Gives the concern to another owner, who is alerted. Its due time stays unless you send "
    "a new one.",
    errors=(wrong.OwnerUnsuitable, DueTimePassed, DueTooFar),
)  # fmt: skip
CONCERNS.change(
    "monitor", concerns.monitor_concern, MonitorIn,
    "Monitor a concern.\n\n"
    "Keeps the concern open with nothing to do now, and sets when you review it.",
    errors=(DueTimePassed, DueTooFar),
)  # fmt: skip
CONCERNS.change(
    "close", concern_closures.close_concern, CloseIn,
    "Close a concern.\n\n"
    "Closes the concern with an outcome. At level 3 or 4, and after self-harm, it only "
    "proposes the closure: a second person calls `countersign_concern`.",
    needs=Permission.CONCERN_CLOSE,
    errors=(wrong.ConcernHasOpenActions, *OWED, wrong.ReporterOutOfReach),
)  # fmt: skip
CONCERNS.change(
    "countersign", concern_closures.countersign_concern, CountersignIn,
    "Countersign a concern.\n\n"
    "Agrees to a proposed closure or withdrawal as the second person, or refuses it. The "
    "person who proposed it cannot countersign.",
    needs=Permission.CONCERN_READ,
    errors=(
        wrong.NothingToSign, SecondPersonNeeded, wrong.ConcernHasOpenActions, *OWED,
        PermissionMissing,
    ),
)  # fmt: skip
CONCERNS.change(
    "reopen", concerns.reopen_concern, ReopenIn,
    "Reopen a concern.\n\n"
    "Reopens a closed or monitored concern and starts its deadline. If it was closed, you "
    "become its owner.",
    needs=Permission.CONCERN_CLOSE, errors=(DueTimePassed, DueTooFar),
)  # fmt: skip
CONCERNS.change(
    "withdraw", concern_closures.withdraw_concern, ReasonIn,
    "Withdraw a concern.\n\n"
    "Proposes that the concern was entered in error. Nothing changes until a second person "
    "agrees: they call `countersign_concern`.",
    needs=Permission.CONCERN_WITHDRAW,
)  # fmt: skip
CONCERNS.change(
    "merge", concern_closures.merge_concern, MergeIn,
    "Merge a duplicate concern.\n\n"
    "Marks the concern as a duplicate of another about the same child. It ends, and work "
    "continues in the other; both stay readable.",
    needs=Permission.CONCERN_CLOSE,
    errors=(wrong.MergeTargetUnsuitable, wrong.ConcernHasOpenActions, TasksOpen, PupilMissing),
)  # fmt: skip


CONCERNS.change(
    "correct", concern_corrections.correct_concern, CorrectIn,
    "Correct a concern's child, time or place.\n\n"
    "Corrects which child the concern is about, or when or where it happened. The earlier "
    "value is kept.\n\n"
    "If you change the child, the concern leaves the wrong child's file. Cairn alerts the "
    "people who knew of it, sets tasks to put right what it led to for that child, and lists "
    "them in `list_corrections`. Reporters use `amend_concern` instead.",
    errors=(
        CorrectionUnsuitable, wrong.ChildUnknown, ConflictOfInterest, wrong.OccurredInFuture,
    ),
)  # fmt: skip


CONCERNS.change(
    "tell-reporter", concerns.tell_reporter, TellReporterIn,
    "Tell the reporter the outcome of a concern.\n\n"
    "Writes an outcome for the person who reported the concern. Cairn alerts them that they "
    "can read it.",
    errors=(wrong.ReporterOutOfReach,),
)  # fmt: skip


@adding(
    "/v1/concerns/{concern_id}/ask-reporter", out=ReporterQuestionOut,
    needs=Permission.CONCERN_TRIAGE, errors=(ConcernNotFound, wrong.ReporterOutOfReach),
)  # fmt: skip
async def ask_reporter(concern_id: UUID, body: AskReporterIn, work: Work) -> Response:
    """Ask the reporter a question about a concern.

    Sends the reporter a question. They see only the question. You have a task until they answer
    with `answer_question`.
    """
    return await shapes.asked(
        work, await concern_questions.ask_reporter(work, concern_id, body), status=201
    )


@ops.command(
    "POST", "/v1/concerns/{concern_id}/questions/{question_id}/answer", out=ReporterQuestionOut,
    needs=Permission.CONCERN_AMEND, etag=False,
    errors=(ConcernNotFound, ConcernMoved, wrong.QuestionUnknown, wrong.QuestionAnswered),
    by_password=True, never_lost=urgency.of_answer, no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def answer_question(
    concern_id: UUID, question_id: UUID, body: AnswerQuestionIn, work: Work
) -> Response:
    """Answer a question about my report.

    Answers a question that a safeguarding lead asked about your report. You cannot change your
    answer later.
    """
    return await shapes.asked(
        work, await concern_questions.answer_question(work, concern_id, question_id, body)
    )


@adding(
    "/v1/concerns/{concern_id}/amendments", out=AmendmentOut, needs=Permission.CONCERN_AMEND,
    errors=(ConcernNotFound, ConcernMoved, wrong.StatementUnknown, wrong.StatementKindTold),
    by_password=True, never_lost=urgency.of_amendment,
)  # fmt: skip
async def amend_concern(concern_id: UUID, body: AmendmentIn, work: Work) -> Response:
    """Amend a concern.

    Adds a correction, further information or the answer to a question beside the original. The
    original does not change.

    It can only make a concern more urgent; if it does, leads are alerted at once. A category for
    concerns about adults moves the concern to the adult register, as `move_concern` does; if the
    concern has to stay, only the amendment goes there.
    """
    amended = await moved_concerns.amend_concern(work, concern_id, shapes.command_to_amend(body))
    return await shapes.amendment(work, amended)


@adding(
    "/v1/concerns/{concern_id}/comments", out=CommentOut, needs=Permission.CONCERN_COMMENT,
    errors=(ConcernNotFound,),
)  # fmt: skip
async def add_comment(concern_id: UUID, body: CommentIn, work: Work) -> Response:
    """Add a comment to a concern.

    Adds a comment to the staff discussion. The reporter cannot see it.
    """
    return await shapes.comment(
        work, await concern_notes.add_comment(work, concern_id, body.id, body.text)
    )


@adding(
    "/v1/concerns/{concern_id}/decisions", out=DecisionOut, needs=Permission.CONCERN_DECIDE,
    errors=(ConcernNotFound, wrong.OccurredInFuture, DueTimePassed, DueTooFar, ParentsGuarded),
)  # fmt: skip
async def record_decision(concern_id: UUID, body: DecisionIn, work: Work) -> Response:
    """Record a decision on a concern.

    Records a decision with its reason. Record it too when you decide not to act.
    """
    decision = await informing_parents.decide(work, concern_id, body)
    return await shapes.decision(work, decision)


@ops.opening(
    "/v1/concerns/{concern_id}/amendments", out=PageOut[AmendmentOut], needs=None,
    errors=(ConcernNotFound, PermissionMissing),
)  # fmt: skip
async def list_amendments(concern_id: UUID, work: Work) -> Response:
    """List the amendments of a concern.

    Lists what was corrected or added since the report, oldest first.
    """
    return replies.listing(await queries.open_part(work, concern_id, "amendments"))


@ops.opening(
    "/v1/concerns/{concern_id}/corrections", out=PageOut[CorrectionOut],
    needs=Permission.CONCERN_READ, errors=(ConcernNotFound,),
)  # fmt: skip
async def list_corrections(concern_id: UUID, work: Work) -> Response:
    """List the corrections of a concern.

    Lists what was corrected, oldest first, and what still has to be put right.

    You see the former child, the reason and what was sent out only if you may open both children's
    records.
    """
    return replies.listing(await concern_corrections_queries.list_corrections(work, concern_id))


@ops.opening(
    "/v1/concerns/{concern_id}/comments", out=PageOut[CommentOut], needs=Permission.CONCERN_READ,
    errors=(ConcernNotFound,),
)  # fmt: skip
async def list_comments(concern_id: UUID, work: Work) -> Response:
    """List the comments on a concern.

    Lists the staff discussion, oldest first. The reporter cannot see it.
    """
    return replies.listing(await queries.open_part(work, concern_id, "comments"))


@ops.opening(
    "/v1/concerns/{concern_id}/decisions", out=PageOut[DecisionOut], needs=Permission.CONCERN_READ,
    errors=(ConcernNotFound,),
)  # fmt: skip
async def list_decisions(concern_id: UUID, work: Work) -> Response:
    """List the decisions of a concern.

    Lists the decisions about a concern, oldest first, each with its reason.
    """
    return replies.listing(await queries.open_part(work, concern_id, "decisions"))


@ops.opening(
    "/v1/concerns/{concern_id}/history", out=PageOut[ConcernEventOut],
    needs=Permission.CONCERN_READ, errors=(ConcernNotFound,),
)  # fmt: skip
async def open_concern_history(concern_id: UUID, work: Work) -> Response:
    """Open a concern's history.

    Lists every step in the concern: who took it, when and why, oldest first.
    """
    return replies.listing(await queries.open_history(work, concern_id))
