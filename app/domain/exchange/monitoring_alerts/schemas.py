"""What a person decides of an alert."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, SeveralLines

DismissReason = Literal["false_positive", "duplicate", "not_safeguarding", "test"]


class MatchIn(In):
    """Which child an alert is about."""

    child_id: UUID | None = Field(description="Child it is about; null: no child known here.")
    reason: SeveralLines = Field(description="How you know which child it is about.")


class AssignMonitoringIn(In):
    """Who looks at it next."""

    owner_id: UUID = Field(description="New owner.")


class DismissIn(In):
    """Why nothing more follows; the code goes back to the tool, the words do not."""

    reason_code: DismissReason = Field(description="Why nothing follows; the tool learns it.")
    reason: SeveralLines = Field(description="In your words; the tool does not learn them.")
