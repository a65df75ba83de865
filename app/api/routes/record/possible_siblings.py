"""Children who may be brothers and sisters."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.possible_siblings import PossibleSiblingOut
from app.api.schemas.relationships import RelationshipOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import FileLocked
from app.domain.record.possible_siblings import commands, queries
from app.domain.record.relationships.errors import RelationshipExists

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/possible-siblings", out=PageOut[PossibleSiblingOut],
    needs=Permission.CHILD_SAFEGUARD, etag=False, errors=(*NOT_REACHED, FileLocked),
)  # fmt: skip
async def open_possible_siblings(child_id: UUID, work: Work) -> Response:
    """Open a child's possible siblings.

    Lists other children who share a contact's email, phone number or address with this child, or
    the child's home.

    Nothing is connected until a person decides: call `add_relationship` or
    `dismiss_possible_sibling`. Professionals' addresses and numbers do not count. The audit log
    records that you looked.
    """
    return replies.listing(await queries.open_possible_siblings(work, child_id))


@ops.command(
    "POST", "/v1/children/{child_id}/possible-siblings/{other_child_id}/dismiss",
    out=RelationshipOut, needs=Permission.CHILD_SAFEGUARD, status=201,
    errors=(*NOT_REACHED, RelationshipExists), no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def dismiss_possible_sibling(child_id: UUID, other_child_id: UUID, work: Work) -> Response:
    """Dismiss a possible sibling.

    Records that the two children are not siblings. Cairn does not suggest it again.

    It is kept as a relationship that ended today and that nobody confirmed.
    """
    record, version = await commands.dismiss_possible_sibling(work, child_id, other_child_id)
    return replies.record(
        record, status=201, version=version, location=f"/v1/children/{child_id}/relationships"
    )
