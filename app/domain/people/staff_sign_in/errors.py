"""How a change of a colleague's sign-in can be refused."""

from app.domain.errors import Conflict


class WorksElsewhere(Conflict):
    code = "works_elsewhere"
    title = "This person also works in another organisation."
    advice = "They use a recovery code, or the operator resets their second factor."
