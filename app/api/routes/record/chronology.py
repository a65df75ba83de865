"""The chronology of a child."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.chronology import ChronologyEntryOut, ChronologyIn, FamilyEntryOut
from app.api.shapes.filters import entries_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest
from app.domain.record.chronology import commands, queries
from app.domain.record.chronology.errors import EntryNotFound
from app.domain.record.chronology.schemas import SignificantIn

ops = Operations("chronology")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/chronology", out=PageOut[ChronologyEntryOut],
    needs=Permission.CHRONOLOGY_READ, errors=(ChildNotFound, OutsideCohort, ConflictOfInterest),
)  # fmt: skip
async def read_chronology(
    child_id: UUID, query: Annotated[ChronologyIn, Query()], work: Work, request: Request
) -> Response:
    """Read a child's chronology.

    Shows everything dated about the child that you may see, in one ordered list.
    """
    page = await queries.read_chronology(work, child_id, entries_asked(query), page_asked(query))
    return replies.ready_page(request, page)


@ops.opening(
    "/v1/children/{child_id}/family-chronology", out=PageOut[FamilyEntryOut],
    needs=Permission.CHRONOLOGY_READ, errors=(ChildNotFound, OutsideCohort, ConflictOfInterest),
    etag=False,
)  # fmt: skip
async def read_family_chronology(
    child_id: UUID, query: Annotated[ChronologyIn, Query()], work: Work
) -> Response:
    """Read a family's chronology.

    Shows the chronologies of the child and of confirmed brothers and sisters at this school, in one
    list.

    Children whose records you may not read are left out. The access log of each child shown records
    that you looked.
    """
    page = await queries.read_family_chronology(
        work, child_id, entries_asked(query), page_asked(query)
    )
    return replies.record({"items": list(page.items), "next": page.next})


@ops.command(
    "POST", "/v1/children/{child_id}/chronology/{entry_id}/mark-significant",
    out=ChronologyEntryOut, needs=Permission.CONCERN_TRIAGE,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest, EntryNotFound), etag=False,
    no_if_match=NoIfMatch.REPEATABLE, secret=True,
)  # fmt: skip
async def mark_significant(
    child_id: UUID, entry_id: UUID, body: SignificantIn, work: Work
) -> Response:
    """Mark a chronology entry as significant.

    Records whether an entry is one of the child's significant events, and why.

    A referral lists the significant events. The latest mark counts; the audit log keeps every one.
    """
    entry = await commands.mark_significant(work, child_id, entry_id, body)
    return replies.record(orjson.loads(entry))
