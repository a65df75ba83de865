"""The words for child groups and linked concerns."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_VERSION: Final = "2026-11-26"

CHILD_GROUP_KINDS: Final = Vocabulary(
    name="child_group_kinds",
    title="What children have in common",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
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

CHILD_GROUP_SOURCES: Final = Vocabulary(
    name="child_group_sources",
    title="Where a child group comes from",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("person", "Stated by a member of staff"),
        Term("roster", "Taken from the roster", notes="Says nothing until a person confirms it"),
        Term("relationship", "A relationship on the children's records"),
    ),
)

CHILD_GROUP_STATES: Final = Vocabulary(
    name="child_group_states",
    title="State of a child group",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("unconfirmed", "Not confirmed: links nothing"),
        Term("confirmed", "Confirmed by a person"),
        Term("ended", "Ended, with a reason"),
    ),
)

LINKED_CONCERN_STATES: Final = Vocabulary(
    name="linked_concern_states",
    title="State of linked concerns",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("open", "Linked concerns, please look together"),
        Term("looked_together", "Looked at together"),
        Term("dismissed", "Set aside, with a reason"),
    ),
)

LINK_KINDS: Final = Vocabulary(
    name="link_kinds",
    title="What linked concerns have in common",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("child_group", "A child group that a person confirmed"),
        Term("year_group", "One year group, by the roster"),
        Term("death", "A death in the community", notes="Somebody who may be affected by it"),
        Term("place", "One place on the site"),
        Term("named_content", "The same group, challenge or site was named"),
        Term("trust", "Another school of the trust was asked to look together too"),
    ),
)

OTHER_EXPLANATIONS: Final = Vocabulary(
    name="other_explanations",
    title="What else may explain it",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("small_numbers", "Small numbers: may be chance"),
        Term("calendar_note", "Something was on at school at the time"),
        Term("new_recorder", "Written down by somebody who is new here"),
        Term("same_author", "All written down by one person"),
    ),
)

LOOKING_SUGGESTIONS: Final = Vocabulary(
    name="looking_suggestions",
    title="What may be done next",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("record_joint_review", "Look together, with everybody who knows one of the children"),
        Term("call_public_health", "Telephone public health and ask what they think"),
        Term("tell_bereavement_owner", "Speak with the person who leads the work after the death"),
        Term("see_to_place", "Ask the premises team to see to the place, without a reason"),
        Term("teach_about_it", "Think about what pupils and parents are told about it"),
        Term("speak_by_phone", "Speak with the trust's safeguarding lead by phone"),
    ),
)

CALENDAR_NOTE_KINDS: Final = Vocabulary(
    name="calendar_note_kinds",
    title="What was on at school",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("lesson", "Lesson"),
        Term("assembly", "Assembly"),
        Term("exam", "Exams"),
        Term("results", "Results"),
        Term("anniversary", "Anniversary"),
        Term("awareness", "Awareness day or week"),
    ),
)

NAMED_CONTENT_KINDS: Final = Vocabulary(
    name="named_content_kinds",
    title="What was named",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
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
