"""Refusals of requests about child groups."""

from app.domain.errors import Conflict, NotFound


class ChildGroupNotFound(NotFound):
    code = "child_group_not_found"
    title = "Cairn cannot find this child group."


class ChildGroupEnded(Conflict):
    code = "child_group_ended"
    title = "This child group has ended."
    advice = "If they are a group again, add a new child group."


class ChildGroupConfirmed(Conflict):
    code = "child_group_confirmed"
    title = "Somebody has already confirmed this child group."
