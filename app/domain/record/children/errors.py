"""Errors of requests about children, beyond those of every noun."""

from app.domain.errors import Conflict, NotFound, Retry


class IdentifierTaken(Conflict):
    code = "identifier_taken"
    title = "Another child of this school has this identifier."
    advice = (
        "Check the number. If it is right, the other child's record has a mistake: correct it "
        "there."
    )
    retry = Retry.CHANGED


class IdentifierNotFound(NotFound):
    code = "identifier_not_found"
    title = "Cairn cannot find this identifier for the child."
