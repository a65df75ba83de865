"""The contacts of a child."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.api.schemas.contacts import ContactIn, ContactOut, ContactPatch
from app.api.schemas.fact_changes import AtIn
from app.api.schemas.relationships import RelationshipOut
from app.api.schemas.statuses import StatusOut, StatusPatch
from app.core.schemas import PageOut, given
from app.core.words import Permission
from app.domain.access.share_access.errors import TellingBlocked
from app.domain.errors import FileLocked, PermissionMissing, StateConflict
from app.domain.record.contact_merges import commands as contact_merges
from app.domain.record.contact_merges.errors import RosterGoesOn
from app.domain.record.contact_merges.schemas import MergeContactIn, UnmergeContactIn
from app.domain.record.contacts import commands as contacts
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.record.relationships import commands as relationships
from app.domain.record.relationships.errors import RelationshipNotFound
from app.domain.record.statuses import commands as statuses
from app.domain.record.statuses.errors import StatusNotFound

ops = Operations("children")
router = ops.router
CONTACTS = Records(
    ops, "/v1/children/{child_id}/contacts/{contact_id}", ContactOut, None,
    writes=Permission.CHILD_CHANGE,
    errors=(*NOT_REACHED, ContactNotFound, PermissionMissing, StateConflict, FileLocked),
)  # fmt: skip
RELATIONSHIPS = Records(
    ops, "/v1/children/{child_id}/relationships/{relationship_id}", RelationshipOut, None,
    writes=Permission.CHILD_SAFEGUARD,
    errors=(*NOT_REACHED, RelationshipNotFound, StateConflict),
)  # fmt: skip
STATUSES = Records(
    ops, "/v1/children/{child_id}/statuses/{status_id}", StatusOut, None,
    writes=Permission.CHILD_SAFEGUARD, errors=(*NOT_REACHED, StatusNotFound, StateConflict),
)  # fmt: skip


@ops.opening(
    "/v1/children/{child_id}/contacts", out=PageOut[ContactOut], needs=None, etag=False,
    errors=(*NOT_REACHED, PermissionMissing),
)  # fmt: skip
async def open_contacts(child_id: UUID, work: Work, query: Annotated[AtIn, Query()]) -> Response:
    """Open a child's contacts.

    Shows every contact of the child, including ended ones. The audit log records that you looked.

    With `at`, it shows what was known at that time: names, addresses and restrictions as they were,
    and who could be told then. You need `child:open` or `child:change`; without `child:open`,
    safeguarding details are left out.
    """
    if query.at is not None:
        return replies.listing(await contacts.open_contacts_at(work, child_id, query.at))
    return replies.listing(await contacts.open_contacts(work, child_id))


@ops.command(
    "POST", "/v1/children/{child_id}/contacts", out=ContactOut, needs=Permission.CHILD_CHANGE,
    status=201, errors=(*NOT_REACHED, PermissionMissing, FileLocked), no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_contact(child_id: UUID, body: ContactIn, work: Work) -> Response:
    """Add a contact to a child.

    Adds a contact. You need `child:safeguard` for anything that protects the child.

    That includes parental responsibility, and the address or phone number of somebody who may not
    be told. Other leads are then alerted.
    """
    made = await contacts.add_contact(work, child_id, given(body, but_not=("id",)), body.id)
    return await CONTACTS.made(work, made, f"/v1/children/{child_id}/contacts")


CONTACTS.change(
    "", contacts.update_contact, ContactPatch,
    "Update a child's contact.\n\n"
    "Changes a contact with a merge patch. Once a contact has ended, you can change only "
    "what protects the child.\n\n"
    "You need `child:safeguard` for that and for parental responsibility. You also need it "
    "to change the name or address of somebody who may not be told, or to enter a way to "
    "reach them. Other leads are then alerted.",
    errors=(TellingBlocked,),
)  # fmt: skip
CONTACTS.change(
    "end", contacts.end_contact, None,
    "End a child's contact.\n\n"
    "Ends the contact as of today. They stay on record, and any restriction on them "
    "continues.\n\n"
    "For a contact who may not be told you need `child:safeguard`, and other leads are "
    "alerted.",
)  # fmt: skip
CONTACTS.change(
    "merge", contact_merges.merge_contact, MergeContactIn,
    "Merge two contacts of a child.\n\n"
    "Merges this contact into another of the same child, because they are one person.\n\n"
    "The other contact takes over what it lacks, and of what protects the child the stricter "
    "rule applies. This contact ends and stays readable. If the merge changes a restriction "
    "or parental responsibility, other leads are alerted. To undo it, call "
    "`unmerge_contact`.",
    needs=Permission.CHILD_SAFEGUARD, errors=(TellingBlocked, RosterGoesOn),
)  # fmt: skip
CONTACTS.change(
    "unmerge", contact_merges.unmerge_contact, UnmergeContactIn,
    "Undo a merge of two contacts.\n\n"
    "Undoes a merge, because they are two people after all.\n\n"
    "Both contacts become what they were before, except fields that somebody has changed "
    "since: `not_restored` lists those.",
    needs=Permission.CHILD_SAFEGUARD, errors=(TellingBlocked,),
)  # fmt: skip


RELATIONSHIPS.change(
    "confirm", relationships.confirm_relationship, None,
    "Confirm a relationship between two children.\n\n"
    "Confirms a relationship that was found in a roster.",
)  # fmt: skip
RELATIONSHIPS.change(
    "end", relationships.end_relationship, None,
    "End a relationship between two children.\n\n"
    "Ends the relationship as of today, because it is over or was never right.",
)  # fmt: skip


STATUSES.change(
    "", statuses.update_status, StatusPatch,
    "Update a child's status.\n\n"
    "Reviews or ends a status with a merge patch. To end it you give a reason, and you "
    "cannot undo it.",
)  # fmt: skip
