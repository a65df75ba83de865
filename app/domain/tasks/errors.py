"""What can be wrong with a wish about a task."""

from app.domain.errors import Conflict, Invalid, NotFound


class TaskNotFound(NotFound):
    code = "task_not_found"
    title = "There is no such task."


class TaskEnded(Conflict):
    code = "task_ended"
    title = "This task has ended already."


class TaskOfRecord(Conflict):
    code = "task_of_record"
    title = "This ends by writing down what it asks for."
    advice = "Use the operation of the record that it is about."


class TaskOwnerUnsuitable(Invalid):
    code = "task_owner_unsuitable"
    title = "This person cannot have it: they may not read what it is about, or have a conflict."
    advice = "Choose somebody who is here and may."
