"""What follows once a referral was sent: asking again, disagreeing, answering the agency."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.schemas import referral_following as schemas
from app.api.schemas.referral_withdrawing import WithdrawalIn, WithdrawnReferralOut
from app.api.schemas.referrals import ReferralOut
from app.core.words import Permission
from app.domain.access.share_access.errors import ItemsHidden, ReferralNotFound
from app.domain.errors import StateConflict
from app.domain.sharing.referral_answers import commands as referral_answers
from app.domain.sharing.referral_answers.commands import AnswerAgency
from app.domain.sharing.referral_deliveries import commands as referral_deliveries
from app.domain.sharing.referral_deliveries.commands import WithdrawReferral
from app.domain.sharing.referral_escalations import commands
from app.domain.sharing.referral_escalations.commands import (
    ChallengeReferral,
    ChaseReferral,
    ResolveChallenge,
)
from app.domain.sharing.referrals import queries
from app.domain.sharing.referrals.errors import DutyIsTheirs

ops = Operations("referrals")
router = ops.router

STEP = (ReferralNotFound, StateConflict, ItemsHidden)


@ops.command(
    "POST",
    "/v1/referrals/{referral_id}/chase",
    out=ReferralOut,
    needs=Permission.REFERRAL_WRITE,
    errors=STEP,
)
async def chase_referral(
    referral_id: UUID, body: schemas.ChasingIn, work: Work, if_match: IfMatch
) -> Response:
    """Record that the agency was asked again; the clock of its answer starts anew."""
    wish = ChaseReferral(referral_id, if_match, **body.model_dump())
    return await _shown(work, await commands.chase_referral(work, wish))


@ops.command(
    "POST",
    "/v1/referrals/{referral_id}/challenge",
    out=ReferralOut,
    needs=Permission.REFERRAL_WRITE,
    errors=STEP,
)
async def challenge_referral(
    referral_id: UUID, body: schemas.ChallengeIn, work: Work, if_match: IfMatch
) -> Response:
    """Begin a professional disagreement, or take it to its next stage."""
    wish = ChallengeReferral(referral_id, if_match, **body.model_dump())
    return await _shown(work, await commands.challenge_referral(work, wish))


@ops.command(
    "POST",
    "/v1/referrals/{referral_id}/challenge/resolution",
    out=ReferralOut,
    needs=Permission.REFERRAL_WRITE,
    errors=STEP,
)
async def resolve_challenge(
    referral_id: UUID, body: schemas.ResolutionIn, work: Work, if_match: IfMatch
) -> Response:
    """Record how the disagreement ended."""
    wish = ResolveChallenge(referral_id, if_match, **body.model_dump())
    return await _shown(work, await commands.resolve_challenge(work, wish))


@ops.command(
    "POST",
    "/v1/referrals/{referral_id}/answers",
    out=ReferralOut,
    needs=Permission.REFERRAL_WRITE,
    errors=STEP,
)
async def answer_agency(
    referral_id: UUID, body: schemas.AnswerIn, work: Work, if_match: IfMatch
) -> Response:
    """Answer the agency; it sees the answer behind its link or with its key."""
    wish = AnswerAgency(referral_id, if_match, body.text)
    return await _shown(work, await referral_answers.answer_agency(work, wish))


@ops.command(
    "POST",
    "/v1/referrals/{referral_id}/withdraw",
    out=WithdrawnReferralOut,
    needs=Permission.REFERRAL_WRITE,
    errors=(*STEP, DutyIsTheirs),
)
async def withdraw_referral(
    referral_id: UUID, body: WithdrawalIn, work: Work, if_match: IfMatch
) -> Response:
    """Take back what went to the wrong agency: from now on it reads nothing of it."""
    wish = WithdrawReferral(referral_id, if_match, body.reasons)
    found = await referral_deliveries.withdraw_referral(work, wish)
    content = {
        "referral": await queries.shown(work, found.referral),
        "refer_again": referral_deliveries.asked_of(found.refer_again),
    }
    return replies.record(content, version=found.referral.version)


@ops.opening(
    "/v1/referrals/{referral_id}/missing",
    out=schemas.MissingListOut,
    needs=Permission.REFERRAL_READ,
    errors=(ReferralNotFound, ItemsHidden),
    etag=False,
)
async def open_referral_missing(referral_id: UUID, work: Work) -> Response:
    """What approval still needs: every field without an answer, the consent block, the grounds."""
    return replies.record(await queries.open_missing(work, referral_id))


async def _shown(work: Work, referral: Any) -> Response:
    return replies.record(await queries.shown(work, referral), version=referral.version)
