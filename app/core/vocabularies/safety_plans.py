"""The words for safety plans: steps in labels of our own, as a pupil says them.

The method of writing down, together and beforehand, what helps step by step is known from
Stanley and Brown (2012); their form is theirs, and none of its wording is used here.
"""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_draft = partial(Vocabulary, version="2026-11-26", draft=True)

STEPS: Final = _draft(
    "safety_plan_steps",
    "Parts of a safety plan, in the order in which they are read",
    terms=(
        Term("signs", "How I know it is getting hard"),
        Term("alone", "What I can do by myself"),
        Term("company", "People and places that take my mind off it"),
        Term("helpers", "People I can ask for help"),
        Term("services", "Professionals and helplines"),
        Term("safer_space", "Making things safer"),
        Term("hold_on_to", "What I hold on to"),
        Term("at_school", "What helps me at school"),
        Term("not_helpful", "Please do not"),
    ),
)

STATES: Final = _draft(
    "safety_plan_states",
    "State of a version of a safety plan",
    terms=(
        Term("draft", "Being written"),
        Term("agreed", "Agreed, not yet in use"),
        Term("in_use", "In use"),
        Term("under_review", "In use, under review"),
        Term("replaced", "Replaced by a newer version"),
        Term("ended", "Ended, with a reason"),
    ),
)

MADE_WITH: Final = _draft(
    "safety_plan_made_with",
    "The pupil's part in writing it",
    terms=(
        Term("pupil_led", "The pupil wrote it or said what to write"),
        Term("joint", "Written together"),
        Term("not_yet", "Not with the pupil yet, with the reason why"),
    ),
)

FORMATS: Final = _draft(
    "safety_plan_formats",
    "How the pupil's copy tells it",
    terms=(
        Term("words", "In words"),
        Term("pictures", "In pictures"),
        Term("audio_note", "Spoken, kept by the pupil"),
    ),
)

COPIES: Final = _draft(
    "safety_plan_copies",
    "Kind of copy",
    terms=(
        Term("paper", "On paper"),
        Term("card", "Small card"),
        Term("digital", "On a device"),
    ),
)

HOLDERS: Final = _draft(
    "safety_plan_holders",
    "Who has a copy",
    terms=(
        Term("pupil", "The pupil"),
        Term("family", "Somebody of the family"),
        Term("helper", "A helper named in the plan"),
        Term("staff", "A member of staff"),
        Term("health", "A health professional"),
        Term("other", "Somebody else"),
    ),
)

PLACES: Final = _draft(
    "safety_plan_places",
    "Where something is made safer",
    terms=(Term("home", "At home"), Term("school", "At school"), Term("online", "Online")),
)

PICTURES: Final = _draft(
    "safety_plan_pictures",
    "Simple pictures for a plan",
    source="Cairn; each note is the picture itself, as a character",
    terms=(
        Term("music", "Music", notes="\U0001f3b5"),
        Term("walk", "A walk", notes="\U0001f6b6"),
        Term("outdoors", "Outdoors", notes="\U0001f333"),
        Term("dog", "A dog", notes="\U0001f415"),
        Term("cat", "A cat", notes="\U0001f408"),
        Term("toy", "Something to hold", notes="\U0001f9f8"),
        Term("drawing", "Drawing", notes="\U0001f3a8"),
        Term("reading", "Reading", notes="\U0001f4d6"),
        Term("game", "A game", notes="\U0001f3ae"),
        Term("sport", "Sport", notes="\u26bd"),
        Term("warm_drink", "A warm drink", notes="\U0001f375"),
        Term("shower", "A shower", notes="\U0001f6bf"),
        Term("sleep", "A rest", notes="\U0001f634"),
        Term("hug", "A hug", notes="\U0001fac2"),
        Term("phone", "Call somebody", notes="\U0001f4de"),
        Term("family", "Family", notes="\U0001f46a"),
        Term("friend", "A friend", notes="\U0001f91d"),
        Term("home", "Home", notes="\U0001f3e0"),
        Term("school", "School", notes="\U0001f3eb"),
    ),
)

VOCABULARIES: Final = (STEPS, STATES, MADE_WITH, FORMATS, COPIES, HOLDERS, PLACES, PICTURES)
