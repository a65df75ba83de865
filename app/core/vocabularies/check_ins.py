"""The words for support plans, check-ins and the support list."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_draft = partial(Vocabulary, version="2026-11-26", draft=True)

SUPPORT_LIST_REASONS: Final = _draft(
    "support_list_reasons",
    "Why a pupil is on the support list",
    terms=(
        Term("pathway", "Somebody is worried about their safety"),
        Term("plan_in_use", "A plan is in use"),
        Term("new_event", "Something new has happened"),
        Term("reintegration", "They have come back, or will"),
        Term("bereavement", "Somebody has died"),
        Term("hand_over", "Handed over by another adult or school"),
        Term("stated", "A lead has said why"),
    ),
)

CHECK_IN_HOWS: Final = _draft(
    "check_in_hows",
    "How a check-in went",
    terms=(
        Term("spoke", "We spoke"),
        Term("saw_only", "Seen, but we did not speak", notes="Not enough twice running"),
        Term("message", "We wrote to each other"),
        Term("absent", "The pupil was not in school", notes="A lead is told at once"),
        Term("declined", "The pupil did not want to talk today"),
    ),
)

CHECK_IN_STATES: Final = _draft(
    "check_in_states",
    "State of a check-in",
    terms=(
        Term("open", "To be done"),
        Term("done", "Done"),
        Term("declined", "Declined by the pupil"),
        Term("settled", "Missed, and a lead wrote what became of it"),
        Term("dropped", "Taken out when the plan was changed"),
    ),
)

CHECK_IN_OUTCOMES: Final = _draft(
    "check_in_outcomes",
    "What became of a missed check-in",
    terms=(
        Term("seen_later", "Somebody saw the pupil later"),
        Term("spoke_home", "Somebody spoke with home"),
        Term("not_needed", "Not needed, with a reason"),
    ),
)

VOCABULARIES: Final = (SUPPORT_LIST_REASONS, CHECK_IN_HOWS, CHECK_IN_STATES, CHECK_IN_OUTCOMES)
