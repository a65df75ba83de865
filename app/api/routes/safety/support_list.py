"""The support list: read, added to, extended, taken off, handed over and acknowledged."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.support_list import (
    HandOverNoteOut,
    SupportListChildOut,
    SupportListEntryOut,
    SupportListHandOverOut,
    SupportListIn,
)
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.errors import FileLocked
from app.domain.safety.support_list import commands, errors, queries
from app.domain.safety.support_list.schemas import (
    ExtendSupportListEntryIn,
    HandOverNoteIn,
    SupportListEntryIn,
)

ops = Operations("support list")
router = ops.router
ENTRY = "/v1/support-list/{entry_id}"
ENTRIES = Records(
    ops, ENTRY, SupportListEntryOut, queries.entry,
    writes=Permission.SAFETY_WRITE, errors=(errors.SupportListEntryNotFound,),
)  # fmt: skip
NOTES = Records(
    ops, "/v1/support-list/hand-over/{hand_over_id}", HandOverNoteOut, queries.whole_note,
    writes=Permission.SUPPORT_LIST_READ,
    errors=(errors.HandOverNotFound, errors.HandOverAcknowledged),
)  # fmt: skip


@ops.opening(
    "/v1/support-list", out=PageOut[SupportListChildOut], needs=Permission.SUPPORT_LIST_READ,
    etag=False,
)  # fmt: skip
async def get_support_list(
    query: Annotated[SupportListIn, Query()], work: Work, request: Request
) -> Response:
    """Get the support list.

    Shows who is on the support list and why: overdue first, then by due time, then by name.
    """
    return replies.page(request, await queries.read_list(work, page_asked(query)))


@ops.command(
    "POST", "/v1/support-list", out=SupportListEntryOut, needs=Permission.SAFETY_WRITE, status=201,
    errors=(*NOT_REACHED, FileLocked, errors.SupportListUntilUnsuitable),
)  # fmt: skip
async def add_support_list_entry(body: SupportListEntryIn, work: Work) -> Response:
    """Add a pupil to the support list.

    Adds a pupil to the support list, with a reason and an end date.
    """
    entry = await commands.state(work, body)
    return replies.record(await queries.entry(work, entry), status=201, version=entry.version)


ENTRIES.change(
    "extend", commands.extend, ExtendSupportListEntryIn,
    "Keep a pupil on the support list longer.\n\n"
    "Moves the end date, so that the pupil stays on the list longer.",
    name="extend_support_list_entry", errors=(errors.SupportListUntilUnsuitable,),
)  # fmt: skip
ENTRIES.change(
    "end", commands.take_off, ReasonIn,
    "Take a pupil off the support list.\n\n"
    "Takes the pupil off the list, with a reason.",
    name="end_support_list_entry",
)  # fmt: skip


@ops.opening(
    "/v1/support-list/hand-over", out=SupportListHandOverOut, needs=Permission.SUPPORT_LIST_READ,
    etag=False,
)  # fmt: skip
async def get_support_list_hand_over(
    query: Annotated[SupportListIn, Query()], work: Work
) -> Response:
    """Get the support list's hand-over.

    Shows each pupil on the list, who is in touch with them and from when, and the newest notes.
    """
    return replies.record(await queries.read_hand_over(work, page_asked(query)))


@ops.command(
    "POST", "/v1/support-list/hand-over", out=HandOverNoteOut, needs=Permission.SAFETY_WRITE,
    status=201, errors=(errors.HandOverPersonUnsuitable,),
)  # fmt: skip
async def hand_over_support_list(body: HandOverNoteIn, work: Work) -> Response:
    """Hand over the support list.

    Hands over who is in touch with which pupil. The person taking over reads it and calls
    `acknowledge_support_list_hand_over`.
    """
    note = await commands.hand_over(work, body)
    return replies.record(await queries.whole_note(work, note), status=201, version=note.version)


NOTES.change(
    "acknowledge", commands.acknowledge, None,
    "Acknowledge a hand-over of the support list.\n\n"
    "Records that you have read what was handed over to you.",
    name="acknowledge_support_list_hand_over",
)  # fmt: skip
