"""How a request about a child group can be refused."""

from app.domain.errors import Conflict, NotFound


class ChildGroupNotFound(NotFound):
    code = "child_group_not_found"
    title = "There is no such child group."


class ChildGroupEnded(Conflict):
    code = "child_group_ended"
    title = "This child group has ended."
    advice = "State a new child group if it is so again."


class ChildGroupConfirmed(Conflict):
    code = "child_group_confirmed"
    title = "Somebody has confirmed this child group already."
