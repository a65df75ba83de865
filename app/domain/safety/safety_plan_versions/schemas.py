"""Why a version of a plan ends."""

from app.core.schemas import (
    In,
    Narrative,
)


class EndPlanIn(In):
    """Why this version ends."""

    reason: Narrative
