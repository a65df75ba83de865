"""The words for the pathway after self-harm or words about dying."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_draft = partial(Vocabulary, version="2026-11-26", draft=True)

SELF_HARM_KINDS: Final = _draft(
    "self_harm_kinds",
    "What was told, as it was told",
    terms=(
        Term("worry_without_words", "A worry that nobody has put into words"),
        Term("thoughts_of_self_harm", "Thoughts of self-harm"),
        Term("self_harm", "Self-harm"),
        Term("thoughts_of_suicide", "Thoughts of suicide"),
        Term("plan_or_preparation", "Plans or preparations to die"),
        Term("suicide_attempt", "A suicide attempt"),
    ),
)

SELF_HARM_MEANS: Final = _draft(
    "self_harm_means",
    "What it was, in one coarse word",
    terms=(
        Term("injury", "An injury"),
        Term("swallowed", "Something was swallowed", notes="Medical help now, even if well"),
        Term("other", "Something else"),
    ),
)

SELF_HARM_PLACES: Final = _draft(
    "self_harm_places",
    "Where it was",
    terms=(
        Term("home", "At home"),
        Term("school", "At school"),
        Term("journey", "On the way"),
        Term("online", "Online"),
        Term("elsewhere", "Elsewhere"),
    ),
)

MEDICAL_HELP: Final = _draft(
    "medical_help",
    "Medical help that was given",
    terms=(
        Term("none_needed", "None needed"),
        Term("first_aid", "First aid"),
        Term("nurse", "Nurse"),
        Term("gp", "General practitioner"),
        Term("emergency_dept", "Emergency department"),
        Term("ambulance", "Ambulance"),
        Term("refused", "Did not want it"),
    ),
)

ONLINE_PARTS: Final = _draft(
    "online_parts",
    "What was seen or sent online",
    terms=(
        Term("saw", "Saw something"),
        Term("posted", "Posted something"),
        Term("sent", "Sent something"),
        Term("threatened", "Was threatened"),
        Term("received", "Received something"),
    ),
)

LED_UP_TO: Final = _draft(
    "led_up_to",
    "What led up to it",
    terms=(
        Term("bullying", "Bullying"),
        Term("loss", "A loss"),
        Term("exam", "An exam"),
        Term("home", "Home"),
        Term("argument", "An argument"),
        Term("anniversary", "An anniversary"),
        Term("online", "Something online"),
        Term("other", "Something else"),
    ),
)

AWARE_ROLES: Final = _draft(
    "aware_roles",
    "Who else was there or knows of it",
    terms=(
        Term("friend", "A friend"),
        Term("other_pupil", "Another pupil"),
        Term("sibling", "A brother or sister"),
        Term("parent_carer", "A parent or carer"),
        Term("staff", "A member of staff"),
        Term("other", "Somebody else"),
    ),
)

PATHWAY_STATES: Final = _draft(
    "pathway_states",
    "Where the pathway stands",
    terms=(
        Term("noticed", "Noticed"),
        Term("with_adult", "With an adult"),
        Term("lead_told", "A lead has it"),
        Term("emergency", "Emergency: help is needed or was called"),
        Term("checked", "Somebody has spoken with the pupil"),
        Term("parents_decided", "Decided about telling parents"),
        Term("left_safely", "Left with somebody who is caring for them"),
        Term("stayed_with_plan", "In school, with a plan"),
        Term("followed", "Followed up"),
        Term("settled", "Settled"),
        Term("closed", "Closed"),
    ),
)

PATHWAY_STEPS: Final = _draft(
    "pathway_steps",
    "Steps of the pathway",
    terms=(
        *PATHWAY_STATES.terms,
        Term("new_event", "Something new was told"),
        Term("also_noted", "Something else was written about the pupil"),
        Term("kind_amended", "What was told was put right"),
        Term("no_answer", "Tried, nobody answered"),
        Term("not_seen", "Nobody could speak with the pupil", notes="Somebody has still to"),
        Term("without_adult", "Nobody is with the pupil now", notes="Somebody has to go to them"),
        Term("reopened", "Taken up again"),
    ),
)

EMERGENCY_REASONS: Final = _draft(
    "emergency_reasons",
    "Why emergency help was called",
    terms=(
        Term("swallowed", "Something was swallowed"),
        Term("serious_injury", "A serious injury"),
        Term("in_the_act", "It was happening"),
        Term("cannot_stay_safe", "Cannot stay safe"),
        Term("missing", "Missing after saying so"),
        Term("other", "Another reason"),
    ),
)

EMERGENCY_CALLS: Final = _draft(
    "emergency_calls",
    "Who was called",
    terms=(
        Term("ambulance", "Ambulance, 999"),
        Term("police", "Police, 999"),
        Term("emergency_dept", "Taken to an emergency department"),
        Term("nhs_111", "NHS 111"),
        Term("not_yet", "Nobody yet"),
        Term("other", "Somebody else"),
    ),
)

CONTACT_WAYS: Final = _draft(
    "contact_ways",
    "How somebody was in touch",
    terms=(
        Term("spoke_with_pupil", "Spoke with the pupil"),
        Term("spoke_with_family", "Spoke with the family"),
        Term("seen_by_health", "Health services have seen the pupil"),
        Term("no_answer", "Nobody answered", notes="Not a contact: somebody tries again"),
    ),
)

VOCABULARIES: Final[tuple[Vocabulary, ...]] = (
    SELF_HARM_KINDS,
    SELF_HARM_MEANS,
    SELF_HARM_PLACES,
    MEDICAL_HELP,
    ONLINE_PARTS,
    LED_UP_TO,
    AWARE_ROLES,
    PATHWAY_STATES,
    PATHWAY_STEPS,
    EMERGENCY_REASONS,
    EMERGENCY_CALLS,
    CONTACT_WAYS,
)
