"""Errors of requests about tasks."""

from collections.abc import Sequence

from app.domain.errors import Conflict, Invalid, NotFound


class TaskNotFound(NotFound):
    code = "task_not_found"
    title = "Cairn cannot find this task."


class TaskEnded(Conflict):
    code = "task_ended"
    title = "This task has already ended."


class TaskOfRecord(Conflict):
    code = "task_of_record"
    title = "This task ends when you record what it asks for."
    advice = "Record it there: use the operation of the record that the task is about."

    @classmethod
    def by(cls, operations: Sequence[str]) -> "TaskOfRecord":
        """The refusal, naming the operations that end it instead."""
        return cls(f"{cls.title} It ends by: {', '.join(operations)}.")


class TaskOwnerUnsuitable(Invalid):
    code = "task_owner_unsuitable"
    title = (
        "This person cannot take the task: they may not read the record, or have a conflict of "
        "interest."
    )
    advice = "Choose a colleague who is here and may read it."
