"""Actions: what is set, done, dropped and handed on; and how they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import ActionStatesOut
from app.core.schemas import In, ListIn, Moment, Narrative, NewId, Out, PersonOut


class ActionIn(In):
    """A new action, its owner and its deadline."""

    id: NewId = None
    what: Narrative = Field(description="What to do.")
    owner_id: UUID = Field(description="Person who will do it.")
    due_at: Moment | None = Field(
        default=None, description="Deadline. Default: in a week, or the school's own limit."
    )
    remind_at: Moment | None = Field(
        default=None,
        description="When to remind the owner. Default: the school day before the deadline.",
    )


class ActionListIn(ListIn):
    """Filters of my actions."""

    state: Literal["open", "done", "dropped"] | None = Field(
        default="open", description="Open, done or dropped actions. Default: open."
    )
    due_before: Moment | None = Field(default=None, description="Only items due before this time.")


class CompleteActionIn(In):
    """The outcome of the action."""

    outcome: Narrative = Field(description="What was done.")


class ReassignActionIn(In):
    """The new owner."""

    owner_id: UUID = Field(description="New owner.")
    due_at: Moment | None = Field(default=None, description="New deadline. Default: unchanged.")


class ActionCard(Out):
    """One of my actions, in a list."""

    id: UUID = Field(description="Action ID.")
    concern_id: UUID = Field(description="Concern the action belongs to.")
    what: str = Field(description="What to do.")
    due_at: datetime = Field(description="Deadline of the action.")
    state: ActionStatesOut = Field(description="State of the action.")
    set_at: datetime = Field(description="When it was set.")
    ended_at: datetime | None = Field(
        description="When it was completed or dropped; null while open."
    )
    owner: PersonOut = Field(description="Person who does it.")


class ActionOut(Out):
    """An action."""

    id: UUID = Field(description="Action ID.")
    concern_id: UUID = Field(description="Concern the action belongs to.")
    what: str = Field(description="What to do.")
    owner: PersonOut = Field(description="Person who does it.")
    due_at: datetime = Field(description="Deadline of the action.")
    remind_at: datetime | None = Field(
        description="When Cairn reminds the owner, set by a person or a rule; null: no reminder."
    )
    state: ActionStatesOut = Field(description="State of the action.")
    outcome: str | None = Field(description="What was done; null: not completed.")
    reason: str | None = Field(description="Why it was dropped; null: not dropped.")
    set_by: PersonOut = Field(description="Person who set it.")
    set_at: datetime = Field(description="When it was set.")
    ended_by: PersonOut | None = Field(
        description="Person who completed or dropped it; null while open."
    )
    ended_at: datetime | None = Field(
        description="When it was completed or dropped; null while open."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
