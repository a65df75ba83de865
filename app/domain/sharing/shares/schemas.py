"""What is said of a share after it was drafted."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    DeliveryRoutesIn,
)
from app.core.schemas import (
    In,
    Line,
    Moment,
    Narrative,
)


class ShareRevocationIn(In):
    """Why the share ends."""

    reason: Narrative


class HandOverIn(In):
    """How the share reached its recipient."""

    route: DeliveryRoutesIn
    at: Moment
    to: Line = Field(description="To whom it was handed.")
    by_id: UUID | None = Field(default=None, description="Who handed it over; else who says so.")
    note: Narrative | None = None


class ResponseIn(In):
    """What the recipient did."""

    kind: Literal["opened", "acknowledged", "replied", "correction_requested", "question"]
    at: Moment
    text: Narrative | None = None
