"""The statuses of a child."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.routes.record.contacts import STATUSES
from app.api.schemas.fact_changes import AtIn
from app.api.schemas.statuses import StatusIn, StatusOut
from app.core.schemas import PageOut, given
from app.core.words import Permission
from app.domain.record.statuses import commands as statuses
from app.domain.record.statuses.commands import AddStatus
from app.domain.record.statuses.errors import StatusOverlaps

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/statuses", out=PageOut[StatusOut], needs=Permission.CHILD_OPEN,
    etag=False, errors=NOT_REACHED,
)  # fmt: skip
async def open_statuses(child_id: UUID, work: Work, query: Annotated[AtIn, Query()]) -> Response:
    """Open a child's statuses.

    Shows the child's statuses in the classes you can read. The audit log records that you looked.

    With `at`, it shows what was known at that time.
    """
    if query.at is not None:
        return replies.listing(await statuses.open_statuses_at(work, child_id, query.at))
    return replies.listing(await statuses.open_statuses(work, child_id))


@ops.command(
    "POST", "/v1/children/{child_id}/statuses", out=StatusOut, needs=Permission.CHILD_SAFEGUARD,
    status=201, errors=(*NOT_REACHED, StatusOverlaps), no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_status(child_id: UUID, body: StatusIn, work: Work) -> Response:
    """Add a status to a child.

    Records a status that applies from a given day. The chronology shows it.
    """
    apart = ("id", "kind", "valid_from", "valid_to", "confidentiality")
    command = AddStatus(
        body.id, child_id, body.kind, body.valid_from, body.valid_to, body.confidentiality,
        given(body, but_not=apart),
    )  # fmt: skip
    made = await statuses.add_status(work, command)
    return await STATUSES.made(work, made, f"/v1/children/{child_id}/statuses")
