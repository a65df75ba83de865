"""What comes next, as it is shown."""

from datetime import datetime

from pydantic import Field

from app.core.codes import NextStepsOut
from app.core.schemas import NamedConcernOut, Out


class NextStepOut(Out):
    """A thing that the record shows is still open. A person decides."""

    code: NextStepsOut = Field(description="Code of the step.")
    reason: str = Field(description="The fact behind it, in one sentence.")
    due_at: datetime | None = Field(description="Deadline; null: none.")
    operation: str = Field(description="The operation that usually answers it.")
    concern: NamedConcernOut = Field(description="Concern the step belongs to.")


class NextStepListOut(Out):
    """Duties first, then what is due soonest."""

    items: list[NextStepOut] = Field(description="Duties first, then by deadline.")
