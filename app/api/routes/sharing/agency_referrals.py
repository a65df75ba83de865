"""What an agency does with its key: it reads what it was sent, acknowledges, asks, decides.

Its operations take no If-Match: the agency holds no version, and none of its steps undoes another.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.attachments import FROZEN_FILE, FileNumber, give_out_frozen
from app.api.deps import Reading, Served, Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import BINARY, PDF, Operations
from app.api.paging import page_asked
from app.api.printing import printed
from app.api.replies import frozen_bytes
from app.api.schemas import agency_referrals as schemas
from app.api.schemas.snapshots import ReferralSnapshotOut
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.share_access.errors import ReferralNotFound
from app.domain.sharing.documents.commands import Printing
from app.domain.sharing.referral_answers import commands, queries

ops = Operations("agency")
router = ops.router

HOME = "/v1/agency/referrals"
ANSWER = Permission.REFERRAL_ANSWER
STEP = (ReferralNotFound,)


@ops.query(HOME, out=PageOut[schemas.SentReferralCard], needs=ANSWER)
async def list_sent_referrals(
    request: Request, reading: Reading, query: Annotated[schemas.SentReferralListIn, Query()]
) -> Response:
    """List referrals sent to us.

    Lists the referrals that schools have sent to your agency, newest first.
    """
    result = await queries.list_sent(reading, query.state, page_asked(query))
    return replies.page(request, result)


@ops.opening(
    HOME + "/{referral_id}", out=schemas.ReferralForAgencyOut, needs=ANSWER,
    errors=(ReferralNotFound,), etag=False,
)  # fmt: skip
async def open_sent_referral(referral_id: UUID, work: Work) -> Response:
    """Open a referral sent to us.

    Shows the referral exactly as it was sent, and what has happened since. Next:
    `acknowledge_referral`.
    """
    return replies.record(await queries.open_sent(work, referral_id))


@ops.opening(
    HOME + "/{referral_id}/document.json", out=ReferralSnapshotOut, needs=ANSWER,
    errors=(ReferralNotFound,),
)  # fmt: skip
async def download_sent_referral_json(referral_id: UUID, work: Work, request: Request) -> Response:
    """Download a referral sent to us as JSON.

    Downloads the exact bytes that were sent, with their SHA-256 in ETag and Content-Digest.
    """
    _, snapshot = await queries.open_frozen(work, referral_id)
    return frozen_bytes(snapshot.content, snapshot.sha256, request)


@ops.opening(
    HOME + "/{referral_id}/document.pdf", out=PDF, needs=ANSWER, errors=(ReferralNotFound,),
    etag=False,
)  # fmt: skip
async def download_sent_referral_pdf(referral_id: UUID, work: Work) -> Response:
    """Download a referral sent to us as PDF.

    Downloads the referral that was sent, as an accessible PDF.
    """
    reference, content = await queries.download_document(work, referral_id)
    return printed(Printing("referral", content, reference))


@ops.opening(
    HOME + "/{referral_id}/attachments/{number}", out=BINARY, needs=ANSWER,
    errors=(ReferralNotFound, *FROZEN_FILE), etag=False,
)  # fmt: skip
async def download_sent_attachment(
    referral_id: UUID, number: FileNumber, work: Work, runtime: Served
) -> Response:
    """Download a file sent with a referral.

    Downloads a file that was sent to your agency. Each download is recorded with the referral.
    """
    file = await queries.download_attachment(work, referral_id, number)
    return await give_out_frozen(runtime.storage, file)


@ops.command(
    "POST", HOME + "/{referral_id}/acknowledgement", out=schemas.ReferralForAgencyOut, needs=ANSWER,
    errors=STEP, etag=False, no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def acknowledge_referral(
    referral_id: UUID, body: schemas.AgencyAcknowledgementIn, work: Work
) -> Response:
    """Acknowledge a referral as the agency.

    Tells the school that your agency has received the referral. Acknowledging it twice changes
    nothing. Next: `return_referral_outcome`.
    """
    referral = await commands.acknowledge(work, referral_id, body.by, body.agency_reference)
    return replies.record(await queries.answered(work, referral))


@ops.command(
    "POST", HOME + "/{referral_id}/questions", out=schemas.ReferralForAgencyOut, needs=ANSWER,
    errors=STEP, etag=False, no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def ask_about_referral(
    referral_id: UUID, body: schemas.AgencyQuestionIn, work: Work
) -> Response:
    """Ask the school about a referral.

    Sends the school a question. You see its answer with the referral: call `open_sent_referral`.
    """
    referral = await commands.ask(work, referral_id, body.text, body.by)
    return replies.record(await queries.answered(work, referral))


@ops.command(
    "POST", HOME + "/{referral_id}/outcome", out=schemas.ReferralForAgencyOut, needs=ANSWER,
    errors=STEP, etag=False, no_if_match=NoIfMatch.NO_VERSION,
)  # fmt: skip
async def return_referral_outcome(
    referral_id: UUID, body: schemas.AgencyOutcomeIn, work: Work
) -> Response:
    """Return the outcome of a referral.

    Tells the school what your agency decided. A later decision replaces an earlier one; both stay
    on record.
    """
    referral = await commands.return_outcome(work, referral_id, body.outcome, body.reason, body.by)
    return replies.record(await queries.answered(work, referral))
