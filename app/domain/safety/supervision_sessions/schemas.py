"""Supervision sessions: what the two people write, and what they read."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import AgreedActionStatesOut
from app.core.schemas import (
    Day,
    In,
    Line,
    ListIn,
    Moment,
    NamedChildOut,
    NamedConcernOut,
    Narrative,
    NewId,
    Out,
    PersonOut,
)


class SupervisionListIn(ListIn):
    """Pages of a list without filters."""


class AgreedActionIn(In):
    """An agreed action."""

    what: Line = Field(description="What was agreed.")
    owner_id: UUID = Field(description="Owner: the supervisor or the supervisee.")
    due_at: Moment = Field(description="Deadline.")


class SupervisionSessionIn(In):
    """A supervision session. It cannot be changed: write another to add to it."""

    id: NewId
    supervisee_id: UUID = Field(description="Safeguarding lead who is supervised.")
    supervisor_id: UUID = Field(description="Person who supervises.")
    held_on: Day = Field(description="Day it was held: today or earlier.")
    note: Narrative = Field(description="What you discussed.")
    child_ids: list[UUID] = Field(
        default_factory=list,
        max_length=20,
        description="Children discussed, whose records both may open.",
    )
    concern_ids: list[UUID] = Field(
        default_factory=list, max_length=20, description="Concerns discussed, which both may open."
    )
    actions: list[AgreedActionIn] = Field(
        default_factory=list, max_length=20, description="Agreed actions."
    )


class SupervisionSessionCard(Out):
    """A supervision session in a list."""

    id: UUID = Field(description="Session ID.")
    held_on: Day = Field(description="Day it was held.")
    supervisee: PersonOut = Field(description="Person who is supervised.")
    supervisor: PersonOut = Field(description="Person who supervises.")
    set_at: datetime = Field(description="When it was recorded.")


class AgreedActionOut(Out):
    """An agreed action, and its progress."""

    task_id: UUID = Field(description="Task for its owner.")
    what: str = Field(description="What was agreed.")
    owner: PersonOut = Field(description="Person who does it.")
    due_at: datetime = Field(description="Deadline.")
    state: AgreedActionStatesOut = Field(description="Progress of the action.")
    ended_at: datetime | None = Field(
        description="When it was completed or dropped; null while open."
    )


class SupervisionSessionOut(SupervisionSessionCard):
    """A supervision session, visible to the two people only."""

    note: str = Field(description="What you discussed.")
    children: list[NamedChildOut] = Field(
        description="Children discussed, whose records you may open now."
    )
    concerns: list[NamedConcernOut] = Field(
        description="Concerns discussed, which you may open now."
    )
    actions: list[AgreedActionOut] = Field(description="Agreed actions, and their progress.")
    set_by: PersonOut = Field(description="Person who recorded it.")
