"""What a person says of a task."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.schemas import In, Narrative

OutcomeWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A code: it stands in the trail, where no words about a child may be."""


class CompleteTaskIn(In):
    """The outcome of the task. Both fields are optional."""

    outcome: OutcomeWord | None = Field(
        default=None, description="One short code of the school's own. Write sentences in `note`."
    )
    note: Narrative | None = Field(default=None, description="What you did or found.")


class AssignTaskIn(In):
    """The new owner, and the stand-in."""

    owner_id: UUID = Field(description="New owner.")
    cover_id: UUID | None = Field(default=None, description="Person who stands in.")
