"""How a share is sent, and signed for again."""

from typing import Literal

from pydantic import Field

from app.core.codes import (
    CodeRoutesIn,
)
from app.core.schemas import EmailAddress, In, Narrative


class ShareSendingIn(In):
    """How link and code go out; the code never by the way of the link."""

    code_route: CodeRoutesIn = Field(description="How the code reaches the recipient.")
    email: EmailAddress | None = Field(
        default=None, description="Where to, for a recipient without an address on record."
    )
    by_hand: bool = Field(default=False, description="Answer the link instead of mailing it.")
    language: Literal["en", "cy"] = Field(
        default="en", description="Language of the message. Default: English."
    )


class ShareCodeIn(In):
    """How you tell the new code."""

    code_route: CodeRoutesIn = Field(description="How the new code reaches the recipient.")


class ShareConfirmationIn(In):
    """Why a recipient that something bars since it was approved may still read it."""

    guard_reason: Narrative = Field(description="Why this recipient may still read it.")
