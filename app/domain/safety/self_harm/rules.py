"""Pure rules of the pathway: its states, what each step ends and begins, and for which pupils."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.formats.calendars import SchoolCalendar

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

SETTLES_AFTER: Final = "sh.settle"
ALSO_KNOWN: Final = "sh.also_known"
"""Rules that say how long, and how far back."""

NEW_EVENT, ALSO_NOTED, KIND_AMENDED = "new_event", "also_noted", "kind_amended"
NO_ANSWER, NOT_SEEN, REOPENED = "no_answer", "not_seen", "reopened"
ALONE: Final = "without_adult"
"""The adult who was with the pupil had to go."""

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
"""What says, with emergency help, that the pupil is no longer in school, and who they are with."""

Pupil = UUID | None
UNMATCHED_PUPIL: Final = "unmatched"
"""In place of an id, where how far each pupil is is kept."""

OF_THE_REPORT: Final = frozenset(
    {
        NOTICED, LEAD_TOLD, ALSO_NOTED, KIND_AMENDED, REOPENED,
        CLOSED,
    }
)  # fmt: skip
"""Steps that are about the whole report, and name no pupil."""
OF_EVERYBODY: Final = OF_THE_REPORT | {ALONE, SETTLED}
"""Steps that mean the pupil nobody has matched yet, too, where nobody is named."""


def ends_of(step: str, details: Mapping[str, Any]) -> Sequence[str]:
    """What has been done once a step was taken.

    Calling for help leaves nobody alone: who is with the pupil, and who they leave with, is owed
    until somebody writes who went with them.
    """
    if step == EMERGENCY and not any(details.get(name) for name in GONE_WITH):
        return ()
    return ENDS.get(step, ())


def next_state(step: str, state: str) -> str:
    """The state after a step: no step takes the pathway back, but for danger, new events and

    a pupil who is alone again.
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
    """How far each of several is that nobody could tell apart when it was written down."""
    return state if PLACES[state] <= PLACES[EMERGENCY] else LEAD_TOLD


def step_of_check(details: Mapping[str, Any]) -> str:
    """Whether somebody has spoken with the pupil, or nobody could."""
    if details.get("check_id") is None and details.get("seen_by") is None:
        return NOT_SEEN
    return CHECKED


def step_of_adult(details: Mapping[str, Any]) -> str:
    """Whether an adult is with the pupil, or nobody is."""
    return ALONE if details.get("nobody") else WITH_ADULT


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


def tasks_again(*, at_school: bool) -> list[str]:
    """What has to be done once a closed one is taken up again."""
    return [CHECK, PARENTS] if at_school else [CHECK, PARENTS, NEXT_DAY, CONTACT]


# A pupil nobody has matched yet is `None`. A step that names nobody speaks
# of every pupil who is known, so that one sentence is enough; nobody speaks of the other unasked.
class Named(NamedTuple):
    """The named pupils that are in the report and where the others stand."""

    pupils: Sequence[Pupil]
    wrong: Sequence[int]


def named(pupils: Sequence[Pupil], stated: Sequence[Pupil]) -> Named:
    """Which of those that were stated are pupils of the report."""
    return Named(
        [item for item in dict.fromkeys(stated) if item in pupils],
        [index for index, item in enumerate(stated) if item not in pupils],
    )


def meant(step: str, pupils: Sequence[Pupil], stated: Sequence[Pupil] | None) -> list[Pupil]:
    """Who a step is about: those that were stated. Default: every pupil who is known."""
    if stated is not None:
        return list(stated)
    known: list[Pupil] = [pupil for pupil in pupils if pupil is not None]
    return known if known and step not in OF_EVERYBODY else list(pupils)


def kept_of(step: str, about: Sequence[Pupil]) -> list[Pupil] | None:
    """What is kept with a step about its pupils; None: the report as a whole."""
    return None if step in OF_THE_REPORT else list(about)


def states_of(state: str, apart: Mapping[str, str], pupils: Iterable[Pupil]) -> dict[Pupil, str]:
    """How far each pupil is; `apart` has those who are not where the pathway is."""
    return {pupil: apart.get(key(pupil), state) for pupil in pupils}


def states_after(
    step: str, states: Mapping[Pupil, str], about: Sequence[Pupil]
) -> dict[Pupil, str]:
    """How far each is after a step; help for an unknown pupil is help for all."""
    moved = {*states} if step == EMERGENCY and states.keys().isdisjoint(about) else {*about}
    return {
        item: next_state(step, state) if item in moved else state for item, state in states.items()
    }


def state_of_all(states: Mapping[Pupil, str]) -> str:
    """How far the pathway is: where one needs help now; otherwise as far as every pupil is."""
    if EMERGENCY in states.values():
        return EMERGENCY
    return min(states.values(), key=PLACES.__getitem__)


def apart_from(state: str, states: Mapping[Pupil, str]) -> dict[str, str]:
    """What is kept of how far each is: those who are not where the pathway is."""
    return {key(item): where for item, where in states.items() if where != state}


def key(pupil: Pupil) -> str:
    """A pupil as they are kept in JSON."""
    return UNMATCHED_PUPIL if pupil is None else str(pupil)


def standing(
    states: Mapping[Pupil, str], outstanding: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each pupil with how far they are and what is owed to them, soonest due first."""
    rows = sorted(outstanding, key=lambda item: str(item["due_at"]))
    return [
        {
            "child_id": pupil and str(pupil),
            "state": state,
            "owed": [
                {"kind": row["kind"], "due_at": row["due_at"]}
                for row in rows
                if row["kind"] in OWED and key(row["child_id"]) == key(pupil)
            ],
        }
        for pupil, state in states.items()
    ]


def is_at_school(calendar: SchoolCalendar, moment: datetime) -> bool:
    """Whether pupils are at school at a moment."""
    here = calendar.local(moment)
    return calendar.is_school_day(here.date()) and calendar.opens <= here.time() < calendar.closes
