"""Refusals of requests about roles."""

from typing import Any

from app.domain.errors import Conflict, NotFound, Retry


class RoleNotFound(NotFound):
    code = "role_not_found"
    title = "This school has not defined this role."


class RoleExists(Conflict):
    code = "role_exists"
    title = "This school has, or once had, a role with this name."
    advice = "Choose another name: a role that has ended keeps its name for the record."
    retry = Retry.CHANGED


class RoleOver(Conflict):
    code = "role_over"
    title = "This role has ended."
    advice = "Define a new role."


class RoleHeld(Conflict):
    code = "role_held"
    title = "People hold this role, now or from a later date."
    advice = "End their memberships first, or send end_memberships: true."
    retry = Retry.SAME

    def __init__(self, number: int) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"memberships": number}
