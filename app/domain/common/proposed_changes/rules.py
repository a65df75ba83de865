"""Pure rules of changes that wait: who confirms them, and numbers that never change."""

from typing import Final

from app.core.words import Actor, Permission, Role
from app.domain import policy
from app.domain.errors import FieldProblem, SecondPersonNeeded

KIND: Final = "change_proposed"
CONFIRMERS: Final = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
"""Roles whose holders are alerted."""
FIXED: Final = frozenset({"999", "112", "101", "111", "116123"})
"""Numbers of the whole country: no school puts another in their place."""


def safeguards(actor: Actor) -> bool:
    """Whether an actor is a person who safeguards; a grant for one record makes nobody one."""
    return Permission.CHANGE_CONFIRM in policy.own_rights(actor).permissions


def require_safeguarding(actor: Actor) -> None:
    """Raise `SecondPersonNeeded` for a person who does not safeguard.

    An administrator alone must not decide where people who need help are sent.
    """
    if not safeguards(actor):
        raise SecondPersonNeeded("Ask a lead, deputy or head to change this or take it away.")


def is_fixed(number: str | None) -> bool:
    """Whether a number is the whole country's, however it is spaced."""
    return number is not None and "".join(number.split()) in FIXED


def fixed_problem(pointer: str) -> FieldProblem:
    """The problem of a request that would change a number of the whole country."""
    text = "This number is the whole country's. Nobody can change it here."
    return FieldProblem(pointer, "national_number", text)
