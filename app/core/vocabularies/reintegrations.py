"""The words for returns, absences and places."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_list = partial(Vocabulary, version="2026-11-26")

ATTENDANCE_MARKS: Final = _list(
    "attendance_marks",
    "Whether a pupil was there at registration",
    terms=(
        Term("present", "Here"),
        Term("late", "Here, after registration"),
        Term("absent", "Not here"),
    ),
)

SANCTION_KINDS: Final = _list(
    "sanction_kinds",
    "How a pupil was kept from class or school",
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

SANCTION_LOOKS: Final = _list(
    "sanction_looks",
    "What a lead found about it",
    draft=True,
    terms=(
        Term("stands", "It stands, with a reason"),
        Term("changed", "It was changed"),
        Term("withdrawn", "It was taken back"),
    ),
)

SUPPORT_ANSWERS: Final = _list(
    "support_answers",
    "What a colleague says to an offer of support",
    draft=True,
    terms=(
        Term("accepted", "Yes please"),
        Term("not_now", "Not now"),
        Term("hand_over", "Please let somebody else go on with it"),
    ),
)

VOCABULARIES: Final = (ATTENDANCE_MARKS, SANCTION_KINDS, SANCTION_LOOKS, SUPPORT_ANSWERS)
