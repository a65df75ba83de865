"""What there is to do, whose it is and by when."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import TaskKindsIn, TaskKindsOut, TaskStatesOut
from app.core.schemas import ListIn, Moment, NamedConcernOut, Out, PersonOut, PointerOut


class TaskListIn(ListIn):
    """Filters of tasks."""

    state: Literal["open", "ended"] = Field(
        default="open", description="`ended`: `done` or `not_needed`. Default: open."
    )
    mine: bool = Field(default=False, description="Only what I have or stand in for.")
    kind: list[TaskKindsIn] = Field(
        default=[], max_length=20, description="Only tasks of these kinds; repeat it for several."
    )
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    concern_id: UUID | None = Field(default=None, description="Only about this concern.")
    due_before: Moment | None = Field(
        default=None, description="Only those due before this moment."
    )


class TaskCard(Out):
    """A row of the list: no narrative, and no reason."""

    id: UUID = Field(description="Task ID.")
    kind: TaskKindsOut = Field(description="What has to be done.")
    child: PersonOut | None = Field(description="Child the task is about; null: none.")
    owner: PersonOut = Field(description="Person who owns the task.")
    cover: PersonOut | None = Field(description="Person who stands in; null: none.")
    about: PointerOut | None = Field(description="Record the task is about; null: the child alone.")
    due_at: datetime = Field(description="Deadline of the task.")
    urgent: bool = Field(description="Whether somebody must act before anything else.")
    state: TaskStatesOut = Field(description="State of the task.")
    set_at: datetime = Field(description="When it was set.")
    ended_at: datetime | None = Field(
        description="When it was completed or ended; null while open."
    )
    concern_id: UUID | None = Field(description="For leads who read the class of the concern.")
    duty: str | None = Field(description="Which duty after a death it is.")
    ends_by: str | None = Field(
        description="Id of the operation that ends it; null where `complete_task` does."
    )
    etag: str = Field(description="For If-Match.")


class TaskOut(TaskCard):
    """A task with what was written about it."""

    concern: NamedConcernOut | None = Field(description="Concern the task belongs to; null: none.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    facts: dict[str, str | int | bool | None] = Field(
        description="Codes, ids, times and numbers, by kind of task; never words about a child."
    )
    set_by: PersonOut | None = Field(description="Person who set it; null: a rule of Cairn.")
    outcome: str | None = Field(description="What was done; null until then.")
    note: str | None = Field(description="Note of the person who completed it; null: none.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
