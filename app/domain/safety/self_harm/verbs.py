"""Which steps of the pathway somebody may take next with a concern."""

from app.core.words import Actor, Permission
from app.domain import policy

ANYBODY = ("emergency", "with_adult")
"""Of whoever reported it or reads it, on every concern that is not in the wrong place."""
LEADS = (
    "checked", "contacted", "left_safely", "parents_decided", "settle", "stayed_with_plan",
)  # fmt: skip
WRONG_PLACE = ("duplicate_of", "entered_in_error")


def step_verbs(
    actor: Actor, state: str, *, works: bool, on_pathway: bool, unmatched: bool
) -> list[str]:
    """The steps by the state of the concern; `works` where the reader works on it."""
    held = policy.rights_of(actor).permissions
    if state in WRONG_PLACE or Permission.CONCERN_RAISE not in held:
        return []
    verbs = [*ANYBODY]
    if works and on_pathway and state != "closed" and Permission.SAFETY_WRITE in held:
        verbs += LEADS
    if works and unmatched and Permission.CONCERN_TRIAGE in held:
        verbs.append("match")
    return verbs
