"""The chronology of a child."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.chronology import ChronologyEntryOut, ChronologyIn
from app.api.shapes.chronology import filter_of
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest
from app.domain.record.chronology import queries

ops = Operations("chronology")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/chronology",
    out=PageOut[ChronologyEntryOut],
    needs=Permission.CHRONOLOGY_READ,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest),
)
async def read_chronology(
    child_id: UUID, query: Annotated[ChronologyIn, Query()], work: Work, request: Request
) -> Response:
    """Everything dated about the child that I may see, in one ordered stream."""
    page = await queries.read_chronology(work, child_id, filter_of(query), page_asked(query))
    return replies.ready_page(request, page)
