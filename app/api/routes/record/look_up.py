"""One box for everything."""

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.core.words import Permission
from app.domain.record.look_up import queries
from app.domain.record.look_up.schemas import LookUpIn, LookUpOut

ops = Operations("children")
router = ops.router


@ops.command(
    "POST", "/v1/look-up", out=LookUpOut, needs=Permission.CHILD_SEARCH, etag=False,
    by_password=True, no_if_match=NoIfMatch.READS,
)  # fmt: skip
async def look_up(body: LookUpIn, work: Work) -> Response:
    """Look up a record by its reference or number.

    Finds any record by its reference, or a child by a UPN, another number or a name.

    Send it in the body, because addresses are often written to logs. The audit log records a search
    for a child, as for every other search. A record you may not see is not found.
    """
    return replies.record({"items": await queries.look_up(work, body.q)})
