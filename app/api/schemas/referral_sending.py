"""Sending a referral by a link and a code."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.referrals import ReferralOut
from app.core.codes import CodeRoutesOut
from app.core.schemas import Out


class SentReferralOut(Out):
    """A referral that went out by a link."""

    referral: ReferralOut = Field(description="The referral after sending.")
    link_id: UUID = Field(description="ID of the link.")
    link: str | None = Field(description="Link to hand over; null: Cairn emails it.")
    mailed: bool = Field(description="Whether Cairn emails the link.")
    code: str = Field(description="One-time code. Shown only once.")
    code_route: CodeRoutesOut = Field(description="How to give the agency the code.")
    expires_at: datetime = Field(description="When the link expires.")
