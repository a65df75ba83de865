"""Referring one child to one agency."""

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
from app.api.schemas import referrals as schemas
from app.api.schemas.referral_sending import SentReferralOut
from app.api.schemas.snapshots import ReferralSnapshotOut
from app.core.schemas import PageOut, ReasonIn, fields_of
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.access.share_access.errors import (
    AgencyNotFound,
    ItemNotOfChild,
    ItemsHidden,
    ReferralNotFound,
)
from app.domain.errors import (
    ChildNotFound,
    ConflictOfInterest,
    FileLocked,
    SecondPersonNeeded,
    StateConflict,
)
from app.domain.sharing.referral_deliveries import commands as referral_deliveries
from app.domain.sharing.referral_deliveries.schemas import ReferralLinkIn, SendingIn
from app.domain.sharing.referral_drafts import commands as referral_drafts
from app.domain.sharing.referral_drafts.schemas import ReferralIn
from app.domain.sharing.referrals import commands as referrals
from app.domain.sharing.referrals import queries
from app.domain.sharing.referrals.errors import DutyIsTheirs, NoAddress, QuestionOpen
from app.domain.sharing.referrals.schemas import AcknowledgementIn, OutcomeIn, ReferralApprovalIn
from app.domain.sharing.shares.errors import ApprovalIncomplete, NothingFrozen

ops = Operations("referrals")
router = ops.router

STEP = (ReferralNotFound, StateConflict, ItemsHidden, DutyIsTheirs)
REFERRALS = Records(
    ops, "/v1/referrals/{referral_id}", schemas.ReferralOut, queries.to_response,
    writes=Permission.REFERRAL_WRITE, errors=STEP,
)  # fmt: skip


@ops.query("/v1/referrals", out=PageOut[schemas.ReferralCard], needs=Permission.REFERRAL_READ)
async def list_referrals(
    request: Request, reading: Reading, query: Annotated[schemas.ReferralListIn, Query()]
) -> Response:
    """List referrals.

    Lists the school's referrals, newest first.
    """
    filters = query.model_dump(exclude={"limit", "cursor"})
    return replies.page(request, await queries.list_referrals(reading, filters, page_asked(query)))


@ops.command(
    "POST", "/v1/referrals", out=schemas.ReferralOut, needs=Permission.REFERRAL_WRITE, status=201,
    errors=(ChildNotFound, OutsideCohort, ConflictOfInterest, AgencyNotFound, StateConflict),
)  # fmt: skip
async def draft_referral(body: ReferralIn, work: Work) -> Response:
    """Draft a referral.

    Drafts a referral of one child to one agency. Next: fill in the form with `update_referral`,
    check `list_referral_missing`, then `approve_referral`.
    """
    return await REFERRALS.made(work, await referral_drafts.draft_referral(work, body))


REFERRALS.opening(
    queries.open_referral,
    "Open a referral.\n\n"
    "Shows a referral, if you may see its concern and everything in it.",
    needs=Permission.REFERRAL_READ, errors=(ReferralNotFound, ItemsHidden),
)  # fmt: skip


@ops.command(
    "PATCH", "/v1/referrals/{referral_id}", out=schemas.ReferralOut,
    needs=Permission.REFERRAL_WRITE, errors=(*STEP, AgencyNotFound),
)  # fmt: skip
async def update_referral(
    referral_id: UUID, body: schemas.ReferralPatch, work: Work, if_match: IfMatch
) -> Response:
    """Update a draft referral.

    Changes a draft with a merge patch. Next: `list_referral_missing`, then
    `approve_referral`.
    """
    fields = fields_of(body, but="fields", only_set=True)
    if "fields" in body.model_fields_set:
        fields["fields"] = referral_drafts.answers_of(body.fields)
    referral = await referral_drafts.update_referral(work, referral_id, if_match, fields)
    return replies.record(await queries.to_response(work, referral), version=referral.version)


