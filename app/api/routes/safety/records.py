"""Records of keeping a child safe: written down, listed newest first, opened and put right."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.records import AmendRecordIn, RecordIn, RecordListIn, RecordOut
from app.api.shapes import records as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import ConcernNotFound, FileLocked
from app.domain.record.concerns.errors import OccurredInFuture
from app.domain.safety.records import errors, queries

ops = Operations("safety")
router = ops.router
PATH = "/v1/children/{child_id}/records"


@ops.opening(
    PATH, out=PageOut[RecordOut], needs=Permission.CONCERN_READ, errors=NOT_REACHED, etag=False
)
async def list_records(
    child_id: UUID, query: Annotated[RecordListIn, Query()], work: Work, request: Request
) -> Response:
    """List a child's safety records.

    Lists what was recorded to keep the child safe, newest first, each record in full.

    Safeguarding leads see all of them. Other staff see support notes of concerns that they own,
    have an action in, or were given access to. The audit log records that you looked.
    """
    records = await queries.list_records(work, child_id, query.kind, page_asked(query))
    return replies.page(request, shapes.page(records, work.now))


@ops.command(
    "POST",
    PATH,
    out=RecordOut,
    needs=Permission.CONCERN_READ,
    status=201,
    etag=False,
    errors=(*NOT_REACHED, FileLocked, ConcernNotFound, errors.ConcernOfAnother, OccurredInFuture),
    no_if_match=NoIfMatch.ADDS,
)
async def add_record(child_id: UUID, body: Annotated[RecordIn, Body()], work: Work) -> Response:
    """Add a safety record to a child.

    Saves a safety check, support note, found item, home safety talk or missing episode. Incomplete
    records are accepted.

    If the pupil took something, it is an emergency: the self-harm pathway shows that, every lead is
    alerted, and Cairn saves the record whatever else is missing. Leads can write any kind. People
    who own a concern, or an action in it, can write its support notes.
    """
    return await shapes.respond(work, await shapes.add(work, child_id, body), status=201)


@ops.opening(
    PATH + "/{record_id}", out=RecordOut, needs=Permission.CONCERN_READ,
    errors=(*NOT_REACHED, errors.RecordNotFound), etag=False,
)  # fmt: skip
async def open_record(child_id: UUID, record_id: UUID, work: Work) -> Response:
    """Open a safety record.

    Shows one record: a safety check, support note, found item, home safety talk or missing episode.
    """
    return await shapes.respond(work, await queries.open_record(work, child_id, record_id))


@ops.command(
    "POST",
    PATH + "/{record_id}/amend",
    out=RecordOut,
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
    no_if_match=NoIfMatch.ADDS,
)
async def amend_record(
    child_id: UUID,
    record_id: UUID,
    body: Annotated[AmendRecordIn, Body()],
    work: Work,
) -> Response:
    """Amend a safety record.

    Corrects a safety check, support note or missing episode, or adds what is known by now.

    The original stays beside it. A missing episode ends with `returned_at`.
    """
    return await shapes.respond(
        work, await shapes.amend(work, child_id, record_id, body), status=201
    )
