"""What can be wrong with a wish about a dead letter."""

from app.domain.errors import Conflict, NotFound


class DeadLetterNotFound(NotFound):
    code = "dead_letter_not_found"
    title = "There is no such dead letter."


class DeadLetterSettled(Conflict):
    code = "dead_letter_settled"
    title = "Somebody has replayed or dropped this dead letter already."
    advice = "Read it again to see what became of it."
