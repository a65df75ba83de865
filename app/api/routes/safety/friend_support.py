"""Support for friends who told."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.schemas.friend_support import (
    FriendSupportBegunOut,
    FriendSupportFields,
    FriendSupportIn,
)
from app.api.shapes.records import content_of
from app.core.words import Permission
from app.domain.errors import ChildNotFound, ConflictOfInterest, FileFrozen, FileLocked
from app.domain.safety.friend_support import commands as friend_support

ops = Operations("support")
router = ops.router


@ops.command(
    "POST", "/v1/children/{child_id}/friend-support", out=FriendSupportBegunOut, status=201,
    needs=Permission.CONCERN_RAISE,
    errors=(ChildNotFound, ConflictOfInterest, FileFrozen, FileLocked), etag=False,
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def begin_friend_support(child_id: UUID, body: FriendSupportIn, work: Work) -> Response:
    """Begin support for a pupil who told about a friend.

    Begins support for a pupil who told an adult about a friend. A lead follows it up. It is linked
    to no other child.
    """
    record = await friend_support.begin_friend_support(
        work, child_id, body.id, content_of(body, FriendSupportFields), body.urgent
    )
    content = {"id": record.id, "child_id": child_id, "recorded_at": record.recorded_at}
    path = f"/v1/children/{child_id}/records/{record.id}"
    return replies.record(content, status=201, location=path)
