"""Pure rules of a report about several pupils: whom a step means, and how far each of them is.

A pupil whom nobody has matched yet is `None`. Whoever says nothing about whom they mean speaks of
every pupil who is known, so that one sentence is enough; nobody speaks of the other unasked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.domain.safety.self_harm import rules

Pupil = UUID | None
UNMATCHED: Final = "unmatched"
"""In place of an id, where how far each pupil is is kept."""

OF_THE_REPORT: Final = frozenset(
    {
        rules.NOTICED, rules.LEAD_TOLD, rules.ALSO_NOTED, rules.KIND_AMENDED, rules.REOPENED,
        rules.CLOSED,
    }
)  # fmt: skip
"""Steps that are about the whole report, and name no pupil."""
OF_EVERYBODY: Final = OF_THE_REPORT | {rules.ALONE, rules.SETTLED}
"""Steps that mean also the pupil whom nobody has matched yet, where nobody is named."""
TAKEN_WHOEVER: Final = frozenset({rules.EMERGENCY, rules.ALONE})
"""Steps that ask somebody to come: an id that nobody knows holds none of them up."""


class Named(NamedTuple):
    """Of the pupils whom somebody named, those of the report and where the others stand."""

    pupils: Sequence[Pupil]
    wrong: Sequence[int]


def named(pupils: Sequence[Pupil], stated: Sequence[Pupil]) -> Named:
    """Which of those that were stated are pupils of the report."""
    return Named(
        [one for one in dict.fromkeys(stated) if one in pupils],
        [place for place, one in enumerate(stated) if one not in pupils],
    )


def meant(step: str, pupils: Sequence[Pupil], stated: Sequence[Pupil] | None) -> list[Pupil]:
    """Whom a step is about: those that were stated, else every pupil who is known."""
    if stated is not None:
        return list(stated)
    known: list[Pupil] = [one for one in pupils if one is not None]
    return known if known and step not in OF_EVERYBODY else list(pupils)


def kept_of(step: str, about: Sequence[Pupil]) -> list[Pupil] | None:
    """What is kept with a step of whom it was about; None of the report as a whole."""
    return None if step in OF_THE_REPORT else list(about)


def states_of(state: str, apart: Mapping[str, str], pupils: Iterable[Pupil]) -> dict[Pupil, str]:
    """How far each pupil is; `apart` has those who are not where the pathway is."""
    return {one: apart.get(key(one), state) for one in pupils}


def states_after(
    step: str, states: Mapping[Pupil, str], about: Sequence[Pupil]
) -> dict[Pupil, str]:
    """How far each is after a step; help that is needed by nobody knows whom is needed by all."""
    moved = {*states} if step == rules.EMERGENCY and states.keys().isdisjoint(about) else {*about}
    return {
        one: rules.next_state(step, state) if one in moved else state
        for one, state in states.items()
    }


def state_of_all(states: Mapping[Pupil, str]) -> str:
    """How far the pathway is: where one needs help now; else as far as every pupil is."""
    if rules.EMERGENCY in states.values():
        return rules.EMERGENCY
    return min(states.values(), key=rules.PLACES.__getitem__)


def apart_from(state: str, states: Mapping[Pupil, str]) -> dict[str, str]:
    """What is kept of how far each is: those who are not where the pathway is."""
    return {key(one): where for one, where in states.items() if where != state}


def key(pupil: Pupil) -> str:
    """A pupil as they are kept in JSON."""
    return UNMATCHED if pupil is None else str(pupil)


def standing(
    states: Mapping[Pupil, str], owed: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each pupil with how far they are and what is owed to them, soonest due first."""
    rows = sorted(owed, key=lambda one: str(one["due_at"]))
    return [
        {
            "child_id": pupil and str(pupil),
            "state": state,
            "owed": [
                {"kind": one["kind"], "due_at": one["due_at"]}
                for one in rows
                if one["kind"] in rules.OWED and key(one["child_id"]) == key(pupil)
            ],
        }
        for pupil, state in states.items()
    ]
