"""The access log of a child's file."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.access_log import AccessLogEntryOut, AccessLogIn
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.audit.queries import read_access_log
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.errors import ChildNotFound, ConflictOfInterest

ops = Operations("access")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/access-log", out=PageOut[AccessLogEntryOut],
    needs=Permission.ACCESS_LOG, etag=False,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest),
)  # fmt: skip
async def read_child_access_log(
    child_id: UUID, query: Annotated[AccessLogIn, Query()], work: Work, request: Request
) -> Response:
    """Read a child's access log.

    Lists who looked at this child's file or changed it, in which role and why, newest first. A
    search that showed the child counts as a look.

    Entries about concerns you may not read are left out. Reading the log is itself logged.
    """
    asked = query.model_dump(exclude={"limit", "cursor"})
    access_log = await read_access_log(work, child_id, asked, page_asked(query))
    return replies.page(request, access_log)
