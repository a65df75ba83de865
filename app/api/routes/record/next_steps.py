"""What comes next in a concern, or for a child."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading
from app.api.operations import Operations
from app.core.words import Permission
from app.domain.errors import ChildNotFound, ConcernNotFound
from app.domain.record.next_steps import queries
from app.domain.record.next_steps.schemas import NextStepListOut

ops = Operations("concerns")
router = ops.router


@ops.query(
    "/v1/concerns/{concern_id}/next-steps", out=NextStepListOut, needs=Permission.CONCERN_READ,
    errors=(ConcernNotFound,), etag=False,
)  # fmt: skip
async def get_next_steps_of_concern(concern_id: UUID, reading: Reading) -> Response:
    """Get the suggested next steps of a concern.

    Suggests what to do next in an open concern, and the fact behind each suggestion. A person
    decides.
    """
    return replies.record({"items": await queries.get_next_steps_of_concern(reading, concern_id)})


@ops.query(
    "/v1/children/{child_id}/next-steps", out=NextStepListOut, needs=Permission.CONCERN_READ,
    errors=(ChildNotFound,), etag=False,
)  # fmt: skip
async def get_next_steps_of_child(child_id: UUID, reading: Reading) -> Response:
    """Get the suggested next steps of a child.

    Suggests what to do next in each open concern about the child that you may read. A person
    decides.
    """
    return replies.record({"items": await queries.get_next_steps_of_child(reading, child_id)})
