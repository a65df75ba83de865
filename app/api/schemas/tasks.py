"""What there is to do, whose it is and by when."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.codes import TaskKindsIn, TaskKindsOut, TaskStatesOut
from app.core.schemas import In, ListIn, Moment, Narrative, Out, PersonOut

OutcomeWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A code: it stands in the trail, where no words about a child may be."""


class TaskListIn(ListIn):
    """Filters of tasks."""

    state: Literal["open", "ended"] = "open"
    mine: bool = Field(default=False, description="Only what I have or stand in for.")
    kind: list[TaskKindsIn] = Field(default=[], max_length=20)
    child_id: UUID | None = None
    concern_id: UUID | None = None
    due_before: Moment | None = None


class CompleteTaskIn(In):
    """What came of it; both may be left out."""

    outcome: OutcomeWord | None = Field(
        default=None, description="One short word of the school's own; sentences go in `note`."
    )
    note: Narrative | None = None


class EndTaskIn(In):
    """Why it is not needed."""

    reason: Narrative


class AssignTaskIn(In):
    """Who has it now, and who stands in."""

    owner_id: UUID
    cover_id: UUID | None = None


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
