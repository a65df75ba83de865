"""Meetings: set, read, changed, held, cancelled and corrected."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records, mount
from app.api.operations import Operations
from app.api.paging import page_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.common.deadlines.errors import DueTooFar
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest, StateConflict
from app.domain.record.meetings import commands, errors, queries
from app.domain.record.meetings.kind import MEETING
from app.domain.record.meetings.schemas import (
    CorrectMeetingIn,
    MeetingCard,
    MeetingIn,
    MeetingListIn,
    MeetingOut,
)

ops = Operations("meetings")
router = ops.router


records = Records(
    ops, "/v1/meetings/{meeting_id}", MeetingOut, queries.response_after_change,
    Permission.MEETING_SET, (errors.MeetingNotFound,),
)  # fmt: skip


@ops.query("/v1/meetings", out=PageOut[MeetingCard], needs=MEETING.reads)
async def list_meetings(
    query: Annotated[MeetingListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List meetings.

    Lists the meetings you may read: planned ones soonest first, held and cancelled ones newest
    first.
    """
    return replies.ready_page(
        request, await queries.list_meetings(reading, query, page_asked(query))
    )


@ops.command(
    "POST", "/v1/meetings", out=MeetingOut, needs=Permission.MEETING_SET, status=201,
    errors=(
        ConcernNotFound, ChildNotFound, ConflictOfInterest, OutsideCohort, StateConflict,
        errors.MeetingOwnerUnsuitable, errors.MeetingPersonUnsuitable, DueTooFar,
    ),
)  # fmt: skip
async def set_meeting(body: MeetingIn, work: Work) -> Response:
    """Set up a meeting about a child.

    Plans a meeting about a child, and alerts its owner. If you name siblings, each has a meeting of
    their own in their own file. Next: `record_meeting`.
    """
    return await records.made(work, await commands.set_meeting(work, body))


mount(ops, MEETING, "/v1/meetings", MeetingOut, queries.to_response)
records.change(
    "correct", commands.correct_meeting, CorrectMeetingIn,
    "Correct the record of a meeting.\n\n"
    "Corrects the record of a meeting that was held. The earlier text stays, with the "
    "reason.",
    errors=(
        errors.MeetingNotHeld, errors.MeetingNotBegun, errors.MeetingPersonUnsuitable,
    ),
)  # fmt: skip
