"""What there is to do, whose it is and by when."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import TaskKindsIn, TaskKindsOut, TaskStatesOut
from app.core.schemas import ListIn, Moment, Out, PersonOut


class TaskListIn(ListIn):
    """Filters of tasks."""

    state: Literal["open", "ended"] = "open"
    mine: bool = Field(default=False, description="Only what I have or stand in for.")
    kind: list[TaskKindsIn] = Field(default=[], max_length=20)
    child_id: UUID | None = None
    concern_id: UUID | None = None
    due_before: Moment | None = None


class TaskAboutOut(Out):
    """What it is about, besides the child."""

    noun: str
    id: UUID


class TaskConcernOut(Out):
    """The concern it belongs to."""

    id: UUID
    reference: str


class TaskCard(Out):
    """A row of the list: no narrative, and no reason."""

    id: UUID
    kind: TaskKindsOut
    child: PersonOut | None
    owner: PersonOut
    cover: PersonOut | None
    about: TaskAboutOut | None
    due_at: datetime
    urgent: bool
    state: TaskStatesOut
    set_at: datetime
    ended_at: datetime | None
    concern_id: UUID | None = Field(description="For leads who read the class of the concern.")
    duty: str | None = Field(description="Which duty after a death it is.")
    ends_by: str | None = Field(
        description="Id of the operation that ends it; null where `complete_task` does."
    )
    etag: str = Field(description="Send in If-Match when changing this task.")


class TaskOut(TaskCard):
    """A task with what was written about it."""

    concern: TaskConcernOut | None
    due_rule: str | None
    facts: dict[str, str | int | bool | None] = Field(
        description="Codes, ids, times and numbers, by kind of task; never words about a child."
    )
    set_by: PersonOut | None = Field(description="Null where a rule of Cairn set it.")
    outcome: str | None
    note: str | None
    permissions: list[str] = Field(description="What this reader may do next.")
