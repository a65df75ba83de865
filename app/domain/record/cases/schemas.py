"""Cases: concerns held as one, and what came of looking at them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    CaseNoteKindsOut,
    ConcernStatesOut,
    ConfidentialityClassesOut,
    OpenOrEndedOut,
)
from app.core.schemas import In, Line, ListIn, Moment, Narrative, NewId, Out, PersonOut, absent

CONCERNS = "Concerns of the child, or of a confirmed sibling, that you can work on."


class ConcernCaseIn(In):
    """A new case."""

    id: NewId
    child_id: UUID = Field(description="Child the case is about.")
    concern_ids: list[UUID] = Field(min_length=1, max_length=50, description=CONCERNS)
    title: Line = Field(description="Title of the case.")
    plan: Narrative = Field(
        description="Intended changes for the child, and how you will see them."
    )
    owner_id: UUID | None = Field(default=None, description="Lead worker. Default: you.")
    review_at: Moment = Field(description="When to review it.")


class CasePatch(In):
    """Fields to change. To change the plan, record a review."""

    title: Line = absent(description="Title of the case.")
    owner_id: UUID = absent(description="New lead worker.")
    concern_ids: list[UUID] = absent(min_length=1, max_length=50, description=CONCERNS)


class ReviewCaseIn(In):
    """Findings of the case review, and its next date."""

    note: Narrative = Field(description="What you found.")
    plan: Narrative | None = Field(default=None, description="New plan. Default: unchanged.")
    review_at: Moment = Field(description="When to review it next.")


class ConcernCaseListIn(ListIn):
    """Filters of cases."""

    state: Literal["open", "ended"] = Field(
        default="open", description="Open or ended cases. Default: open."
    )
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    owner_id: UUID | None = Field(default=None, description="Only cases this person leads.")
    due_before: Moment | None = Field(
        default=None, description="Only reviews due before this time."
    )


class ConcernCaseCard(Out):
    """A case in a list."""

    id: UUID = Field(description="Case ID.")
    child: PersonOut = Field(description="Child the case is about.")
    title: str = Field(description="Title of the case.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality: the strictest of any concern it has held."
    )
    owner: PersonOut = Field(description="Lead worker.")
    due_at: datetime = Field(description="Deadline of the next review.")
    state: OpenOrEndedOut = Field(description="Open or ended.")
    set_at: datetime = Field(description="When it was opened.")
    looked_at: datetime | None = Field(description="When it was last reviewed; null: never.")
    concerns: int = Field(description="Number of concerns in it.")


class HeldConcernOut(Out):
    """A concern of the case."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    state: ConcernStatesOut = Field(description="State of the concern.")
    level: int | None = Field(description="Level of need, 1 to 4; null until triage.")
    children: list[PersonOut] = Field(description="Children the concern is about.")


class HeldActionOut(Out):
    """An action in one of its concerns."""

    id: UUID = Field(description="Action ID.")
    concern_id: UUID = Field(description="Concern it belongs to.")
    what: str = Field(description="What to do.")
    due_at: datetime = Field(description="Deadline of the action.")
    owner: PersonOut = Field(description="Person who does it.")


class CaseNoteOut(Out):
    """One review of the case. It never changes."""

    id: UUID = Field(description="Review ID.")
    kind: CaseNoteKindsOut = Field(description="Type of review.")
    note: str = Field(description="What was found.")
    plan: str = Field(description="The plan at that time.")
    by: PersonOut = Field(description="Person who reviewed it.")
    at: datetime = Field(description="When it was reviewed.")


class ConcernCaseOut(ConcernCaseCard):
    """A case with its concerns, actions and reviews, oldest review first."""

    plan: str = Field(description="The plan as it is now.")
    held: list[HeldConcernOut] = Field(description="Concerns it holds.")
    actions: list[HeldActionOut] = Field(description="Open actions, soonest due first.")
    notes: list[CaseNoteOut] = Field(description="Every review, oldest first.")
    set_by: PersonOut = Field(description="Person who set it.")
    ended_at: datetime | None = Field(description="When the case ended; null while it is open.")
    end_reason: str | None = Field(description="Why it was closed; null while open.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
