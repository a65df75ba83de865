"""Actions: what is set, done, dropped and handed on; and how they are shown."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import ActionStatesOut
from app.core.schemas import In, ListIn, Moment, Narrative, NewId, Out, PersonOut


class ActionIn(In):
    """What is to be done, by whom, by when."""

    id: NewId = None
    what: Narrative
    owner_id: UUID
    due_at: Moment | None = Field(
        default=None, description="Default: in a week, or by the school's own limit."
    )
    remind_at: Moment | None = Field(
        default=None, description="Else the school day before it is due."
    )


class ActionListIn(ListIn):
    """Filters of my actions."""

    state: Literal["open", "done", "dropped"] | None = Field(default="open")
    due_before: Moment | None = Field(default=None)


class CompleteActionIn(In):
    """What came of it."""

    outcome: Narrative


class DropActionIn(In):
    """Why it will not be done."""

    reason: Narrative


class ReassignActionIn(In):
    """Who does it now."""

    owner_id: UUID
    due_at: Moment | None = None


class ActionCard(Out):
    """A row of my actions."""

    id: UUID
    concern_id: UUID
    what: str
    due_at: datetime
    state: ActionStatesOut
    set_at: datetime
    ended_at: datetime | None
    owner: PersonOut


class ActionOut(Out):
    """An action."""

    id: UUID
    concern_id: UUID
    what: str
    owner_id: UUID
    due_at: datetime
    remind_at: datetime | None = Field(description="Where a person chose it; else by rule.")
    state: ActionStatesOut
    outcome: str | None
    reason: str | None
    set_by: UUID
    set_at: datetime
    ended_by: UUID | None
    ended_at: datetime | None
    permissions: list[str] = Field(description="What this reader may do next.")
