"""Why a transfer that was prepared ends."""

from app.core.schemas import (
    In,
    Narrative,
)


class ReasonIn(In):
    """Why."""

    reason: Narrative
