"""Reviews: looks that are owed, and what came of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import ConfidentialityClassesOut
from app.core.schemas import In, ListIn, Moment, Narrative, NewId, Out, PersonOut, Told, absent
from app.domain.record.reviews.rules import Every

Unit = Literal[
    "school_days", "school_weeks", "working_days", "calendar_days", "calendar_weeks",
    "calendar_months",
]  # fmt: skip
Class = Literal["K2", "K3", "K4", "K5"]


class EveryIn(In):
    """An interval, counted by the school's own calendar from each completion."""

    count: int = Field(ge=1, le=100)
    unit: Unit

    @property
    def interval(self) -> Every:
        """As the rules take it."""
        return Every(self.count, self.unit)


class ReviewIn(In):
    """A look that is owed: at a child or at a concern."""

    id: NewId
    child_id: UUID | None = None
    concern_id: UUID | None = None
    what: Narrative
    owner_id: UUID | None = Field(default=None, description="Myself, where it is left out.")
    due_at: Moment | None = Field(default=None, description="Else by `every`.")
    every: EveryIn | None = None
    confidentiality: Class = Field(
        default="K3", description="Of a review of a child; one of a concern has the concern's."
    )

    @model_validator(mode="after")
    def _about_one(self) -> "ReviewIn":
        if (self.child_id is None) == (self.concern_id is None):
            raise Told("name either a child or a concern")
        return self


class ReviewPatch(In):
    """What changes; `every: null` makes it a single one."""

    what: Narrative = absent()
    owner_id: UUID = absent()
    due_at: Moment = absent()
    every: EveryIn | None = absent()
    confidentiality: Class = absent()


class ReviewListIn(ListIn):
    """Filters of reviews."""

    state: Literal["open", "ended"] = "open"
    child_id: UUID | None = None
    concern_id: UUID | None = None
    owner_id: UUID | None = None
    due_before: Moment | None = Field(default=None)


class CompleteReviewIn(In):
    """What was found, and what follows."""

    note: Narrative
    outcome: Literal["continue", "change", "end"]
    next_due_at: Moment | None = Field(
        default=None, description="Where it goes on: else by its interval."
    )


class EndReviewIn(In):
    """Why no look is owed any more."""

    reason: Narrative


class EveryOut(Out):
    """An interval."""

    count: int
    unit: str


class ReviewConcernOut(Out):
    """The concern it is about."""

    id: UUID
    reference: str


class ReviewCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    child: PersonOut | None
    concern: ReviewConcernOut | None
    confidentiality: ConfidentialityClassesOut
    owner: PersonOut
    due_at: datetime
    every: EveryOut | None
    state: str = Field(description="`open` or `ended`.")
    set_at: datetime
    done_at: datetime | None


class LookOut(Out):
    """One look that was taken; never changed."""

    id: UUID
    note: str
    outcome: str = Field(description="`continue`, `change` or `end`.")
    at: datetime
    was_due_at: datetime
    next_due_at: datetime | None
    by: PersonOut


class ReviewOut(ReviewCard):
    """A review with every look that was taken, oldest first."""

    decision_id: UUID | None = Field(description="The decision whose `review_on` made it.")
    what: str
    due_rule: str | None
    set_by: PersonOut
    ended_at: datetime | None
    end_reason: str | None
    looks: list[LookOut]
    permissions: list[str] = Field(description="What this reader may do next.")
