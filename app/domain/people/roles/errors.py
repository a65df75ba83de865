"""How a request about a role can be refused."""

from typing import Any

from app.domain.errors import Conflict, NotFound, Retry


class RoleNotFound(NotFound):
    code = "role_not_found"
    title = "This school defined no such role."


class RoleExists(Conflict):
    code = "role_exists"
    title = "This school has or had a role of this name."
    advice = "Choose another name: one that ended keeps its own, for the record's sake."
    retry = Retry.CHANGED


class RoleOver(Conflict):
    code = "role_over"
    title = "This role has ended."
    advice = "Define another one."


class RoleHeld(Conflict):
    code = "role_held"
    title = "People hold this role, now or from a day to come."
    advice = "End their memberships first, or send end_memberships: true."
    retry = Retry.SAME

    def __init__(self, number: int) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"memberships": number}
