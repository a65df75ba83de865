"""What a person decides of an alert."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, SeveralLines

DismissReason = Literal["false_positive", "duplicate", "not_safeguarding", "test"]


class MatchIn(In):
    """The child an alert is about."""

    child_id: UUID | None = Field(description="Child it is about; null: not a child here.")
    reason: SeveralLines = Field(description="How you know which child it is about.")


class AssignMonitoringIn(In):
    """The new owner."""

    owner_id: UUID = Field(description="New owner.")


class DismissIn(In):
    """Why no action follows. The tool gets the code, never the words."""

    reason_code: DismissReason = Field(
        description="Why no action follows. The tool gets this code."
    )
    reason: SeveralLines = Field(description="Reason in your own words. The tool never gets it.")
