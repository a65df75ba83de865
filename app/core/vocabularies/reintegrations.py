"""The words for returns, absences and places."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_VERSION: Final = "2026-11-26"

ATTENDANCE_MARKS: Final = Vocabulary(
    "attendance_marks",
    "Whether a pupil was there at registration",
    version=_VERSION,
    terms=(
        Term("present", "Here"),
        Term("late", "Here, after registration"),
        Term("absent", "Not here"),
    ),
)

SANCTION_KINDS: Final = Vocabulary(
    "sanction_kinds",
    "How a pupil was kept from class or school",
    version=_VERSION,
    draft=True,
    terms=(
        Term("suspension", "Suspended"),
        Term("exclusion", "Excluded"),
        Term("sent_home", "Sent or collected home early"),
        Term("internal", "Kept apart within school"),
        Term("detention", "Detention"),
        Term("other_sanction", "Another sanction"),
    ),
)

SANCTION_LOOKS: Final = Vocabulary(
    "sanction_looks",
    "What a lead found about it",
    version=_VERSION,
    draft=True,
    terms=(
        Term("stands", "It stands, with a reason"),
        Term("changed", "It was changed"),
        Term("withdrawn", "It was taken back"),
    ),
)

SUPPORT_ANSWERS: Final = Vocabulary(
    "support_answers",
    "What a colleague says to an offer of support",
    version=_VERSION,
    draft=True,
    terms=(
        Term("accepted", "Yes please"),
        Term("not_now", "Not now"),
        Term("hand_over", "Please let somebody else go on with it"),
    ),
)

VOCABULARIES: Final = (ATTENDANCE_MARKS, SANCTION_KINDS, SANCTION_LOOKS, SUPPORT_ANSWERS)
