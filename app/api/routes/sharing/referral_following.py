"""What follows once a referral was sent: asking again, disagreeing, answering the agency."""

from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.schemas import referral_following as schemas
from app.api.schemas.referral_withdrawing import WithdrawnReferralOut
from app.api.schemas.referrals import ReferralOut
from app.core.schemas import ReasonIn
from app.core.words import Permission
from app.domain.access.share_access.errors import ItemsHidden, ReferralNotFound
from app.domain.errors import StateConflict
from app.domain.sharing.referral_answers import commands as referral_answers
from app.domain.sharing.referral_answers.schemas import AnswerIn
from app.domain.sharing.referral_deliveries import commands as referral_deliveries
from app.domain.sharing.referral_escalations import commands
from app.domain.sharing.referral_escalations.schemas import ChallengeIn, ChasingIn, ResolutionIn
from app.domain.sharing.referrals import queries
from app.domain.sharing.referrals.errors import DutyIsTheirs

ops = Operations("referrals")
router = ops.router

STEP = (ReferralNotFound, StateConflict, ItemsHidden)
FOLLOWED = Records(
    ops, "/v1/referrals/{referral_id}", ReferralOut, queries.to_response,
    writes=Permission.REFERRAL_WRITE, errors=STEP,
)  # fmt: skip
FOLLOWED.change(
    "chase", commands.chase_referral, ChasingIn,
    "Chase a referral.\n\n"
    "Records that you asked the agency again. The deadline for its answer restarts.",
)  # fmt: skip
FOLLOWED.change(
    "challenge", commands.challenge_referral, ChallengeIn,
    "Challenge an agency's decision.\n\n"
    "Begins a professional disagreement with the agency, or takes it to the next stage. When "
    "it ends, call `resolve_challenge`.",
)  # fmt: skip
FOLLOWED.change(
    "challenge/resolution", commands.resolve_challenge, ResolutionIn,
    "Resolve a challenge to an agency's decision.\n\n"
    "Records how the disagreement ended. The referral continues.",
)  # fmt: skip
FOLLOWED.change(
    "answers", referral_answers.answer_agency, AnswerIn,
    "Answer an agency's question.\n\n"
    "Answers the agency's question. The agency reads the answer through its link or with its "
    "key, and is alerted that it is there.",
)  # fmt: skip


@ops.command(
    "POST", "/v1/referrals/{referral_id}/withdraw", out=WithdrawnReferralOut,
    needs=Permission.REFERRAL_WRITE, errors=(*STEP, DutyIsTheirs),
)  # fmt: skip
async def withdraw_referral(
    referral_id: UUID, body: ReasonIn, work: Work, if_match: IfMatch
) -> Response:
    """Withdraw a referral.

    Takes back a referral that went to the wrong agency. From now on the agency can read none of it.
    """
    result = await referral_deliveries.withdraw_referral(work, referral_id, if_match, body)
    content = {
        "referral": await queries.to_response(work, result.referral),
        "refer_again": await referral_deliveries.asked_of(work, result.refer_again),
    }
    return replies.record(content, version=result.referral.version)


@ops.opening(
    "/v1/referrals/{referral_id}/missing", out=schemas.MissingListOut,
    needs=Permission.REFERRAL_READ, errors=(ReferralNotFound, ItemsHidden), etag=False,
)  # fmt: skip
async def list_referral_missing(referral_id: UUID, work: Work) -> Response:
    """List what a referral still needs.

    Lists what is still missing before approval: fields without an answer, the consent section, the
    grounds. Next: `update_referral`.
    """
    return replies.record(await queries.open_missing(work, referral_id))
