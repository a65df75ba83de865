"""What there is to do, whose it is and by when."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import BereavementDutiesOut, TaskKindsIn, TaskKindsOut, TaskStatesOut
from app.core.schemas import ListIn, Moment, NamedConcernOut, Out, PersonOut, PointerOut


class TaskListIn(ListIn):
    """Filters of tasks."""

    state: Literal["open", "ended"] = Field(
        default="open", description="`ended`: `done` or `not_needed`. Default: open."
    )
    mine: bool = Field(default=False, description="Only mine, or those I stand in for.")
    kind: list[TaskKindsIn] = Field(
        default=[], max_length=20, description="Only tasks of these kinds; repeat it for several."
    )
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    concern_id: UUID | None = Field(default=None, description="Only about this concern.")
    due_before: Moment | None = Field(default=None, description="Only items due before this time.")


class TaskCard(Out):
    """A task in a list, without text or reasons."""

    id: UUID = Field(description="Task ID.")
    kind: TaskKindsOut = Field(description="Type of task.")
    child: PersonOut | None = Field(description="Child the task is about; null: none.")
    owner: PersonOut = Field(description="Person who owns the task.")
    cover: PersonOut | None = Field(description="Person who stands in; null: none.")
    about: PointerOut | None = Field(description="Record the task is about; null: the child alone.")
    due_at: datetime = Field(description="Deadline of the task.")
    urgent: bool = Field(description="Whether it comes before everything else.")
    state: TaskStatesOut = Field(description="State of the task.")
    set_at: datetime = Field(description="When it was set.")
    ended_at: datetime | None = Field(
        description="When it was completed or ended; null while open."
    )
    concern_id: UUID | None = Field(
        description="Concern; null: none, or you do not read its class."
    )
    duty: BereavementDutiesOut | None = Field(
        description="Duty in a bereavement case; null: another task."
    )
    ends_by: str | None = Field(description="Operation that completes it; null: `complete_task`.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class TaskOut(TaskCard):
    """A task with its notes."""

    concern: NamedConcernOut | None = Field(description="Concern the task belongs to; null: none.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    facts: dict[str, str | int | bool | None] = Field(
        description="Codes, IDs, times and numbers, by type of task. Never words about a child."
    )
    set_by: PersonOut | None = Field(description="Person who set it; null: a rule of Cairn.")
    outcome: str | None = Field(description="What was done; null until then.")
    note: str | None = Field(description="Note of the person who completed it; null: none.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
