"""Why a version of a plan ends."""

from pydantic import Field

from app.core.schemas import (
    In,
    Narrative,
)


class EndPlanIn(In):
    """Why this version ends."""

    reason: Narrative = Field(description="Why this version ends.")
