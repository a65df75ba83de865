"""The words for checks, support notes and what parents were told."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_draft = partial(Vocabulary, version="2026-11-26", draft=True)
_SOURCE: Final = "Cairn"

CHECK_ACTIONS: Final = _draft(
    "safety_check_actions",
    "What follows from speaking with a pupil",
    source=_SOURCE,
    terms=(
        Term("emergency", "Call 999 or go to the emergency department"),
        Term("stay_with", "Somebody stays with the pupil"),
        Term("call_parents", "Speak with a parent or carer"),
        Term("call_social_care", "Speak with children's social care"),
        Term("call_mental_health", "Speak with the mental health service"),
        Term("gp", "See the family doctor"),
        Term("plan", "Make or read the safety plan"),
        Term("check_in", "Agree when somebody asks again"),
        Term("other", "Something else"),
    ),
)

ASKED_DIRECTLY: Final = _draft(
    "asked_directly",
    "Whether the pupil was asked plainly about suicide",
    source=_SOURCE,
    terms=(
        Term("yes", "Yes", notes="asking plainly does not put the thought there"),
        Term("not_yet", "Not yet, and why"),
        Term("not_appropriate", "Not right just now, and why"),
    ),
)

CHECK_WAYS: Final = _draft(
    "safety_check_ways",
    "How a pupil was asked and could answer",
    source=_SOURCE,
    terms=(
        Term("spoken", "Spoken"),
        Term("few_words", "In few and plain words"),
        Term("pictures", "With pictures"),
        Term("signs", "With signs or symbols"),
        Term("written", "Written or typed"),
        Term("drawn", "Drawn"),
    ),
)

CHECK_PICTURES: Final = _draft(
    "safety_check_pictures",
    "Simple pictures a pupil can point at",
    source="Cairn; each note is the picture itself, as a character",
    terms=(
        Term("all_right", "All right", notes="\U0001f642"),
        Term("sad", "Sad", notes="\U0001f622"),
        Term("scared", "Scared", notes="\U0001f628"),
        Term("angry", "Angry", notes="\U0001f620"),
        Term("tired", "Tired", notes="\U0001f634"),
        Term("unwell", "Unwell", notes="\U0001f912"),
        Term("too_loud", "Too loud", notes="\U0001f50a"),
        Term("alone", "On my own", notes="\U0001f9cd"),
        Term("friend", "A friend", notes="\U0001f91d"),
        Term("grown_up", "A grown-up", notes="\U0001f9d1"),
        Term("family", "Family", notes="\U0001f46a"),
        Term("home", "Home", notes="\U0001f3e0"),
        Term("school", "School", notes="\U0001f3eb"),
        Term("online", "Online", notes="\U0001f4f1"),
        Term("help", "I want help", notes="\U0001f64b"),
        Term("stop", "I want it to stop", notes="\u270b"),
        Term("yes", "Yes", notes="\U0001f44d"),
        Term("no", "No", notes="\U0001f44e"),
        Term("do_not_know", "I do not know", notes="\U0001f937"),
    ),
)

PARENTS_OUTCOMES: Final = _draft(
    "parents_outcomes",
    "What was decided about telling parents",
    source=_SOURCE,
    terms=(
        Term("told", "Told"),
        Term("not_told", "Not told"),
        Term("not_yet", "Not yet: looked at again by a day"),
    ),
)

PARENTS_ROWS: Final = _draft(
    "parents_rows",
    "What to think of before parents are told",
    source="Cairn: prompts for a person's judgement, never a decision",
    terms=(
        Term("row_1", "Danger now, or something was swallowed"),
        Term("row_2", "Thoughts of suicide or an attempt, home is safe"),
        Term("row_3", "Under 13, self-harm"),
        Term("row_4", "Aged 13 to 15, understands and asks for privacy"),
        Term("row_5", "Aged 16 or 17"),
        Term("row_6", "Home may be where the harm is, or telling may bring it"),
        Term("row_6b", "Something private lies behind it, nobody fears harm"),
        Term("row_7", "Parents live apart, or a court has ordered something"),
        Term("row_8", "Looked after by the local authority"),
        Term("row_9", "A parent says no to help or makes little of it"),
        Term("row_10", "A parent asks for everything that was written"),
        Term("row_11", "A friend's family asks about the other child"),
        Term("row_12", "The pupil asks that nobody be told"),
        Term("row_13", "The lead and the head see it differently"),
    ),
)

PARENTS_TO_WRITE: Final = _draft(
    "parents_to_write",
    "What is still to be written down about telling parents",
    source=_SOURCE,
    terms=(
        Term("told_whom", "Who was told, when and who told them"),
        Term("pupil_view", "What the pupil thinks of it"),
        Term("words_agreed", "The words agreed with the pupil"),
        Term("objection", "What the pupil said against it"),
        Term("justification", "Why they were told despite the objection"),
        Term("left_out", "What was left out"),
        Term("understanding", "What shows that the pupil understands"),
        Term("review_at", "By when it is looked at again"),
        Term("second_lead", "Which second lead looked at it"),
        Term("advice", "Whose advice was taken, and what it was"),
        Term("pupil_words", "The pupil's own words"),
        Term("orders_read", "Which court order was read"),
        Term("placement", "Who holds responsibility, as the placement papers say"),
        Term("refusal_words", "The parent's own words"),
        Term("items_decided", "What was decided about each thing asked for"),
        Term("request_and_answer", "What was asked, and what was answered"),
        Term("promise_words", "What the pupil was told about who must know"),
        Term("both_reasons", "The reasons of both"),
        Term("may_not_be_told", "Who may not be told, marked on the contact"),
    ),
)

WHY_NOT_OFFERED: Final = _draft(
    "why_not_offered",
    "Why somebody is not offered as the one to tell",
    source=_SOURCE,
    terms=(
        Term("may_not_be_told", "Somebody has decided that they may not be told"),
        Term("alleged_source_of_harm", "Said to be where the harm comes from"),
        Term("contact_not_allowed", "They may have no contact"),
        Term("court_order", "A court has ordered it"),
        Term("ended", "No longer a contact"),
        Term("unknown", "Not known to hold parental responsibility"),
        Term("restricted_person", "Has the name or address of somebody who may not be told"),
        Term("home_first", "Speak with social care first: home may not be safe"),
        Term("held_back_before", "An earlier decision named them as where harm may come from"),
        Term("pupil_said_not", "The pupil said that they must not know"),
        Term("professional", "Knows the child through their work"),
    ),
)

SHARING_EXCEPTION_STATES: Final = _draft(
    "sharing_exception_states",
    "Whether somebody may be told all the same",
    source=_SOURCE,
    terms=(
        Term("asked", "One person asks for it, a second has to agree"),
        Term("stands", "Two people agreed"),
        Term("over", "Its time is over"),
        Term("ended", "Ended by somebody"),
    ),
)

RECORD_KINDS: Final = _draft(
    "safety_record_kinds",
    "What a record of keeping a child safe is",
    source=_SOURCE,
    terms=(
        Term("safety_check", "What was asked and said"),
        Term("support_note", "What the school understands so far"),
        Term("parents_decision", "What parents know, and why"),
        Term("safety_plan", "Safety plan"),
        Term("support_plan", "Support plan"),
        Term("check_in", "A check-in"),
        Term("reintegration", "Coming back to school"),
        Term("safety_plan_review", "Safety plan, read again"),
        Term("safety_plan_end", "Safety plan, ended"),
        Term("support_plan_review", "Support plan, looked at again"),
        Term("support_plan_end", "Support plan, ended"),
        Term("sanction", "A sanction after what the pupil told"),
        Term("found_item", "Something that was found"),
        Term("home_safety_talk", "What was said at home about making it safer"),
        Term("missing_episode", "Missing: since when, and back"),
    ),
)

VOCABULARIES: Final = (
    RECORD_KINDS,
    CHECK_ACTIONS,
    CHECK_WAYS,
    CHECK_PICTURES,
    ASKED_DIRECTLY,
    PARENTS_OUTCOMES,
    PARENTS_ROWS,
    PARENTS_TO_WRITE,
    WHY_NOT_OFFERED,
    SHARING_EXCEPTION_STATES,
)
