"""Sending a referral by a link and a code."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.referrals import ReferralOut
from app.api.schemas.shares import Confirmations
from app.api.schemas.staff import EmailAddress
from app.core.codes import CodeRoutesIn, CodeRoutesOut
from app.core.schemas import In, Out


class ReferralLinkIn(In):
    """How the link goes to the agency, and its code."""

    code_route: CodeRoutesIn = Field(description="Never the way the link goes.")
    email: EmailAddress | None = Field(
        default=None, description="Where the agency has no address of its own."
    )
    by_hand: bool = Field(default=False, description="The link is shown, and mailed to nobody.")
    language: Literal["en", "cy"] = "en"
    attachments: Confirmations = Field(
        default_factory=list,
        description="Of an emergency that goes before approval: one for each file that leaves.",
    )
    days: int = Field(default=30, ge=1, le=90, description="How long the link lasts.")


class SentReferralOut(Out):
    """A referral that went out by a link."""

    referral: ReferralOut
    link_id: UUID
    link: str | None = Field(description="To hand over; null where it is mailed.")
    mailed: bool
    code: str = Field(description="Shown this once.")
    code_route: CodeRoutesOut
    expires_at: datetime
