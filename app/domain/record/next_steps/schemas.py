"""What comes next, as it is shown."""

from datetime import datetime

from pydantic import Field

from app.core.codes import NextStepsOut
from app.core.schemas import NamedConcernOut, Out


class NextStepOut(Out):
    """A step the record shows as open. A person decides."""

    code: NextStepsOut = Field(description="Code of the step.")
    reason: str = Field(description="Fact behind it, in one sentence.")
    due_at: datetime | None = Field(description="Deadline; null: none.")
    operation: str = Field(description="Operation that usually does it.")
    concern: NamedConcernOut = Field(description="Concern the step belongs to.")


class NextStepListOut(Out):
    """Suggested next steps."""

    items: list[NextStepOut] = Field(description="Duties first, then by deadline.")
