"""Sharing chosen items about one child with one recipient."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.attachments import FROZEN_FILE, FileNumber, give_out_frozen
from app.api.deps import IfMatch, Reading, Served, Work
from app.api.kinds import Records
from app.api.operations import BINARY, Operations
from app.api.paging import page_asked
from app.api.replies import frozen_bytes
from app.api.schemas import recipient_sessions as sent
from app.api.schemas import shares as schemas
from app.api.schemas.snapshots import ShareSnapshotOut
from app.core.schemas import PageOut, ReasonIn, fields_of
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.share_access.errors import (
    AgencyNotFound,
    ItemNotOfChild,
    ItemsHidden,
    ShareNotFound,
    TellingBlocked,
)
from app.domain.errors import (
    ChildNotFound,
    ConflictOfInterest,
    FileLocked,
    SecondPersonNeeded,
    StateConflict,
)
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.sharing.parents_guards.errors import ParentsGuarded
from app.domain.sharing.recipient_links.errors import LinkMissing
from app.domain.sharing.share_answers import commands as share_answers
from app.domain.sharing.share_answers.schemas import CorrectionAnswerIn, RecipientAnswerIn
from app.domain.sharing.share_approvals import commands as share_approvals
from app.domain.sharing.share_approvals.schemas import ShareApprovalIn
from app.domain.sharing.share_deliveries import commands as share_deliveries
from app.domain.sharing.share_deliveries.commands import Sent
from app.domain.sharing.share_deliveries.schemas import (
    ShareCodeIn,
    ShareConfirmationIn,
    ShareSendingIn,
)
from app.domain.sharing.shares import commands as shares
from app.domain.sharing.shares import queries
from app.domain.sharing.shares.errors import (
    AddressChanged,
    ApprovalIncomplete,
    NothingFrozen,
    RecipientBarred,
)
from app.domain.sharing.shares.schemas import HandOverIn, ResponseIn, ShareIn

ops = Operations("shares")
router = ops.router
SHARES = Records(
    ops, "/v1/shares/{share_id}", schemas.ShareOut, queries.to_response,
    writes=Permission.SHARE_WRITE, errors=(ShareNotFound, StateConflict, ItemsHidden),
)  # fmt: skip


@ops.query("/v1/shares", out=PageOut[schemas.ShareCard], needs=Permission.SHARE_READ)
async def list_shares(
    request: Request, reading: Reading, query: Annotated[schemas.ShareListIn, Query()]
) -> Response:
    """List shares.

    Lists the school's shares, newest first.
    """
    result = await queries.list_shares(reading, query.child_id, query.state, page_asked(query))
    return replies.page(request, result)


@ops.command(
    "POST",
    "/v1/shares",
    out=schemas.ShareOut,
    needs=Permission.SHARE_WRITE,
    status=201,
    errors=(
        ChildNotFound,
        OutsideCohort,
        ConflictOfInterest,
        ContactNotFound,
        AgencyNotFound,
        StateConflict,
        TellingBlocked,
    ),
)
async def draft_share(body: ShareIn, work: Work) -> Response:
    """Draft a share.

    Drafts a share: one child, one recipient, one purpose and the items you choose. Next:
    `preview_share`, `approve_share`, `send_share`.
    """
    return await SHARES.made(work, await shares.draft_share(work, body))


SHARES.opening(
    queries.open_share,
    "Open a share.\n\n"
    "Shows a share, if you may see everything in it.",
    needs=Permission.SHARE_READ, errors=(ShareNotFound, ItemsHidden),
)  # fmt: skip


@ops.command(
    "PATCH", "/v1/shares/{share_id}", out=schemas.ShareOut, needs=Permission.SHARE_WRITE,
    errors=(ShareNotFound, StateConflict, ItemsHidden),
)  # fmt: skip
async def update_share(
    share_id: UUID, body: schemas.SharePatch, work: Work, if_match: IfMatch
) -> Response:
    """Update a draft share.

    Changes a draft with a merge patch. Approvals given before no longer count.
    """
    fields = fields_of(body, only_set=True)
    share = await shares.update_share(work, share_id, if_match, fields)
    return replies.record(await queries.to_response(work, share), version=share.version)


SHARES.change(
    "approve", share_approvals.approve_share, ShareApprovalIn,
    "Approve a share.\n\n"
    "Approves the share and freezes what the recipient will read. Two people have to "
    "approve, with a reason, if the recipient may not be told, or if something on record "
    "speaks against telling home. Next: `send_share`.",
    needs=Permission.SHARE_APPROVE, recent=True,
    errors=(
        ApprovalIncomplete, SecondPersonNeeded, FileLocked, TellingBlocked, ParentsGuarded,
        ItemNotOfChild,
    ),
)  # fmt: skip
SHARES.change(
    "revoke",
    shares.revoke_share,
    ReasonIn,
    "Revoke a share.\n\nEnds the share at once. Its link stops working.",
)
SHARES.change(
    "hand-over", shares.record_hand_over, HandOverIn,
    "Record that a share was handed over.\n\n"
    "Records how and when you gave the approved share to its recipient.",
    recent=True, errors=(RecipientBarred, TellingBlocked, ParentsGuarded, ItemNotOfChild),
)  # fmt: skip
SHARES.change(
    "responses",
    shares.record_response,
    ResponseIn,
    "Record a recipient's response.\n\nRecords what the recipient did, said or asked for.",
)


@ops.command(
    "POST",
    "/v1/shares/{share_id}/send",
    out=sent.SentShareOut,
    needs=Permission.SHARE_WRITE,
    recent=True,
    secret=True,
    errors=(
        ShareNotFound,
        StateConflict,
        ItemsHidden,
        RecipientBarred,
        AddressChanged,
        TellingBlocked,
        ParentsGuarded,
        ItemNotOfChild,
    ),
)
async def send_share(
    share_id: UUID, body: ShareSendingIn, work: Work, runtime: Served, if_match: IfMatch
) -> Response:
    """Send a share.

    Sends an approved share by email, or makes a link that you hand over yourself. The link's code
    is shown this once: give it to the recipient another way.
    """
    result = await share_deliveries.send_share(work, runtime.vault, share_id, if_match, body)
    return await _sent(work, runtime, result)


@ops.command(
    "POST",
    "/v1/shares/{share_id}/code",
    out=sent.SentShareOut,
    needs=Permission.SHARE_WRITE,
    recent=True,
    secret=True,
    errors=(
        ShareNotFound,
        StateConflict,
        ItemsHidden,
        RecipientBarred,
        LinkMissing,
        TellingBlocked,
        ParentsGuarded,
        ItemNotOfChild,
    ),
)
async def renew_share_code(
    share_id: UUID, body: ShareCodeIn, work: Work, runtime: Served, if_match: IfMatch
) -> Response:
    """Renew a share's code.

    Makes a new code for the same link. The old code stops working and a locked link is unlocked.
    """
    result = await share_deliveries.renew_share_code(work, runtime.vault, share_id, if_match, body)
    return await _sent(work, runtime, result)


SHARES.change(
    "confirm", share_deliveries.confirm_share, ShareConfirmationIn,
    "Confirm a share with somebody who may not be told.\n\n"
    "Confirms, as one of two people, that a recipient who may no longer be told can still "
    "read it.",
    needs=Permission.SHARE_APPROVE, recent=True,
    errors=(SecondPersonNeeded, TellingBlocked, ParentsGuarded, ItemNotOfChild),
)  # fmt: skip
SHARES.change(
    "correction-answers", share_answers.answer_correction, CorrectionAnswerIn,
    "Answer a request for a correction.\n\n"
    "Accepts or refuses the correction the recipient asked for. The recipient reads your "
    "answer and why. What was shared does not change.",
)  # fmt: skip
SHARES.change(
    "answers", share_answers.answer_recipient, RecipientAnswerIn,
    "Answer a recipient's question.\n\n"
    "Answers the recipient's question. They read the answer through their link.",
)  # fmt: skip


@ops.opening(
    "/v1/shares/{share_id}/attachments/{number}", out=BINARY, needs=Permission.SHARE_READ,
    etag=False, errors=(ShareNotFound, ItemsHidden, NothingFrozen, *FROZEN_FILE),
)  # fmt: skip
async def download_share_attachment(
    share_id: UUID, number: FileNumber, work: Work, runtime: Served
) -> Response:
    """Download a share's file.

    Downloads one of the share's files, exactly as it was approved.
    """
    file = await queries.download_share_attachment(work, share_id, number)
    return await give_out_frozen(runtime.storage, file)


@ops.opening(
    "/v1/shares/{share_id}/openings", out=PageOut[sent.OpeningOut], needs=Permission.SHARE_READ,
    errors=(ShareNotFound, ItemsHidden), etag=False,
)  # fmt: skip
async def list_share_openings(share_id: UUID, work: Work) -> Response:
    """List the openings of a share.

    Lists each time the recipient opened it, with the first part of the network address they used.
    """
    return replies.listing(await queries.open_openings(work, share_id))


@ops.opening(
    "/v1/shares/{share_id}/preview", out=ShareSnapshotOut, needs=Permission.SHARE_READ,
    errors=(ShareNotFound, ItemsHidden),
)  # fmt: skip
async def preview_share(share_id: UUID, work: Work, request: Request) -> Response:
    """Preview a share.

    Shows the exact bytes that approval would freeze now. Send `approve_share` the share's ETag, not
    this one.

    Next: `approve_share`.
    """
    content = await queries.preview_share(work, share_id)
    return frozen_bytes(content.bytes, content.sha256, request)


@ops.opening(
    "/v1/shares/{share_id}/snapshot", out=ShareSnapshotOut, needs=Permission.SHARE_READ,
    errors=(ShareNotFound, ItemsHidden, NothingFrozen),
)  # fmt: skip
async def download_share_snapshot(share_id: UUID, work: Work, request: Request) -> Response:
    """Download a share's approved bytes.

    Downloads the exact bytes that were approved, with their SHA-256 in ETag and Content-Digest.
    """
    snapshot = await queries.download_share_snapshot(work, share_id)
    return frozen_bytes(snapshot.content, snapshot.sha256, request)


async def _sent(work: Work, runtime: Served, result: Sent) -> Response:
    made = result.made
    content = {
        "share": await queries.to_response(work, result.share),
        "link_id": made.link_id,
        "link": None if result.mailed else f"{runtime.settings.base_url}/shared/{made.token}",
        "mailed": result.mailed,
        "code": made.code,
        "code_route": made.code_route,
        "expires_at": made.expires_at,
    }
    return replies.record(content, version=result.share.version)
