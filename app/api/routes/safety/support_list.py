"""The support list: read, added to, extended, taken off, handed over and acknowledged."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.support_list import (
    EndSupportListEntryIn,
    ExtendSupportListEntryIn,
    HandOverNoteIn,
    HandOverNoteOut,
    SupportListChildOut,
    SupportListEntryIn,
    SupportListEntryOut,
    SupportListHandOverOut,
    SupportListIn,
)
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import FileLocked
from app.domain.safety.support_list import commands, errors, queries

ops = Operations("support list")
router = ops.router
ENTRY = "/v1/support-list/{entry_id}"


@ops.opening(
    "/v1/support-list",
    out=PageOut[SupportListChildOut],
    needs=Permission.SUPPORT_LIST_READ,
    etag=False,
)
async def get_support_list(
    query: Annotated[SupportListIn, Query()], work: Work, request: Request
) -> Response:
    """Who is on the support list and why: what is overdue first, then by due time, then name."""
    return replies.page(request, await queries.read_list(work, page_asked(query)))


@ops.command(
    "POST",
    "/v1/support-list",
    out=SupportListEntryOut,
    needs=Permission.SAFETY_WRITE,
    status=201,
    errors=(*NOT_REACHED, FileLocked, errors.SupportListUntilUnsuitable),
)
async def create_support_list_entry(body: SupportListEntryIn, work: Work) -> Response:
    """Put a pupil on the list with a stated reason and an end date."""
    wish = commands.PutOn(body.child_id, body.words, body.until, body.id)
    entry = await commands.state(work, wish)
    return replies.record(queries.entry(entry, work.actor), status=201, version=entry.version)


@ops.command(
    "POST",
    ENTRY + "/extend",
    out=SupportListEntryOut,
    needs=Permission.SAFETY_WRITE,
    errors=(errors.SupportListEntryNotFound, errors.SupportListUntilUnsuitable),
)
async def extend_support_list_entry(
    entry_id: UUID, body: ExtendSupportListEntryIn, version: IfMatch, work: Work
) -> Response:
    """The pupil stays on the list until a later day."""
    entry = await commands.extend(work, entry_id, version, body.until)
    return replies.record(queries.entry(entry, work.actor), version=entry.version)


@ops.command(
    "POST",
    ENTRY + "/end",
    out=SupportListEntryOut,
    needs=Permission.SAFETY_WRITE,
    errors=(errors.SupportListEntryNotFound,),
)
async def end_support_list_entry(
    entry_id: UUID, body: EndSupportListEntryIn, version: IfMatch, work: Work
) -> Response:
    """Take a pupil off the list, and say why."""
    entry = await commands.take_off(work, entry_id, version, body.reason)
    return replies.record(queries.entry(entry, work.actor), version=entry.version)


@ops.opening(
    "/v1/support-list/hand-over",
    out=SupportListHandOverOut,
    needs=Permission.SUPPORT_LIST_READ,
    etag=False,
)
async def get_support_list_hand_over(
    query: Annotated[SupportListIn, Query()], work: Work
) -> Response:
    """Each pupil on the list, who is in touch and from when, and the newest notes."""
    return replies.record(await queries.read_hand_over(work, page_asked(query)))


@ops.command(
    "POST",
    "/v1/support-list/hand-over",
    out=HandOverNoteOut,
    needs=Permission.SAFETY_WRITE,
    status=201,
    errors=(errors.HandOverPersonUnsuitable,),
)
async def create_support_list_hand_over(body: HandOverNoteIn, work: Work) -> Response:
    """Hand over who is in touch with whom; a person reads and acknowledges it."""
    note = await commands.hand_over(work, body.to_id, body.note, body.id)
    return replies.record(await queries.whole_note(work, note), status=201, version=note.version)


@ops.command(
    "POST",
    "/v1/support-list/hand-over/{hand_over_id}/acknowledge",
    out=HandOverNoteOut,
    needs=Permission.SUPPORT_LIST_READ,
    errors=(errors.HandOverNotFound, errors.HandOverAcknowledged),
)
async def acknowledge_support_list_hand_over(
    hand_over_id: UUID, version: IfMatch, work: Work
) -> Response:
    """I have read what was handed over to me."""
    note = await commands.acknowledge(work, hand_over_id, version)
    return replies.record(await queries.whole_note(work, note), version=note.version)
