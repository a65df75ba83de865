"""Why a sharing exception is agreed, or ends."""

from pydantic import Field

from app.core.schemas import (
    In,
    Narrative,
)


class SharingExceptionReasonIn(In):
    """The reason for agreeing, or for ending it."""

    reason: Narrative = Field(description="Why you agree to it or end it.")
