"""Errors of requests about actions."""

from app.domain.errors import Conflict, Invalid, NotFound


class ActionEnded(Conflict):
    code = "action_ended"
    title = "This action has already been completed or dropped."
    advice = "Set a new action."


class ActionOwnerUnsuitable(Invalid):
    code = "action_owner_unsuitable"
    title = "This person has no role here now that can complete actions."
    advice = "Choose somebody who works at this school now."


class ActionNotFound(NotFound):
    code = "action_not_found"
    title = "Cairn cannot find this action."
