"""Pure rules of the pathway: its states, what each step ends and begins, what closing needs."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

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
OF_CATEGORY: Final[Mapping[str, str]] = {
    "suicide_attempt": "suicide_attempt", "suicidal_ideation": "thoughts_of_suicide",
    "self_harm": "self_harm",
}  # fmt: skip
"""What a category says was told, the gravest first: it puts a concern on the pathway by itself."""
RINGING: Final = frozenset({*WORDS_ABOUT_DYING, *OF_CATEGORY.values()})
"""What rings every lead at once, however it was told."""
SOONEST_FIRST: Final = ("immediate_danger", "today", "routine")
IN_MEDICAL_HANDS: Final = frozenset({"ambulance", "emergency_dept"})
"""Medical help after which nobody need call it first."""
NOTHING_TOLD: Final[Mapping[str, Any]] = MappingProxyType({})
SETTLES_AFTER: Final = "sh.settle"
ALSO_KNOWN: Final = "sh.also_known"
"""Rules that say how long, and how far back."""

NEW_EVENT, ALSO_NOTED, KIND_AMENDED = "new_event", "also_noted", "kind_amended"
NO_ANSWER, NOT_SEEN, REOPENED = "no_answer", "not_seen", "reopened"
ALONE: Final = "without_adult"
"""The adult who was with the pupil had to go."""
IMMEDIATE: Final = "immediate_danger"

STAY, CHECK, PARENTS, LEAVING = "sh_stay", "sh_check", "sh_parents", "sh_leaving"
SOCIAL_CARE, NEXT_DAY, CONTACT = "sh_social_care", "sh_next_day", "sh_contact_48"
HEALTH: Final = "sh_health"
"""Speaking with a health service, where a check says that this follows."""
UNMATCHED, PLAN_REVIEW = "child_unmatched", "sh_plan_review"
COLLECT: Final = "collect_by_adult"
"""What reception knows: with an adult, and nothing of why."""
OF_PATHWAY: Final = frozenset(
    {STAY, CHECK, PARENTS, LEAVING, SOCIAL_CARE, HEALTH, NEXT_DAY, CONTACT, PLAN_REVIEW}
)

OWED: Final = OF_PATHWAY | {UNMATCHED}
"""What can be owed to a pupil, to each by themselves."""
CALLS: Final = frozenset({NEXT_DAY, CONTACT})
"""What somebody does who is asked to be in touch."""
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
    ALONE: (STAY,),
    EMERGENCY: (NEXT_DAY, CONTACT),
    LEFT_SAFELY: (NEXT_DAY, CONTACT),
}
"""What is to be done from a step on."""
GONE_WITH: Final = ("went_with", "where_to")
"""What says, with emergency help, that the pupil is not in school any more, and with whom."""
HOME: Final = frozenset({"parent_carer", "other_family"})
"""Sources of harm that make children's social care the first to be asked."""


def ends_of(step: str, details: Mapping[str, Any]) -> Sequence[str]:
    """What has been done once a step was taken.

    Calling for help leaves nobody alone: who is with the pupil, and with whom they leave, is owed
    until somebody writes who went with them.
    """
    if step == EMERGENCY and not any(details.get(name) for name in GONE_WITH):
        return ()
    return ENDS.get(step, ())


def next_state(step: str, state: str) -> str:
    """The state after a step: no step takes the pathway back, but for danger, new events and

    a pupil with whom nobody is any more.
    """
    if step == ALONE:
        return NOTICED if state == WITH_ADULT else state
    if step == EMERGENCY:
        return EMERGENCY
    if step in (NEW_EVENT, REOPENED):
        return FOLLOWED if state in LATE_STATES else state
    if step not in PLACES or state == SETTLED:
        return state if step != CLOSED else CLOSED
    return step if PLACES[step] > PLACES[state] else state


def state_of_both(state: str, other: str | None) -> str:
    """How far a pupil is in a report that another about them is merged into: danger stays, and

    what was settled is followed again.
    """
    if other == EMERGENCY:
        return EMERGENCY
    still = other not in (None, SETTLED, CLOSED)
    return FOLLOWED if still and state == SETTLED else state


def state_of_one_of_several(state: str) -> str:
    """How far each of several is whom nobody could tell apart when it was written down."""
    return state if PLACES[state] <= PLACES[EMERGENCY] else LEAD_TOLD


def step_of_check(details: Mapping[str, Any]) -> str:
    """Whether somebody has spoken with the pupil, or nobody could."""
    if details.get("check_id") is None and details.get("seen_by") is None:
        return NOT_SEEN
    return CHECKED


def step_of_adult(details: Mapping[str, Any]) -> str:
    """Whether an adult is with the pupil, or nobody is."""
    return ALONE if details.get("nobody") else WITH_ADULT


def kind_of(categories: Collection[str]) -> str | None:
    """Which disclosure of self-harm the categories of a concern name, if any."""
    return next((kind for code, kind in OF_CATEGORY.items() if code in categories), None)


def immediacy_of(kind: str, sent: str, told: Mapping[str, Any] = NOTHING_TOLD) -> str:
    """How soon somebody must act: words about dying or an attempt are for today at the latest.

    Something that was swallowed needs medical help now, unless that is being given.
    """
    soon = "today" if kind in WORDS_ABOUT_DYING else sent
    if was_swallowed(told):
        soon = "today" if IN_MEDICAL_HANDS & {*_value(told, "medical", ())} else IMMEDIATE
    return sooner(soon, sent)


def was_swallowed(told: Mapping[str, Any]) -> bool:
    """Whether it was told that something was swallowed."""
    return bool(_value(told, "means_group", None) == "swallowed")


def _value(told: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """The value of an answer that was told, if there is one."""
    found = (told.get(name) or {}).get("value")
    return otherwise if found is None else found


def sooner(one: str, other: str) -> str:
    """The more urgent of two."""
    return min(one, other, key=SOONEST_FIRST.index)


def first_tasks(*, at_school: bool, harm_at_home: bool, with_adult: bool = False) -> list[str]:
    """What has to be done for a pupil once it was told; `at_school`: while pupils are there."""
    tasks = [CHECK, PARENTS]
    if at_school:
        tasks += [LEAVING]
        tasks += [] if with_adult else [STAY]
    else:
        tasks += [NEXT_DAY, CONTACT]
    return [*tasks, SOCIAL_CARE] if harm_at_home else tasks


def pupils_of(kind: str, pupils: Sequence[UUID | None]) -> Sequence[UUID | None]:
    """For which pupils a kind of task is set: for each; who it is, is asked of nobody known."""
    return (None,) if kind == UNMATCHED else pupils


def tasks_anew(*, at_school: bool) -> list[str]:
    """What has to be done once a closed one is taken up again."""
    return [CHECK, PARENTS] if at_school else [CHECK, PARENTS, NEXT_DAY, CONTACT]
