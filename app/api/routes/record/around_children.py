"""The contacts, relationships and statuses of a child."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED, given
from app.api.schemas.contacts import ContactIn, ContactOut, ContactPatch
from app.api.schemas.relationships import RelationshipIn, RelationshipOut
from app.api.schemas.statuses import StatusIn, StatusOut, StatusPatch
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.share_access.errors import TellingBlocked
from app.domain.errors import FileLocked, PermissionMissing, StateConflict
from app.domain.record.contacts import commands as contacts
from app.domain.record.contacts.commands import AddContact, ChangeContact, EndContact
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.record.relationships import commands as relationships
from app.domain.record.relationships.commands import AddRelationship, KnownRelationship
from app.domain.record.relationships.errors import RelationshipExists, RelationshipNotFound
from app.domain.record.statuses import commands as statuses
from app.domain.record.statuses.commands import AddStatus, ChangeStatus
from app.domain.record.statuses.errors import StatusNotFound, StatusOverlaps

ops = Operations("children")
router = ops.router


@ops.opening(
    "/v1/children/{child_id}/contacts",
    out=PageOut[ContactOut],
    needs=None,
    etag=False,
    errors=(*NOT_REACHED, PermissionMissing),
)
async def open_contacts(child_id: UUID, work: Work) -> Response:
    """Every contact of a child, ended ones too; the trail keeps who looked.

    Needs `child:open` or `child:change`; without the first, the safeguarding side is absent.
    """
    return replies.listing(await contacts.open_contacts(work, child_id))


@ops.command(
    "POST",
    "/v1/children/{child_id}/contacts",
    out=ContactOut,
    needs=Permission.CHILD_CHANGE,
    status=201,
    errors=(*NOT_REACHED, PermissionMissing, FileLocked),
)
async def add_contact(child_id: UUID, body: ContactIn, work: Work) -> Response:
    """Add a contact; what protects the child needs the permission to safeguard.

    So does parental responsibility, and an address or number at which somebody is reached who may
    not be told. Other leads are alerted.
    """
    wish = AddContact(body.id, child_id, given(body, but_not=("id",)))
    record, version = await contacts.add_contact(work, wish)
    return replies.record(
        record, status=201, version=version, location=f"/v1/children/{child_id}/contacts"
    )


@ops.command(
    "PATCH",
    "/v1/children/{child_id}/contacts/{contact_id}",
    out=ContactOut,
    needs=Permission.CHILD_CHANGE,
    errors=(
        *NOT_REACHED,
        ContactNotFound,
        PermissionMissing,
        StateConflict,
        FileLocked,
        TellingBlocked,
    ),
)
async def change_contact(
    child_id: UUID, contact_id: UUID, body: ContactPatch, work: Work, if_match: IfMatch
) -> Response:
    """Change a contact with a merge patch. If it has ended, only what protects the child.

    Needs `child:safeguard` for that, for parental responsibility, to rename or readdress somebody
    who may not be told, and to write where such a person is reached. Other leads are alerted.
    """
    wish = ChangeContact(child_id, contact_id, if_match, given(body))
    record, version = await contacts.change_contact(work, wish)
    return replies.record(record, version=version)


@ops.command(
    "POST",
    "/v1/children/{child_id}/contacts/{contact_id}/end",
    out=ContactOut,
    needs=Permission.CHILD_CHANGE,
    errors=(*NOT_REACHED, ContactNotFound, StateConflict, PermissionMissing, FileLocked),
)
async def end_contact(child_id: UUID, contact_id: UUID, work: Work, if_match: IfMatch) -> Response:
    """End a contact as of today; the record keeps them, and what bars them goes on.

    To end one who may not be told needs `child:safeguard`; other leads are alerted.
    """
    wish = EndContact(child_id, contact_id, if_match)
    record, version = await contacts.end_contact(work, wish)
    return replies.record(record, version=version)


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


@ops.opening(
    "/v1/children/{child_id}/statuses",
    out=PageOut[StatusOut],
    needs=Permission.CHILD_OPEN,
    etag=False,
    errors=NOT_REACHED,
)
async def open_statuses(child_id: UUID, work: Work) -> Response:
    """Every status of the classes this reader sees; the trail keeps who looked."""
    return replies.listing(await statuses.open_statuses(work, child_id))


@ops.command(
    "POST",
    "/v1/children/{child_id}/statuses",
    out=StatusOut,
    needs=Permission.CHILD_SAFEGUARD,
    status=201,
    errors=(*NOT_REACHED, StatusOverlaps),
)
async def add_status(child_id: UUID, body: StatusIn, work: Work) -> Response:
    """Say that something is so of a child from a day on; the chronology shows it."""
    apart = ("id", "kind", "valid_from", "valid_to", "confidentiality")
    wish = AddStatus(
        body.id, child_id, body.kind, body.valid_from, body.valid_to, body.confidentiality,
        given(body, but_not=apart),
    )  # fmt: skip
    record, version = await statuses.add_status(work, wish)
    return replies.record(
        record, status=201, version=version, location=f"/v1/children/{child_id}/statuses"
    )


@ops.command(
    "PATCH",
    "/v1/children/{child_id}/statuses/{status_id}",
    out=StatusOut,
    needs=Permission.CHILD_SAFEGUARD,
    errors=(*NOT_REACHED, StatusNotFound, StateConflict),
)
async def change_status(
    child_id: UUID, status_id: UUID, body: StatusPatch, work: Work, if_match: IfMatch
) -> Response:
    """Review or end a status with a merge patch; an end needs its reason, and stands."""
    wish = ChangeStatus(child_id, status_id, if_match, given(body))
    record, version = await statuses.change_status(work, wish)
    return replies.record(record, version=version)
