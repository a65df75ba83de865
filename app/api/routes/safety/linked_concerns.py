"""Linked concerns: listed, explained, looked at together or set aside; and what is beside them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.linked_concerns import (
    CalendarNoteListIn,
    CalendarNoteOut,
    ConcernMarkIn,
    ConcernMarksOut,
    LinkedConcernCard,
    LinkedConcernListIn,
    LinkedConcernOut,
    LinkedCountsOut,
    NamedContentIn,
    NamedContentOut,
    NoFilters,
)
from app.api.shapes import linked_concerns as shapes
from app.core.schemas import ListIn, PageOut, ReasonIn
from app.core.words import Permission
from app.domain.errors import ConcernNotFound, FileLocked
from app.domain.safety.linked_concern_counts import commands
from app.domain.safety.linked_concerns import commands as linked_concerns
from app.domain.safety.linked_concerns import errors, queries
from app.domain.safety.linked_concerns.schemas import CalendarNoteIn, JointReviewIn

ops = Operations("linked concerns")
router = ops.router
ALL, ONE = "/v1/linked-concerns", "/v1/linked-concerns/{linked_concern_id}"
NAMED, NOTES = f"{ALL}/named-content", "/v1/calendar-notes"
MARKS = "/v1/concerns/{concern_id}/marks"
READS, WRITES = Permission.LINKED_CONCERNS_READ, Permission.SAFETY_WRITE
FOUND, CHANGES = (
    (errors.LinkedConcernNotFound,),
    (errors.LinkedConcernNotFound, errors.LinkedConcernEnded),
)
LINKED = Records(ops, ONE, LinkedConcernOut, queries.whole, writes=READS, errors=CHANGES)


@ops.query(ALL, out=PageOut[LinkedConcernCard], needs=READS)
async def list_linked_concerns(
    query: Annotated[LinkedConcernListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List linked concerns.

    Lists groups of linked concerns, newest first. You see a group only if you may read every
    concern in it.
    """
    asked = shapes.asked(query)
    return replies.ready_page(
        request, await queries.list_linked_concerns(reading, asked, page_asked(query))
    )


@ops.query(f"{ALL}/counts", out=LinkedCountsOut, needs=Permission.LINKED_CONCERNS_COUNT)
async def count_linked_concerns(query: Annotated[NoFilters, Query()], reading: Reading) -> Response:
    """Count a trust's linked concerns.

    Shows a trust its counts by month. No count below five is shown, and there are no filters.
    """
    return replies.record(await commands.read_counts(reading))


@ops.query(NAMED, out=PageOut[NamedContentOut], needs=READS)
async def list_named_content(
    query: Annotated[ListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List named harmful content.

    Lists groups, challenges and websites that members of staff have noted.
    """
    return replies.ready_page(request, await linked_concerns.list_named(reading, page_asked(query)))


@ops.command("POST", NAMED, out=NamedContentOut, needs=WRITES, status=201, etag=False)
async def add_named_content(body: NamedContentIn, work: Work) -> Response:
    """Add named harmful content.

    Adds a harmful group, challenge or website by its name. Do not send its address.
    """
    row = await linked_concerns.add_named(work, body.id, body.kind, body.label)
    return replies.record(await shapes.named(work, row), status=201)


@ops.opening(ONE, out=LinkedConcernOut, needs=READS, errors=FOUND)
async def open_linked_concern(linked_concern_id: UUID, work: Work, request: Request) -> Response:
    """Open linked concerns.

    Shows the rule, every concern, what links them, and other possible explanations. Next:
    `record_joint_review` or `dismiss_linked_concern`.
    """
    linked, result = await queries.open_linked_concern(work, linked_concern_id)
    return replies.record(result, version=linked.version, request=request)


LINKED.change(
    "joint-review", linked_concerns.record_joint_review, JointReviewIn,
    "Record a joint review of linked concerns.\n\n"
    "Records who reviewed the concerns together, when, and what follows. The task to review "
    "them ends.",
    )  # fmt: skip
LINKED.change(
    "dismiss", linked_concerns.dismiss, ReasonIn,
    "Dismiss linked concerns.\n\n"
    "Sets the group aside, with a reason. It comes back when there is something new.",
    name="dismiss_linked_concern", )  # fmt: skip


@ops.command(
    "POST", MARKS, out=ConcernMarksOut, needs=WRITES, status=201, etag=False,
    errors=(ConcernNotFound, FileLocked, errors.NamedContentNotFound, errors.AlreadyMarked),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def mark_concern(concern_id: UUID, body: ConcernMarkIn, work: Work) -> Response:
    """Record content or a place that a concern names.

    Records harmful content that a concern names, or the place on the site where it happened.
    """
    result = await linked_concerns.mark_concern(
        work, concern_id, body.named_content_id, body.site_request_id
    )
    return replies.record({"items": result}, status=201)


@ops.query(NOTES, out=PageOut[CalendarNoteOut], needs=READS)
async def list_calendar_notes(
    query: Annotated[CalendarNoteListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List notes in the school calendar.

    Lists what has been, is and will be happening at school, latest first.
    """
    asked = shapes.notes_asked(query)
    return replies.ready_page(
        request, await linked_concerns.list_notes(reading, asked, page_asked(query))
    )


@ops.command("POST", NOTES, out=CalendarNoteOut, needs=WRITES, status=201)
async def add_calendar_note(body: CalendarNoteIn, work: Work) -> Response:
    """Add a note to the school calendar.

    Adds something that is happening at school. It is shown beside concerns as context and changes
    none of them.
    """
    note = await linked_concerns.add_note(work, body)
    return replies.record(await linked_concerns.whole(work, note), status=201, version=note.version)


@ops.command(
    "POST", f"{NOTES}/{{note_id}}/end", out=CalendarNoteOut, needs=WRITES,
    errors=(errors.CalendarNoteNotFound,),
)  # fmt: skip
async def end_calendar_note(note_id: UUID, version: IfMatch, work: Work) -> Response:
    """End a note in the school calendar.

    Removes a note that was added by mistake.
    """
    note = await linked_concerns.end_note(work, note_id, version)
    return replies.record(await linked_concerns.whole(work, note), version=note.version)
