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
    """Something that was agreed."""

    what: Line = Field(description="What was agreed.")
    owner_id: UUID = Field(description="One of the two.")
    due_at: Moment = Field(description="Deadline.")


class SupervisionSessionIn(In):
    """A session that was held. Nobody changes it later; write another note instead."""

    id: NewId
    supervisee_id: UUID = Field(description="The lead whose practice it is about.")
    supervisor_id: UUID = Field(description="Person who supervises you.")
    held_on: Day = Field(description="Today or earlier.")
    note: Narrative = Field(description="What was spoken about.")
    child_ids: list[UUID] = Field(
        default_factory=list, max_length=20, description="Children whose file both may open."
    )
    concern_ids: list[UUID] = Field(
        default_factory=list, max_length=20, description="Concerns that both may open."
    )
    actions: list[AgreedActionIn] = Field(
        default_factory=list, max_length=20, description="Actions that were agreed."
    )


class SupervisionSessionCard(Out):
    """A session in the list of one of the two."""

    id: UUID = Field(description="Session ID.")
    held_on: Day = Field(description="Day it was held.")
    supervisee: PersonOut = Field(description="Person who is supervised.")
    supervisor: PersonOut = Field(description="Person who supervises.")
    set_at: datetime = Field(description="When it was recorded.")


class AgreedActionOut(Out):
    """What was agreed, and how far it is."""

    task_id: UUID = Field(description="The task in which its owner does it.")
    what: str = Field(description="What was agreed.")
    owner: PersonOut = Field(description="Person who does it.")
    due_at: datetime = Field(description="Deadline.")
    state: AgreedActionStatesOut = Field(description="How far it is.")
    ended_at: datetime | None = Field(description="When it was done or dropped; null while open.")


class SupervisionSessionOut(SupervisionSessionCard):
    """A session as the two read it, and nobody else."""

    note: str = Field(description="What was spoken about.")
    children: list[NamedChildOut] = Field(description="Those that the reader may open now.")
    concerns: list[NamedConcernOut] = Field(description="Those that the reader may open now.")
    actions: list[AgreedActionOut] = Field(description="Actions, and how far each is.")
    set_by: PersonOut = Field(description="Which of the two wrote it.")
