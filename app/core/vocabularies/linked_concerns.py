"""The words for child groups and linked concerns."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_draft = partial(Vocabulary, version="2026-11-26", draft=True)

CHILD_GROUP_KINDS: Final = _draft(
    "child_group_kinds",
    "What children have in common",
    terms=(
        Term("friend", "Friends"),
        Term("sibling", "Brothers, sisters or one family"),
        Term("class", "Taught in one class"),
        Term("team", "In one team"),
        Term("club", "In one club"),
        Term("form", "In one form or registration group"),
        Term("bus", "Travel together"),
        Term("online_group", "In one group online"),
        Term("other", "Something else", notes="Links nothing by itself"),
    ),
)

CHILD_GROUP_SOURCES: Final = _draft(
    "child_group_sources",
    "Where a child group comes from",
    terms=(
        Term("person", "Stated by a member of staff"),
        Term("roster", "Taken from the roster", notes="Says nothing until a person confirms it"),
        Term("relationship", "A relationship on the children's records"),
    ),
)

CHILD_GROUP_STATES: Final = _draft(
    "child_group_states",
    "State of a child group",
    terms=(
        Term("unconfirmed", "Not confirmed: links nothing"),
        Term("confirmed", "Confirmed by a person"),
        Term("ended", "Ended, with a reason"),
    ),
)

LINKED_CONCERN_STATES: Final = _draft(
    "linked_concern_states",
    "State of linked concerns",
    terms=(
        Term("open", "Linked concerns, please look together"),
        Term("looked_together", "Looked at together"),
        Term("dismissed", "Set aside, with a reason"),
    ),
)

LINK_KINDS: Final = _draft(
    "link_kinds",
    "What linked concerns have in common",
    terms=(
        Term("child_group", "A child group that a person confirmed"),
        Term("year_group", "One year group, by the roster"),
        Term("death", "A death in the community", notes="Somebody who may be affected by it"),
        Term("place", "One place on the site"),
        Term("named_content", "The same group, challenge or site was named"),
        Term("trust", "Another school of the trust was asked to look together too"),
    ),
)

OTHER_EXPLANATIONS: Final = _draft(
    "other_explanations",
    "What else may explain it",
    terms=(
        Term("small_numbers", "Small numbers: may be chance"),
        Term("calendar_note", "Something was on at school at the time"),
        Term("new_recorder", "Written down by somebody who is new here"),
        Term("same_author", "All written down by one person"),
    ),
)

LOOKING_SUGGESTIONS: Final = _draft(
    "looking_suggestions",
    "What may be done next",
    terms=(
        Term("record_joint_review", "Look together, with everybody who knows one of the children"),
        Term("call_public_health", "Phone public health and ask what they think"),
        Term("tell_bereavement_owner", "Speak with the person who leads the work after the death"),
        Term("see_to_place", "Ask the premises team to see to the place, without a reason"),
        Term("teach_about_it", "Think about what pupils and parents are told about it"),
        Term("speak_by_phone", "Speak with the trust's safeguarding lead by phone"),
    ),
)

CALENDAR_NOTE_KINDS: Final = _draft(
    "calendar_note_kinds",
    "What was on at school",
    terms=(
        Term("lesson", "Lesson"),
        Term("assembly", "Assembly"),
        Term("exam", "Exams"),
        Term("results", "Results"),
        Term("anniversary", "Anniversary"),
        Term("awareness", "Awareness day or week"),
    ),
)

NAMED_CONTENT_KINDS: Final = _draft(
    "named_content_kinds",
    "What was named",
    terms=(
        Term("online_group", "A group online"),
        Term("challenge", "A challenge"),
        Term("site", "A site or an app"),
    ),
)

VOCABULARIES: Final[tuple[Vocabulary, ...]] = (
    CHILD_GROUP_KINDS,
    CHILD_GROUP_SOURCES,
    CHILD_GROUP_STATES,
    LINKED_CONCERN_STATES,
    LINK_KINDS,
    OTHER_EXPLANATIONS,
    LOOKING_SUGGESTIONS,
    CALENDAR_NOTE_KINDS,
    NAMED_CONTENT_KINDS,
)
