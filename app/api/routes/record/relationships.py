"""The relationships of a child."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.relationships import RelationshipIn, RelationshipOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import StateConflict
from app.domain.record.relationships import commands as relationships
from app.domain.record.relationships.commands import AddRelationship, KnownRelationship
from app.domain.record.relationships.errors import RelationshipExists, RelationshipNotFound

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/relationships",
    out=PageOut[RelationshipOut],
    needs=Permission.CHILD_OPEN,
    etag=False,
    errors=NOT_REACHED,
)
async def open_relationships(child_id: UUID, work: Work) -> Response:
    """Every child this child is connected with; the trail keeps who looked."""
    return replies.listing(await relationships.open_relationships(work, child_id))


@ops.command(
    "POST",
    "/v1/children/{child_id}/relationships",
    out=RelationshipOut,
    needs=Permission.CHILD_SAFEGUARD,
    status=201,
    errors=(*NOT_REACHED, RelationshipExists),
)
async def add_relationship(child_id: UUID, body: RelationshipIn, work: Work) -> Response:
    """Connect two children; both records show it."""
    wish = AddRelationship(
        body.id, child_id, body.other_child_id, body.kind, body.note, body.valid_from
    )
    record, version = await relationships.add_relationship(work, wish)
    return replies.record(
        record, status=201, version=version, location=f"/v1/children/{child_id}/relationships"
    )


@ops.command(
    "POST",
    "/v1/children/{child_id}/relationships/{relationship_id}/confirm",
    out=RelationshipOut,
    needs=Permission.CHILD_SAFEGUARD,
    errors=(*NOT_REACHED, RelationshipNotFound, StateConflict),
)
async def confirm_relationship(
    child_id: UUID, relationship_id: UUID, work: Work, if_match: IfMatch
) -> Response:
    """Say that a connection found in a roster is so."""
    wish = KnownRelationship(child_id, relationship_id, if_match)
    record, version = await relationships.confirm_relationship(work, wish)
    return replies.record(record, version=version)


@ops.command(
    "POST",
    "/v1/children/{child_id}/relationships/{relationship_id}/end",
    out=RelationshipOut,
    needs=Permission.CHILD_SAFEGUARD,
    errors=(*NOT_REACHED, RelationshipNotFound, StateConflict),
)
async def end_relationship(
    child_id: UUID, relationship_id: UUID, work: Work, if_match: IfMatch
) -> Response:
    """End a connection as of today: it is not so any more, or never was."""
    wish = KnownRelationship(child_id, relationship_id, if_match)
    record, version = await relationships.end_relationship(work, wish)
    return replies.record(record, version=version)