REFERRALS.change(
    "approve", referrals.approve_referral, ReferralApprovalIn,
    "Approve a referral.\n\n"
    "Approves the referral and freezes what will be sent. For an emergency that was already "
    "sent, it reviews what went. Next: `record_referral_sent`, or `send_referral_link`.",
    needs=Permission.REFERRAL_APPROVE, recent=True,
    errors=(ApprovalIncomplete, SecondPersonNeeded, FileLocked, ItemNotOfChild),
)  # fmt: skip
REFERRALS.change(
    "send", referral_deliveries.record_referral_sent, SendingIn,
    "Record that a referral was sent.\n\n"
    "Records how and when you sent the referral, and starts the deadline for the agency's "
    "answer. In an emergency you can send before approval. To have Cairn send it, call "
    "`send_referral_link` instead.",
    errors=(NoAddress, ApprovalIncomplete, ItemNotOfChild),
)  # fmt: skip


@ops.command(
    "POST", "/v1/referrals/{referral_id}/link", out=SentReferralOut,
    needs=Permission.REFERRAL_WRITE, recent=True, secret=True,
    errors=(*STEP, ApprovalIncomplete, ItemNotOfChild),
)  # fmt: skip
async def send_referral_link(
    referral_id: UUID, body: ReferralLinkIn, work: Work, runtime: Served, if_match: IfMatch
) -> Response:
    """Send a referral by link.

    Sends the referral to the agency by a link, or replaces the link. The code is shown this once:
    give it to the agency another way.
    """
    link = await referral_deliveries.send_link(work, runtime.vault, referral_id, if_match, body)
    made = link.made
    content = {
        "referral": await queries.to_response(work, link.referral),
        "link_id": made.link_id,
        "link": None if link.mailed else f"{runtime.settings.base_url}/shared/{made.token}",
        "mailed": link.mailed,
        "code": made.code,
        "code_route": made.code_route,
        "expires_at": made.expires_at,
    }
    return replies.record(content, version=link.referral.version)


REFERRALS.change(
    "acknowledgement", referrals.record_acknowledgement, AcknowledgementIn,
    "Record an agency's acknowledgement.\n\n"
    "Records that the agency has confirmed it received the referral. Next: `record_outcome`.",
)  # fmt: skip
REFERRALS.change(
    "outcome",
    referrals.record_outcome,
    OutcomeIn,
    "Record the outcome of a referral.\n\n"
    "Records what the agency decided. Next: `close_referral`, or `challenge_referral` if you "
    "disagree.",
)
REFERRALS.change(
    "close", referrals.close_referral, ReasonIn,
    "Close a referral.\n\n"
    "Closes a referral that has its outcome, or one that will not be sent. Its link stops "
    "working.\n\n"
    "First answer what the agency asked: call `answer_agency`.",
    errors=(QuestionOpen,),
)  # fmt: skip


@ops.opening(
    "/v1/referrals/{referral_id}/preview", out=ReferralSnapshotOut, needs=Permission.REFERRAL_READ,
    errors=(ReferralNotFound, ItemsHidden),
)  # fmt: skip
async def preview_referral(referral_id: UUID, work: Work, request: Request) -> Response:
    """Preview a referral.

    Shows the exact bytes that approval would freeze now. Send `approve_referral` the referral's
    ETag, not this one.

    Next: `approve_referral`.
    """
    content = await queries.preview_referral(work, referral_id)
    return frozen_bytes(content.bytes, content.sha256, request)


@ops.opening(
    "/v1/referrals/{referral_id}/snapshot", out=ReferralSnapshotOut, needs=Permission.REFERRAL_READ,
    errors=(ReferralNotFound, ItemsHidden, NothingFrozen),
)  # fmt: skip
async def download_referral_snapshot(referral_id: UUID, work: Work, request: Request) -> Response:
    """Download a referral's approved bytes.

    Downloads the exact bytes that were approved or sent, with their SHA-256 in ETag and
    Content-Digest.
    """
    snapshot = await queries.download_referral_snapshot(work, referral_id)
    return frozen_bytes(snapshot.content, snapshot.sha256, request)


@ops.opening(
    "/v1/referrals/{referral_id}/attachments/{number}", out=BINARY, needs=Permission.REFERRAL_READ,
    etag=False, errors=(ReferralNotFound, ItemsHidden, NothingFrozen, *FROZEN_FILE),
)  # fmt: skip
async def download_referral_attachment(
    referral_id: UUID, number: FileNumber, work: Work, runtime: Served
) -> Response:
    """Download a referral's file.

    Downloads one of the referral's files, exactly as it was approved or sent.
    """
    file = await queries.download_referral_attachment(work, referral_id, number)
    return await give_out_frozen(runtime.storage, file)
