"""Cases: concerns held as one, and what came of looking at them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import ConcernStatesOut, ConfidentialityClassesOut
from app.core.schemas import In, Line, ListIn, Moment, Narrative, NewId, Out, PersonOut, absent

CONCERNS = "About the child, or a confirmed brother or sister; each you can work on."


class ConcernCaseIn(In):
    """A case to begin."""

    id: NewId
    child_id: UUID = Field(description="Whose chronology it stands in.")
    concern_ids: list[UUID] = Field(min_length=1, max_length=50, description=CONCERNS)
    title: Line
    plan: Narrative = Field(description="What is to be better for the child, and how you will see.")
    owner_id: UUID | None = Field(default=None, description="The lead worker: you, if left out.")
    review_at: Moment = Field(description="When it is looked at again.")


class CasePatch(In):
    """What changes; the plan changes with a review."""

    title: Line = absent()
    owner_id: UUID = absent()
    concern_ids: list[UUID] = absent(min_length=1, max_length=50, description=CONCERNS)


class ReviewCaseIn(In):
    """What was found, and when somebody looks again."""

    note: Narrative
    plan: Narrative | None = Field(default=None, description="Another plan; else it stays.")
    review_at: Moment


class CloseCaseIn(In):
    """Why it is no longer held as one. Each concern goes on or ends by itself."""

    reasons: Narrative


class ConcernCaseListIn(ListIn):
    """Filters of cases."""

    state: Literal["open", "ended"] = "open"
    child_id: UUID | None = None
    owner_id: UUID | None = None
    due_before: Moment | None = None


class ConcernCaseCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    child: PersonOut
    title: str
    confidentiality: ConfidentialityClassesOut = Field(
        description="As strict as the strictest concern that it ever held is now."
    )
    owner: PersonOut
    due_at: datetime = Field(description="When it is looked at again.")
    state: str = Field(description="`open` or `ended`.")
    set_at: datetime
    looked_at: datetime | None
    concerns: int = Field(description="How many it holds.")


class HeldConcernOut(Out):
    """A concern that it holds."""

    id: UUID
    reference: str
    state: ConcernStatesOut
    level: int | None
    children: list[PersonOut]


class HeldActionOut(Out):
    """What is to be done in one of its concerns."""

    id: UUID
    concern_id: UUID
    what: str
    due_at: datetime
    owner: PersonOut


class CaseNoteOut(Out):
    """One look at it; never changed."""

    id: UUID
    kind: str = Field(description="`begun`, `reviewed` or `closed`.")
    note: str
    plan: str = Field(description="The plan as it stood then.")
    by: PersonOut
    at: datetime


class ConcernCaseOut(ConcernCaseCard):
    """A case with everything that it holds, each look oldest first."""

    plan: str
    held: list[HeldConcernOut]
    actions: list[HeldActionOut] = Field(description="Open actions, soonest due first.")
    notes: list[CaseNoteOut]
    set_by: PersonOut
    ended_at: datetime | None
    end_reason: str | None
    permissions: list[str] = Field(description="What this reader may do next.")
