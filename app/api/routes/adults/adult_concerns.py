"""Concerns about adults: raised by anybody in the school, read by those the register names."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.attachments import give_out
from app.api.deps import Reading, Served, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import BINARY, Operations
from app.api.paging import page_asked
from app.api.schemas.adult_concerns import (
    AdultAuditIn,
    AdultCard,
    AdultConcernIn,
    AdultConcernOut,
    AdultEventOut,
    AdultListIn,
    AdultNoteOut,
    AdultReceiptOut,
    AdultStateOut,
    AdultTrailOut,
    MyAdultCard,
    MyAdultListIn,
    PatternsIn,
    PatternsOut,
)
from app.api.schemas.concerns import CommentIn
from app.api.shapes import adult_concerns as shapes
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.adults.adult_concern_steps import commands
from app.domain.adults.adult_concern_steps import queries as steps
from app.domain.adults.adult_concern_steps.schemas import (
    AdultAdviceIn,
    AdultAssignIn,
    AdultCloseIn,
    AdultRedirectIn,
    AssessIn,
    LockOutIn,
)
from app.domain.adults.adult_concerns import commands as adult_concerns
from app.domain.adults.adult_concerns import errors as wrong
from app.domain.adults.adult_concerns import queries
from app.domain.adults.adult_concerns.schemas import AdultAmendmentIn
from app.domain.adults.moved_concerns.queries import open_moved_file
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.duty.possible_owners.schemas import PossibleOwnerListOut
from app.domain.errors import SecondPersonNeeded, StateConflict
from app.domain.record.attachments.errors import (
    AttachmentHeld,
    AttachmentNotFound,
    AttachmentQuarantined,
)
from app.domain.record.concern_closures.schemas import CountersignIn
from app.domain.record.concerns.errors import (
    ChildUnknown,
    NothingToSign,
    OccurredInFuture,
    SignaturePending,
    StatementUnknown,
)
from app.domain.record.incomplete_reports import rules as urgency

ops = Operations("adult register", register="adults")
router = ops.router

FOUND = (wrong.AdultConcernNotFound,)
STEP = (*FOUND, StateConflict, wrong.AdultConcernEnded, SignaturePending)
ONE = "/v1/adult-concerns/{concern_id}"
CASES = Records(ops, ONE, AdultStateOut, shapes.state, writes=Permission.ADULT_RAISE, errors=STEP)


@ops.command(
    "POST", "/v1/adult-concerns", out=AdultReceiptOut, status=201, needs=Permission.ADULT_RAISE,
    errors=(wrong.SubjectUnknown, ChildUnknown, OccurredInFuture), by_password=True,
    never_lost=urgency.of_adult_concern,
)  # fmt: skip
async def raise_adult_concern(body: AdultConcernIn, work: Work) -> Response:
    """Raise a concern about an adult.

    Reports a concern about an adult to the headteacher, or to the chair of governors if it is about
    the headteacher. Cairn alerts them at once. Safeguarding leads do not see it. Next:
    `list_my_adult_concerns`.
    """
    return shapes.receipt(
        await adult_concerns.raise_adult_concern(work, shapes.command_to_raise(body))
    )


@ops.opening("/v1/adult-concerns", out=PageOut[AdultCard], needs=Permission.ADULT_RAISE, etag=False)
async def list_adult_concerns(
    query: Annotated[AdultListIn, Query()], work: Work, request: Request
) -> Response:
    """List concerns about adults.

    Lists the concerns about adults that you may read, newest first or soonest due first. Rows hold
    no narrative: call `open_adult_concern` to read one.
    """
    asked = shapes.filter_of(query, work.now)
    result = await queries.list_adult_concerns(work, asked, page_asked(query))
    return replies.ready_page(request, result)


@ops.query(
    "/v1/adult-concerns/mine", out=PageOut[MyAdultCard], needs=Permission.ADULT_RAISE,
    by_password=True,
)  # fmt: skip
async def list_my_adult_concerns(
    query: Annotated[MyAdultListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List my reports about adults.

    Lists the concerns about adults that you reported, and how far each has got: received, being
    handled, or finished with thanks.
    """
    my_adult_concerns = await queries.list_my_adult_concerns(reading, page_asked(query))
    return replies.ready_page(request, my_adult_concerns)


