"""Refusals to change a colleague's sign-in."""

from app.domain.errors import Conflict


class WorksElsewhere(Conflict):
    code = "works_elsewhere"
    title = "This person also works in another organisation."
    advice = "Ask them to use a recovery code, or ask the operator to reset their second factor."
