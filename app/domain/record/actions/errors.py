"""What can be wrong with a request about an action."""

from app.domain.errors import Conflict, Invalid, NotFound


class ActionEnded(Conflict):
    code = "action_ended"
    title = "This action was completed or dropped already."
    advice = "Set a new action."


class ActionOwnerUnsuitable(Invalid):
    code = "action_owner_unsuitable"
    title = "This person has no present role here that can complete actions."
    advice = "Choose a present member of staff of this school."


class ActionNotFound(NotFound):
    code = "action_not_found"
    title = "There is no such action."
