"""Supervision sessions: what the two people write, and what they read."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, In, Line, ListIn, Moment, Narrative, NewId, Out, PersonOut


class SupervisionListIn(ListIn):
    """Pages of a list without filters."""


class AgreedActionIn(In):
    """Something that was agreed."""

    what: Line
    owner_id: UUID = Field(description="One of the two.")
    due_at: Moment


class SupervisionSessionIn(In):
    """A session that was held. Nobody changes it later; write another note instead."""

    id: NewId
    supervisee_id: UUID = Field(description="The lead whose practice it is about.")
    supervisor_id: UUID
    held_on: Day = Field(description="Today or earlier.")
    note: Narrative
    child_ids: list[UUID] = Field(
        default_factory=list, max_length=20, description="Children whose file both may open."
    )
    concern_ids: list[UUID] = Field(
        default_factory=list, max_length=20, description="Concerns that both may open."
    )
    actions: list[AgreedActionIn] = Field(default_factory=list, max_length=20)


class SupervisionSessionCard(Out):
    """A session in the list of one of the two."""

    id: UUID
    held_on: Day
    supervisee: PersonOut
    supervisor: PersonOut
    set_at: datetime


class SupervisedChildOut(Out):
    """A child that the session points at."""

    id: UUID
    name: str


class SupervisedConcernOut(Out):
    """A concern that the session points at."""

    id: UUID
    reference: str


class AgreedActionOut(Out):
    """What was agreed, and how far it is."""

    task_id: UUID = Field(description="The task in which its owner does it.")
    what: str
    owner: PersonOut
    due_at: datetime
    state: Literal["open", "done", "not_needed"]
    ended_at: datetime | None


class SupervisionSessionOut(SupervisionSessionCard):
    """A session as the two read it, and nobody else."""

    note: str
    children: list[SupervisedChildOut] = Field(description="Those that the reader may open now.")
    concerns: list[SupervisedConcernOut] = Field(description="Those that the reader may open now.")
    actions: list[AgreedActionOut]
    set_by: UUID = Field(description="Which of the two wrote it.")
