"""What changed of a child, its contacts and statuses."""

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
from app.api.schemas.fact_changes import FactChangeListIn, FactChangeOut
from app.core.schemas import PageOut
from app.domain.errors import PermissionMissing
from app.domain.record.fact_changes import queries

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/fact-changes", out=PageOut[FactChangeOut], needs=None, etag=False,
    errors=(*NOT_REACHED, PermissionMissing),
)  # fmt: skip
async def list_fact_changes(
    child_id: UUID, query: Annotated[FactChangeListIn, Query()], work: Work, request: Request
) -> Response:
    """List earlier values of a child's details.

    Lists every earlier value of the child's details, contacts and statuses, newest first, as far as
    you may read them today.

    The audit log records that you looked. You need `child:open` or `child:change`.
    """
    fact_changes = await queries.list_fact_changes(
        work, child_id, query.about_kind, query.about_id, page_asked(query)
    )
    return replies.page(request, fact_changes)
