"""What of a child's record may be shared with somebody."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.shareable_parts import ShareablePartsIn, ShareablePartsOut
from app.core.words import Permission
from app.domain.errors import FileLocked
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.sharing.shareable_parts import queries

ops = Operations("shares")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/shareable-parts", out=ShareablePartsOut, needs=Permission.SHARE_WRITE,
    errors=(*NOT_REACHED, FileLocked, ContactNotFound), etag=False,
)  # fmt: skip
async def get_shareable_parts(
    child_id: UUID, query: Annotated[ShareablePartsIn, Query()], work: Work
) -> Response:
    """Get what can be shared about a child.

    Shows what the screen that prepares a share needs: each contact with any reason not to tell
    them, and each part of the record with whether it may go. `draft_share` and `approve_share`
    apply the same rules. The access log records one look.
    """
    kind = query.recipient_kind or "parent"
    return replies.record(await queries.get_shareable_parts(work, child_id, query.contact_id, kind))
