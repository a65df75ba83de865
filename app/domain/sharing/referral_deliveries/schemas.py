"""Why a referral is taken back."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    CodeRoutesIn,
    DeliveryRoutesIn,
)
from app.core.schemas import (
    EmailAddress,
    In,
    Line,
    Moment,
    Narrative,
)
from app.domain.sharing.shared_files.schemas import Confirmations


class SendingIn(In):
    """How it went to the agency."""

    route: DeliveryRoutesIn = Field(description="How it was sent.")
    at: Moment = Field(description="When it was sent.")
    to: Line = Field(description="Person or team it was sent to.")
    by_id: UUID | None = Field(
        default=None, description="Who sent it. Default: the person who records it."
    )
    note: Narrative | None = Field(default=None, description="Anything else.")
    attachments: Confirmations = Field(
        default_factory=list,
        description="One for each file that leaves, in an emergency that goes before approval.",
    )


class ReferralLinkIn(In):
    """How the link goes to the agency, and its code."""

    code_route: CodeRoutesIn = Field(description="Never the way the link goes.")
    email: EmailAddress | None = Field(
        default=None, description="Address to send to, if the agency has none."
    )
    by_hand: bool = Field(default=False, description="The link is shown, and mailed to nobody.")
    language: Literal["en", "cy"] = Field(
        default="en", description="Language of the message. Default: English."
    )
    attachments: Confirmations = Field(
        default_factory=list,
        description="One for each file that leaves, in an emergency that goes before approval.",
    )
    days: int = Field(default=30, ge=1, le=90, description="How long the link lasts.")
