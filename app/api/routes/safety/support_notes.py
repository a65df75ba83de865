"""Support notes: written down, listed newest first, opened and put right."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.support_notes import (
    AmendSupportNoteIn,
    SupportNoteIn,
    SupportNoteListIn,
    SupportNoteOut,
)
from app.api.shapes import safety_records as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import ConcernNotFound, FileLocked
from app.domain.safety.records import errors, notes

ops = Operations("safety")
router = ops.router
PATH = "/v1/children/{child_id}/support-notes"


@ops.opening(
    PATH, out=PageOut[SupportNoteOut], needs=Permission.CONCERN_READ, errors=NOT_REACHED, etag=False
)
async def list_support_notes(
    child_id: UUID, query: Annotated[SupportNoteListIn, Query()], work: Work, request: Request
) -> Response:
    """Support notes of a child, newest first, each whole; the trail keeps who looked.

    Whoever reads no safety records sees those of concerns they own, have something to do of, or
    were granted.
    """
    found = await notes.list_notes(work, child_id, page_asked(query))
    return replies.page(request, shapes.notes(found))


@ops.command(
    "POST",
    PATH,
    out=SupportNoteOut,
    needs=Permission.CONCERN_READ,
    status=201,
    etag=False,
    errors=(*NOT_REACHED, FileLocked, ConcernNotFound, errors.ConcernOfAnother),
)
async def record_support_note(child_id: UUID, body: SupportNoteIn, work: Work) -> Response:
    """Write down what is understood of a pupil; half of it is enough.

    For leads, and, of a concern, for whoever owns it or has something to do of it.
    """
    record = await notes.keep_note(work, child_id, shapes.note_wish(body))
    return await shapes.note(work, record, status=201)


@ops.opening(
    PATH + "/{record_id}",
    out=SupportNoteOut,
    needs=Permission.CONCERN_READ,
    errors=(*NOT_REACHED, errors.RecordNotFound),
    etag=False,
)
async def open_support_note(child_id: UUID, record_id: UUID, work: Work) -> Response:
    """Open one support note."""
    return await shapes.note(work, await notes.open_note(work, child_id, record_id))


@ops.command(
    "POST",
    PATH + "/{record_id}/amend",
    out=SupportNoteOut,
    needs=Permission.CONCERN_READ,
    status=201,
    etag=False,
    errors=(
        *NOT_REACHED,
        FileLocked,
        ConcernNotFound,
        errors.ConcernOfAnother,
        errors.RecordNotFound,
        errors.RecordAmended,
    ),
)
async def amend_support_note(
    child_id: UUID, record_id: UUID, body: AmendSupportNoteIn, work: Work
) -> Response:
    """Put a note right with a reason; what was written first stays beside it."""
    wish = shapes.note_wish(body)
    record = await notes.amend_note(work, child_id, record_id, wish, body.reason)
    return await shapes.note(work, record, status=201)
