"""The contacts of a child."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED, given
from app.api.schemas.contacts import ContactIn, ContactOut, ContactPatch
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.share_access.errors import TellingBlocked
from app.domain.errors import FileLocked, PermissionMissing, StateConflict
from app.domain.record.contacts import commands as contacts
from app.domain.record.contacts.commands import AddContact, ChangeContact, EndContact
from app.domain.record.contacts.errors import ContactNotFound

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
