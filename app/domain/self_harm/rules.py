"""Pure rules of the pathway: its states, what each step ends and begins, what closing needs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

NOTICED, WITH_ADULT, LEAD_TOLD = "noticed", "with_adult", "lead_told"
EMERGENCY, CHECKED, PARENTS_DECIDED = "emergency", "checked", "parents_decided"
LEFT_SAFELY, STAYED_WITH_PLAN = "left_safely", "stayed_with_plan"
FOLLOWED, SETTLED, CLOSED = "followed", "settled", "closed"

PLACES: Final[Mapping[str, int]] = {
    NOTICED: 0, WITH_ADULT: 1, LEAD_TOLD: 2, EMERGENCY: 3, CHECKED: 4, PARENTS_DECIDED: 5,
    LEFT_SAFELY: 6, STAYED_WITH_PLAN: 7, FOLLOWED: 8, SETTLED: 9, CLOSED: 10,
}  # fmt: skip
"""How far each state is along. Steps come in any order; none is refused for want of another."""
LATE_STATES: Final = frozenset({LEFT_SAFELY, STAYED_WITH_PLAN, SETTLED, CLOSED})
"""Where something new takes the pathway up again; an earlier state says more than `followed`."""

WORDS_ABOUT_DYING: Final = frozenset(
    {"thoughts_of_suicide", "plan_or_preparation", "suicide_attempt"}
)
SOONEST_FIRST: Final = ("immediate_danger", "today", "routine")
SETTLES_AFTER: Final = "sh.settle"
ALSO_KNOWN: Final = "sh.also_known"
"""Rules that say how long, and how far back."""

NEW_EVENT, ALSO_NOTED, KIND_AMENDED = "new_event", "also_noted", "kind_amended"
NO_ANSWER, REOPENED = "no_answer", "reopened"

STAY, CHECK, PARENTS, LEAVING = "sh_stay", "sh_check", "sh_parents", "sh_leaving"
SOCIAL_CARE, NEXT_DAY, CONTACT = "sh_social_care", "sh_next_day", "sh_contact_48"
UNMATCHED, PLAN_REVIEW = "child_unmatched", "sh_plan_review"
COLLECT: Final = "collect_by_adult"
"""What reception knows: with an adult, and nothing of why."""
OF_PATHWAY: Final = frozenset(
    {STAY, CHECK, PARENTS, LEAVING, SOCIAL_CARE, NEXT_DAY, CONTACT, PLAN_REVIEW}
)

BEFORE_SETTLING: Final = (OF_PATHWAY - {PLAN_REVIEW}) | {UNMATCHED}
"""What is owed to the pupil whatever else is well."""
BEFORE_LEAVING: Final = frozenset({CHECK, PARENTS, LEAVING})
"""While one of these is open, nobody knows that the pupil can leave alone."""

ENDS: Final[Mapping[str, Sequence[str]]] = {
    WITH_ADULT: (STAY,),
    EMERGENCY: (STAY, LEAVING, COLLECT),
    CHECKED: (CHECK,),
    PARENTS_DECIDED: (PARENTS,),
    LEFT_SAFELY: (STAY, LEAVING, COLLECT),
    STAYED_WITH_PLAN: (STAY,),
}
"""What has been done once a step was taken."""
BEGINS: Final[Mapping[str, Sequence[str]]] = {
    EMERGENCY: (NEXT_DAY, CONTACT),
    LEFT_SAFELY: (NEXT_DAY, CONTACT),
}
"""What is to be done from a step on."""
HOME: Final = frozenset({"parent_carer", "other_family"})
"""Sources of harm that make children's social care the first to be asked."""


def next_state(step: str, state: str) -> str:
    """The state after a step: no step takes the pathway back, but for danger and new events."""
    if step == EMERGENCY:
        return EMERGENCY
    if step in (NEW_EVENT, REOPENED):
        return FOLLOWED if state in LATE_STATES else state
    if step not in PLACES or state == SETTLED:
        return state if step != CLOSED else CLOSED
    return step if PLACES[step] > PLACES[state] else state


def immediacy_of(kind: str, sent: str) -> str:
    """How soon somebody must act: words about dying or an attempt are for today at the latest."""
    return "today" if kind in WORDS_ABOUT_DYING and sent == "routine" else sent


def sooner(one: str, other: str) -> str:
    """The more urgent of two."""
    return min(one, other, key=SOONEST_FIRST.index)


def first_tasks(told: Mapping[str, Any], *, at_school: bool, harm_at_home: bool) -> list[str]:
    """What has to be done once it was told; `at_school`: while pupils are there."""
    tasks = [CHECK, PARENTS]
    if at_school:
        tasks += [LEAVING]
        tasks += [] if told.get("with_now") else [STAY]
    else:
        tasks += [NEXT_DAY, CONTACT]
    return [*tasks, SOCIAL_CARE] if harm_at_home else tasks
