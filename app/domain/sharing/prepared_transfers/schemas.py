"""Why a transfer that was prepared ends."""

from pydantic import Field

from app.core.schemas import (
    In,
    Narrative,
)


class ReasonIn(In):
    """Why."""

    reason: Narrative = Field(description="Why you do it.")
