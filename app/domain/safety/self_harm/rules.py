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
"""Position of each state. Steps come in any order; none requires another first."""
LATE_STATES: Final = frozenset({LEFT_SAFELY, STAYED_WITH_PLAN, SETTLED, CLOSED})
"""States from which something new resumes the pathway; earlier ones say more than `followed`."""

SETTLES_AFTER: Final = "sh.settle"
ALSO_KNOWN: Final = "sh.also_known"
"""Rules for how long, and how far back."""

NEW_EVENT, ALSO_NOTED, KIND_AMENDED = "new_event", "also_noted", "kind_amended"
NO_ANSWER, NOT_SEEN, REOPENED = "no_answer", "not_seen", "reopened"
ALONE: Final = "without_adult"
"""The adult who was with the pupil had to go."""

STAY, CHECK, PARENTS, LEAVING = "sh_stay", "sh_check", "sh_parents", "sh_leaving"
SOCIAL_CARE, NEXT_DAY, CONTACT = "sh_social_care", "sh_next_day", "sh_contact_48"
HEALTH: Final = "sh_health"
"""Task to speak with a health service, if a check leads to it."""
UNMATCHED, PLAN_REVIEW = "child_unmatched", "sh_plan_review"
COLLECT: Final = "collect_by_adult"
"""Reception's task: the pupil leaves with an adult; it gives no reason."""
OF_PATHWAY: Final = frozenset(
    {STAY, CHECK, PARENTS, LEAVING, SOCIAL_CARE, HEALTH, NEXT_DAY, CONTACT, PLAN_REVIEW}
)

OWED: Final = OF_PATHWAY | {UNMATCHED}
"""Tasks that can be due for a pupil, each separately."""
CALLS: Final = frozenset({NEXT_DAY, CONTACT})
"""Tasks of someone who is asked to be in touch."""
BEFORE_SETTLING: Final = (OF_PATHWAY - {PLAN_REVIEW}) | {UNMATCHED}
"""Tasks for the pupil that have to be done before settling."""
BEFORE_LEAVING: Final = frozenset({CHECK, PARENTS, LEAVING})
"""While one of these is open, it is not known that the pupil can leave alone."""

ENDS: Final[Mapping[str, Sequence[str]]] = {
    WITH_ADULT: (STAY,),
    EMERGENCY: (STAY, LEAVING, COLLECT),
    CHECKED: (CHECK,),
    PARENTS_DECIDED: (PARENTS,),
    LEFT_SAFELY: (STAY, LEAVING, COLLECT),
    STAYED_WITH_PLAN: (STAY,),
}
"""Tasks that each step completes."""
BEGINS: Final[Mapping[str, Sequence[str]]] = {
    ALONE: (STAY,),
    EMERGENCY: (NEXT_DAY, CONTACT),
    LEFT_SAFELY: (NEXT_DAY, CONTACT),
}
"""Tasks that each step sets."""
GONE_WITH: Final = ("went_with", "where_to")
"""Details of emergency help that show who is with the pupil outside school."""

Pupil = UUID | None
UNMATCHED_PUPIL: Final = "unmatched"
"""Replaces an ID where each pupil's state is saved."""

OF_THE_REPORT: Final = frozenset(
    {
        NOTICED, LEAD_TOLD, ALSO_NOTED, KIND_AMENDED, REOPENED,
        CLOSED,
    }
)  # fmt: skip
"""Steps that are about the whole report, and name no pupil."""
OF_EVERYBODY: Final = OF_THE_REPORT | {ALONE, SETTLED}
"""Steps that also include an unmatched pupil if nobody is named."""


