"""What can be wrong with a request about a task."""

from collections.abc import Sequence

from app.domain.errors import Conflict, Invalid, NotFound


class TaskNotFound(NotFound):
    code = "task_not_found"
    title = "There is no such task."


class TaskEnded(Conflict):
    code = "task_ended"
    title = "This task has ended already."


class TaskOfRecord(Conflict):
    code = "task_of_record"
    title = "This task ends when you record what it asks for."
    advice = "Use the operation of the record that it is about."

    @classmethod
    def by(cls, operations: Sequence[str]) -> "TaskOfRecord":
        """The refusal that names what ends it instead."""
        return cls(f"{cls.title} It ends by: {', '.join(operations)}.")


class TaskOwnerUnsuitable(Invalid):
    code = "task_owner_unsuitable"
    title = "This person cannot have it: they may not read what it is about, or have a conflict."
    advice = "Choose somebody who is here and may."