@ops.opening(
    "/v1/adult-concerns/patterns", out=PatternsOut, needs=Permission.ADULT_READ, etag=False
)
async def open_adult_patterns(query: Annotated[PatternsIn, Query()], work: Work) -> Response:
    """Open earlier concerns about a member of staff.

    Shows earlier concerns about one member of staff, so that a pattern of small things can be seen.
    """
    return replies.record(await queries.open_adult_patterns(work, query.staff_id))


@ops.opening("/v1/adult-audit", out=PageOut[AdultTrailOut], needs=Permission.ADULT_READ, etag=False)
async def list_adult_audit(
    query: Annotated[AdultAuditIn, Query()], work: Work, request: Request
) -> Response:
    """List the adult register's audit log.

    Lists the adult register's audit log, newest first: entries about concerns you may read, and
    every time you looked yourself.
    """
    adult_audit = await queries.list_adult_audit(work, query.concern_id, page_asked(query))
    return replies.ready_page(request, adult_audit)


@ops.opening(ONE, out=AdultConcernOut, needs=Permission.ADULT_RAISE, errors=FOUND)
async def open_adult_concern(concern_id: UUID, work: Work, request: Request) -> Response:
    """Open a concern about an adult.

    Shows the whole concern and what you may do next (`permissions`). The person who reported it
    sees their own report and how far it has got.
    """
    record, version = await queries.open_adult_concern(work, concern_id)
    return replies.record(record, version=version, request=request)


@ops.opening(
    ONE + "/history", out=PageOut[AdultEventOut], needs=Permission.ADULT_RAISE, errors=FOUND
)
async def open_adult_history(concern_id: UUID, work: Work) -> Response:
    """Open the history of a concern about an adult.

    Lists every step in the concern: who took it, when and why, oldest first.
    """
    return replies.listing(await queries.open_adult_history(work, concern_id))


@ops.opening(
    ONE + "/possible-case-managers", out=PossibleOwnerListOut, needs=Permission.ADULT_DECIDE,
    errors=FOUND, etag=False,
)  # fmt: skip
async def get_possible_case_managers(concern_id: UUID, work: Work) -> Response:
    """Get possible case managers of a concern about an adult.

    Lists the people who could be its case manager today. Cairn refuses anyone else. Next:
    `assign_adult_concern`.
    """
    return replies.record({"items": await steps.get_possible_case_managers(work, concern_id)})


@ops.opening(
    ONE + "/attachments/{attachment_id}", out=BINARY, needs=Permission.ADULT_RAISE, etag=False,
    errors=(*FOUND, AttachmentNotFound, AttachmentQuarantined, AttachmentHeld),
)  # fmt: skip
async def download_moved_attachment(
    concern_id: UUID, attachment_id: UUID, work: Work, runtime: Served
) -> Response:
    """Download a file of a concern about an adult.

    Downloads a file that came with a concern when it moved to the adult register.
    `child_report.attachments` lists them.
    """
    attachment = await open_moved_file(work, concern_id, attachment_id)
    return await give_out(runtime.storage, attachment)