def ends_of(step: str, details: Mapping[str, Any]) -> Sequence[str]:
    """Tasks that a step completes.

    A call for help does not end who is with the pupil, nor who they leave with, until someone
    records who went with them.
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
    """State of a pupil after a merge of two reports about them.

    An emergency stays, and settled ones are followed again.
    """
    if other == EMERGENCY:
        return EMERGENCY
    still = other not in (None, SETTLED, CLOSED)
    return FOLLOWED if still and state == SETTLED else state


def state_of_one_of_several(state: str) -> str:
    """State of each of several pupils who could not be told apart at the time."""
    return state if PLACES[state] <= PLACES[EMERGENCY] else LEAD_TOLD


def step_of_check(details: Mapping[str, Any]) -> str:
    """Whether someone has spoken with the pupil, or nobody could."""
    if details.get("check_id") is None and details.get("seen_by") is None:
        return NOT_SEEN
    return CHECKED


def step_of_adult(details: Mapping[str, Any]) -> str:
    """Whether an adult is with the pupil, or nobody is."""
    return ALONE if details.get("nobody") else WITH_ADULT


def first_tasks(*, at_school: bool, harm_at_home: bool, with_adult: bool = False) -> list[str]:
    """Tasks for a pupil after a disclosure; `at_school`: while pupils are there."""
    tasks = [CHECK, PARENTS]
    if at_school:
        tasks += [LEAVING]
        tasks += [] if with_adult else [STAY]
    else:
        tasks += [NEXT_DAY, CONTACT]
    return [*tasks, SOCIAL_CARE] if harm_at_home else tasks


def pupils_of(kind: str, pupils: Sequence[UUID | None]) -> Sequence[UUID | None]:
    """Pupils who get a kind of task: each; the task to identify a pupil has none."""
    return (None,) if kind == UNMATCHED else pupils


def tasks_again(*, at_school: bool) -> list[str]:
    """Tasks after a closed pathway resumes."""
    return [CHECK, PARENTS] if at_school else [CHECK, PARENTS, NEXT_DAY, CONTACT]


# An unmatched pupil is `None`. A step without names is about
# every known pupil, so that one sentence is enough; the unmatched one has to be named.
class Named(NamedTuple):
    """The named pupils that are in the report and where the others stand."""

    pupils: Sequence[Pupil]
    wrong: Sequence[int]


def named(pupils: Sequence[Pupil], stated: Sequence[Pupil]) -> Named:
    """Split the stated pupils into those of the report and the positions of others."""
    return Named(
        [item for item in dict.fromkeys(stated) if item in pupils],
        [index for index, item in enumerate(stated) if item not in pupils],
    )


def meant(step: str, pupils: Sequence[Pupil], stated: Sequence[Pupil] | None) -> list[Pupil]:
    """Pupils of a step: those stated. Default: every known pupil."""
    if stated is not None:
        return list(stated)
    known: list[Pupil] = [pupil for pupil in pupils if pupil is not None]
    return known if known and step not in OF_EVERYBODY else list(pupils)


def kept_of(step: str, about: Sequence[Pupil]) -> list[Pupil] | None:
    """Pupils to save with a step; None: the report as a whole."""
    return None if step in OF_THE_REPORT else list(about)


def states_of(state: str, apart: Mapping[str, str], pupils: Iterable[Pupil]) -> dict[Pupil, str]:
    """State of each pupil; `apart` holds those whose state differs from the pathway's."""
    return {pupil: apart.get(key(pupil), state) for pupil in pupils}


def states_after(
    step: str, states: Mapping[Pupil, str], about: Sequence[Pupil]
) -> dict[Pupil, str]:
    """State of each pupil after a step; help for an unknown pupil is help for all."""
    moved = {*states} if step == EMERGENCY and states.keys().isdisjoint(about) else {*about}
    return {
        item: next_state(step, state) if item in moved else state for item, state in states.items()
    }


def state_of_all(states: Mapping[Pupil, str]) -> str:
    """State of the pathway: emergency if one pupil needs help now, or that of the last pupil."""
    if EMERGENCY in states.values():
        return EMERGENCY
    return min(states.values(), key=PLACES.__getitem__)


def apart_from(state: str, states: Mapping[Pupil, str]) -> dict[str, str]:
    """States to save: of pupils whose state differs from the pathway's."""
    return {key(item): where for item, where in states.items() if where != state}


def key(pupil: Pupil) -> str:
    """A pupil as they are kept in JSON."""
    return UNMATCHED_PUPIL if pupil is None else str(pupil)


def standing(
    states: Mapping[Pupil, str], outstanding: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each pupil with their state and open tasks, soonest due first."""
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
