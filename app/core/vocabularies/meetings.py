"""The words for meetings about a child."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_list = partial(Vocabulary, version="2026-11-29")

MEETING_KINDS: Final = _list(
    "meeting_kinds",
    "Kind of meeting",
    source="Working Together; Wales Safeguarding Procedures; Cairn",
    terms=(
        Term("strategy_discussion", "Strategy discussion", notes="May be held by phone"),
        Term("initial_conference", "Initial child protection conference"),
        Term("review_conference", "Review child protection conference"),
        Term("core_group", "Core group"),
        Term("child_in_need", "Child in need meeting", notes="Wales: care and support meeting"),
        Term("team_around_child", "Team around the child"),
        Term("looked_after_review", "Review of a looked-after child"),
        Term("school", "A meeting of the school's own"),
        Term("other", "Another meeting"),
    ),
)

MEETING_RESULTS: Final = _list(
    "meeting_results",
    "What a meeting decided, in one word",
    source="Working Together; Wales Safeguarding Procedures; Cairn",
    terms=(
        Term("enquiry_started", "An enquiry begins", notes="Section 47"),
        Term("no_enquiry", "No enquiry"),
        Term("plan_made", "A plan was made"),
        Term("plan_continues", "The plan goes on, as it is or changed"),
        Term("plan_ended", "The plan has ended"),
        Term("no_plan", "No plan"),
        Term("adjourned", "Adjourned", notes="It counts as not held yet"),
        Term("other", "Something else"),
    ),
)

MEETING_ATTENDANCE: Final = _list(
    "meeting_attendance",
    "Whether a person came to a meeting",
    terms=(
        Term("came", "Came, or joined the call"),
        Term("sent_apologies", "Sent apologies"),
        Term("did_not_come", "Did not come"),
        Term("not_told", "Was not told of it"),
    ),
)

MEETING_STATES: Final = _list(
    "meeting_states",
    "State of a meeting",
    terms=(
        Term("planned", "Planned"),
        Term("held", "Held"),
        Term("cancelled", "Cancelled, with a reason"),
    ),
)

VOCABULARIES: Final = (MEETING_KINDS, MEETING_RESULTS, MEETING_ATTENDANCE, MEETING_STATES)
