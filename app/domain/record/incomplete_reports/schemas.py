"""What became of an incomplete report."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.schemas import BodyFault, In, Narrative


class ResolveIncompleteReportIn(In):
    """The concern raised from the report, or why none is needed."""

    concern_id: UUID | None = Field(
        default=None, description="Concern raised. For a report about a child."
    )
    reason: Narrative | None = Field(default=None, description="Why no concern is needed.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.concern_id is None and self.reason is None:
            raise BodyFault("name the concern that was raised, or say why none is needed")
        return self
