"""The relationships of a child."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.routes.record.contacts import RELATIONSHIPS
from app.api.schemas.relationships import RelationshipOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.record.relationships import commands as relationships
from app.domain.record.relationships.errors import RelationshipExists
from app.domain.record.relationships.schemas import RelationshipIn

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/relationships", out=PageOut[RelationshipOut],
    needs=Permission.CHILD_OPEN, etag=False, errors=NOT_REACHED,
)  # fmt: skip
async def open_relationships(child_id: UUID, work: Work) -> Response:
    """Open a child's relationships.

    Shows every child that this child is related to. The audit log records that you looked.
    """
    return replies.listing(await relationships.open_relationships(work, child_id))


@ops.command(
    "POST", "/v1/children/{child_id}/relationships", out=RelationshipOut,
    needs=Permission.CHILD_SAFEGUARD, status=201, errors=(*NOT_REACHED, RelationshipExists),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_relationship(child_id: UUID, body: RelationshipIn, work: Work) -> Response:
    """Add a relationship between two children.

    Records how two children are related. Both children's records show it.
    """
    made = await relationships.add_relationship(work, child_id, body)
    return await RELATIONSHIPS.made(work, made, f"/v1/children/{child_id}/relationships")
