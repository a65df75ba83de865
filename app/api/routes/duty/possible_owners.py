"""Who a thing can be given to."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading
from app.api.operations import Operations
from app.core.words import Permission
from app.domain.duty.possible_owners import queries
from app.domain.duty.possible_owners.errors import WorkNotFound
from app.domain.duty.possible_owners.schemas import PossibleOwnerListOut, PossibleOwnersIn
from app.domain.errors import ValidationFailed

ops = Operations("staff")
router = ops.router


@ops.query(
    "/v1/possible-owners", out=PossibleOwnerListOut, needs=Permission.ACTION_SET,
    errors=(ValidationFailed, WorkNotFound),
)  # fmt: skip
async def get_possible_owners(
    query: Annotated[PossibleOwnersIn, Query()], reading: Reading
) -> Response:
    """Get the people who can own a record.

    Lists the people who could own a record today. For an existing record send `about_id`; for a new
    one, the `concern_id` or `child_id` it belongs to. Cairn refuses any other owner.
    """
    possible_owners = await queries.get_possible_owners(reading, query.about_kind, *query.of)
    return replies.record({"items": possible_owners})
