"""How a share is sent, and signed for again."""

from typing import Literal

from pydantic import Field

from app.core.codes import CodeRoutesIn
from app.core.schemas import EmailAddress, In, Narrative


class ShareSendingIn(In):
    """How to send the link, and its code by another route."""

    code_route: CodeRoutesIn = Field(
        description="How the code reaches the recipient. Never the route of the link."
    )
    email: EmailAddress | None = Field(
        default=None, description="Email address, if the recipient has none on record."
    )
    by_hand: bool = Field(
        default=False, description="`true`: answer the link instead of emailing it."
    )
    language: Literal["en", "cy"] = Field(
        default="en", description="Language of the message. Default: English."
    )


class ShareCodeIn(In):
    """How to tell the recipient the new code."""

    code_route: CodeRoutesIn = Field(description="How the new code reaches the recipient.")


class ShareConfirmationIn(In):
    """Why a recipient may still read it, despite a bar that came after approval."""

    guard_reason: Narrative = Field(description="Why this recipient may still read it.")
