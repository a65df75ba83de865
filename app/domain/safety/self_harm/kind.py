"""States of one pupil on the pathway, and the steps between them."""

from typing import Final

from app.domain.courses import Course, course
from app.domain.kinds import NEW
from app.domain.safety.self_harm import rules

STEPS: Final = {
    "record_with_adult": (rules.WITH_ADULT, rules.ALONE),
    "acknowledge_concern": (rules.LEAD_TOLD,),
    "triage_concern": (rules.LEAD_TOLD,),
    "record_emergency": (rules.EMERGENCY,),
    "record_conversation": (rules.CHECKED,),
    "add_record": (rules.CHECKED,),
    "decide_on_parents": (rules.PARENTS_DECIDED,),
    "record_left_safely": (rules.LEFT_SAFELY,),
    "record_stayed_with_plan": (rules.STAYED_WITH_PLAN,),
    "record_contact": (rules.FOLLOWED,),
    "record_task_contact": (rules.FOLLOWED,),
    "amend_concern": (rules.NEW_EVENT,),
    "settle_concern": (rules.SETTLED,),
    "the concern ends": (rules.CLOSED,),
    "reopen_concern": (rules.REOPENED,),
}
"""The steps that an operation takes."""


def _moves(steps: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Where these steps lead from each state that they change."""
    return {
        state: after
        for state in rules.PLACES
        if (after := tuple(_after(state, steps)))
    }  # fmt: skip


def _after(state: str, steps: tuple[str, ...]) -> list[str]:
    items = (rules.next_state(step, state) for step in steps)
    return [after for after in dict.fromkeys(items) if after != state]


PATHWAY = course(
    Course(
        "pathway",
        None,
        {"raise_concern": {NEW: rules.NOTICED}}
        | {operation: _moves(steps) for operation, steps in STEPS.items()},
        order=tuple(rules.PLACES),
    )
)