CASES.change(
    "acknowledge", commands.acknowledge_adult_concern, None,
    "Acknowledge a concern about an adult.\n\n"
    "Records that you have read it. You own it from now on, unless it has a case manager. "
    "Next: `assess_adult_concern`.",
)  # fmt: skip
CASES.change(
    "assess", commands.assess_adult_concern, AssessIn,
    "Assess a concern about an adult.\n\n"
    "Records whether the concern meets the harm threshold, with a reason. If it does, the "
    "deadline for contacting the designated officer starts. Next: `record_adult_advice`.",
    errors=(wrong.HarmTestsUnsuitable,),
)  # fmt: skip
CASES.change(
    "advice", commands.record_advice, AdultAdviceIn,
    "Record advice on a concern about an adult.\n\n"
    "Records advice or a referral: the person you spoke to, when, and what they said. "
    "Contact with the designated officer meets its deadline.",
    name="record_adult_advice", errors=(OccurredInFuture, DueTimePassed, DueTooFar),
)  # fmt: skip
CASES.change(
    "assign", commands.assign_adult_concern, AdultAssignIn,
    "Assign a concern about an adult.\n\n"
    "Makes somebody the case manager. They can read the concern and own it from now on. A "
    "safeguarding lead can be one.",
    needs=Permission.ADULT_DECIDE, errors=(wrong.CaseManagerUnsuitable,),
)  # fmt: skip
CASES.change(
    "redirect", commands.redirect_adult_concern, AdultRedirectIn,
    "Correct the adult a concern is about.\n\n"
    "Names the right adult. If either adult is a headteacher, the concern moves between the "
    "headteacher and the chair of governors. An adult named in the report stays locked out.",
    needs=Permission.ADULT_DECIDE, errors=(wrong.SubjectUnknown,),
)  # fmt: skip
CASES.change(
    "lock-outs", commands.lock_out_of_adult_concern, LockOutIn,
    "Lock a person out of a concern about an adult.\n\n"
    "Records that somebody has a personal interest in the concern, and takes away their "
    "access. You can lock yourself out. If they owned it, Cairn gives it to somebody else.",
    needs=Permission.ADULT_DECIDE, errors=(wrong.SubjectUnknown,),
)  # fmt: skip
CASES.change(
    "close", commands.close_adult_concern, AdultCloseIn,
    "Close a concern about an adult.\n\n"
    "Closes it with an outcome. For an allegation it only proposes the closure: a second "
    "person calls `countersign_adult_concern`.",
    errors=(wrong.AssessmentMissing, wrong.OutcomeUnsuitable),
)  # fmt: skip
CASES.change(
    "withdraw", commands.withdraw_adult_concern, ReasonIn,
    "Withdraw a concern about an adult.\n\n"
    "Proposes that the concern was entered in error. Nothing changes until a second person "
    "agrees: they call `countersign_adult_concern`.",
)  # fmt: skip
CASES.change(
    "countersign", commands.countersign_adult_concern, CountersignIn,
    "Countersign a concern about an adult.\n\n"
    "Agrees to a proposed closure or withdrawal as the second person, or refuses it. The "
    "person who proposed it cannot countersign.",
    errors=(NothingToSign, SecondPersonNeeded),
)  # fmt: skip


@ops.command(
    "POST", ONE + "/notes", out=AdultNoteOut, status=201, needs=Permission.ADULT_RAISE, etag=False,
    errors=FOUND, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_adult_note(concern_id: UUID, body: CommentIn, work: Work) -> Response:
    """Add a note to a concern about an adult.

    Adds a note of what was done or found.
    """
    return await shapes.note(
        work, await adult_concerns.add_adult_note(work, concern_id, body.id, body.text)
    )


@ops.command(
    "POST", ONE + "/amendments", out=AdultNoteOut, status=201, needs=Permission.ADULT_RAISE,
    etag=False, errors=(*FOUND, StatementUnknown), by_password=True,
    never_lost=urgency.of_adult_amendment, no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def amend_adult_concern(concern_id: UUID, body: AdultAmendmentIn, work: Work) -> Response:
    """Amend a concern about an adult.

    Adds a correction or further information beside the original, with the reason for it. The
    original does not change.
    """
    return await shapes.note(work, await adult_concerns.amend_adult_concern(work, concern_id, body))
