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


class HandOverIn(In):
    """How the share reached its recipient."""

    route: DeliveryRoutesIn = Field(description="How it was handed over.")
    at: Moment = Field(description="When it was handed over.")
    to: Line = Field(description="Who it was handed to.")
    by_id: UUID | None = Field(
        default=None, description="Who handed it over. Default: the person who records it."
    )
    note: Narrative | None = Field(default=None, description="How it was handed over.")


class ResponseIn(In):
    """What the recipient did."""

    kind: Literal["opened", "acknowledged", "replied", "correction_requested", "question"] = Field(
        description="What the recipient did."
    )
    at: Moment = Field(description="When they did it.")
    text: Narrative | None = Field(default=None, description="What they wrote or said.")
