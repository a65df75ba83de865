"""Why a referral is taken back."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import CodeRoutesIn, DeliveryRoutesIn
from app.core.schemas import EmailAddress, In, Line, Moment, Narrative
from app.domain.sharing.shared_files.schemas import Confirmations


class SendingIn(In):
    """How you sent it to the agency."""

    route: DeliveryRoutesIn = Field(description="How it was sent.")
    at: Moment = Field(description="When it was sent.")
    to: Line = Field(description="Person or team you sent it to.")
    by_id: UUID | None = Field(default=None, description="Person who sent it. Default: you.")
    note: Narrative | None = Field(default=None, description="Further details.")
    attachments: Confirmations = Field(
        default_factory=list,
        description="One confirmation for each file, if an emergency goes out before approval.",
    )


class ReferralLinkIn(In):
    """How to send the link, and its code."""

    code_route: CodeRoutesIn = Field(
        description="How the code reaches the agency. Never the route of the link."
    )
    email: EmailAddress | None = Field(
        default=None, description="Address to send to, if the agency has none."
    )
    by_hand: bool = Field(
        default=False, description="`true`: answer the link instead of emailing it."
    )
    language: Literal["en", "cy"] = Field(
        default="en", description="Language of the message. Default: English."
    )
    attachments: Confirmations = Field(
        default_factory=list,
        description="One confirmation for each file, if an emergency goes out before approval.",
    )
    days: int = Field(default=30, ge=1, le=90, description="Days the link works.")
