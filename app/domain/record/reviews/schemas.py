"""Reviews: looks that are owed, and what came of them."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import ConfidentialityClassesOut, OpenOrEndedOut, ReviewOutcomesOut
from app.core.schemas import (
    BodyFault,
    In,
    ListIn,
    Moment,
    NamedConcernOut,
    Narrative,
    NewId,
    Out,
    PersonOut,
    absent,
    words,
)
from app.domain.record.reviews.rules import Every

Unit = Literal[
    "school_days", "school_weeks", "working_days", "calendar_days", "calendar_weeks",
    "calendar_months",
]  # fmt: skip
UnitsOut: Any = words(None, get_args(Unit), closed=True)
Class = Literal["K2", "K3", "K4", "K5"]


class EveryIn(In):
    """An interval, counted in the school's calendar from each completion."""

    count: int = Field(ge=1, le=100, description="Number of units.")
    unit: Unit = Field(description="Unit of the interval.")

    @property
    def interval(self) -> Every:
        """As the rules take it."""
        return Every(self.count, self.unit)


class ReviewIn(In):
    """A new review of a child or concern."""

    id: NewId
    child_id: UUID | None = Field(
        default=None, description="Child to review, or send `concern_id`."
    )
    concern_id: UUID | None = Field(
        default=None, description="Concern to review, or send `child_id`."
    )
    what: Narrative = Field(description="What to look at.")
    owner_id: UUID | None = Field(default=None, description="Person who will do it. Default: you.")
    due_at: Moment | None = Field(
        default=None, description="Deadline. Default: counted by `every`; required without it."
    )
    every: EveryIn | None = Field(
        default=None, description="Interval; leave it out for a single review."
    )
    confidentiality: Class = Field(
        default="K3",
        description="Class of confidentiality, for a review of a child. A concern's review has the "
        "concern's.",
    )

    @model_validator(mode="after")
    def _about_one(self) -> "ReviewIn":
        if (self.child_id is None) == (self.concern_id is None):
            raise BodyFault("name either a child or a concern")
        return self


class ReviewPatch(In):
    """Fields to change. `every: null` makes it a single review."""

    what: Narrative = absent(description="What to look at.")
    owner_id: UUID = absent(description="New owner.")
    due_at: Moment = absent(description="New deadline.")
    every: EveryIn | None = absent(description="Interval; null: a single review.")
    confidentiality: Class = absent(description="Class of confidentiality.")


class ReviewListIn(ListIn):
    """Filters of reviews."""

    state: Literal["open", "ended"] = Field(
        default="open", description="Open or ended reviews. Default: open."
    )
    child_id: UUID | None = Field(default=None, description="Only of this child.")
    concern_id: UUID | None = Field(default=None, description="Only of this concern.")
    owner_id: UUID | None = Field(default=None, description="Only reviews this person owns.")
    due_before: Moment | None = Field(default=None, description="Only items due before this time.")


class CompleteReviewIn(In):
    """Findings of the review, and its next deadline."""

    note: Narrative = Field(description="What you found.")
    outcome: Literal["continue", "change", "end"] = Field(
        description="Whether reviews continue, change or end."
    )
    next_due_at: Moment | None = Field(
        default=None, description="Next deadline, unless it ends. Default: counted by the interval."
    )


class EveryOut(Out):
    """An interval."""

    count: int = Field(description="Number of units.")
    unit: UnitsOut = Field(description="Unit of the interval.")


class ReviewCard(Out):
    """A review in a list."""

    id: UUID = Field(description="Review ID.")
    child: PersonOut | None = Field(description="Child the review is about; null: none.")
    concern: NamedConcernOut | None = Field(
        description="Concern the review belongs to; null: none."
    )
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the review."
    )
    owner: PersonOut = Field(description="Person who owns the review.")
    due_at: datetime = Field(description="Deadline of the review.")
    every: EveryOut | None = Field(description="Interval; null: a single review.")
    state: OpenOrEndedOut = Field(description="Open or ended.")
    set_at: datetime = Field(description="When it was set.")
    done_at: datetime | None = Field(description="When it was last completed; null: never.")


class ReviewNoteOut(Out):
    """One completed review. It never changes."""

    id: UUID = Field(description="ID of this entry.")
    note: str = Field(description="What was found.")
    outcome: ReviewOutcomesOut = Field(description="Outcome of the review.")
    at: datetime = Field(description="When it was completed.")
    was_due_at: datetime = Field(description="Deadline it had.")
    next_due_at: datetime | None = Field(description="Next deadline; null: reviews ended.")
    by: PersonOut = Field(description="Person who completed it.")


class ReviewOut(ReviewCard):
    """A review with every completion, oldest first."""

    decision_id: UUID | None = Field(description="Decision whose `review_on` set it; null: none.")
    what: str = Field(description="What to look at.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    set_by: PersonOut = Field(description="Person who set it.")
    ended_at: datetime | None = Field(description="When the review ended; null while it is open.")
    end_reason: str | None = Field(description="Why it was ended; null while open.")
    looks: list[ReviewNoteOut] = Field(description="Every completion, oldest first.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
