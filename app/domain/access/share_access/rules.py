"""Pure: which kinds of record of keeping a child safe may leave the school at all.

Another question than who sees one: it is about what is told to anybody outside, so a kind that
nobody thought of stays.
"""

from typing import Final

GOES: Final = frozenset(
    {
        "safety_check", "support_note", "parents_decision", "safety_plan", "safety_plan_review",
        "safety_plan_end", "support_plan", "support_plan_review", "support_plan_end", "check_in",
        "reintegration", "sanction", "found_item", "home_safety_talk", "missing_episode",
    }
)  # fmt: skip
"""Others stay: who supported a friend, why somebody may be affected by a death, and what was
linked with what are never told to anybody outside, not even as the line of a chronology."""
STAYS: Final = "stays_here"
WHY: Final = "Records of this kind stay with the school."


def goes(kind: str) -> bool:
    """Whether a kind of record can leave at all."""
    return kind in GOES
