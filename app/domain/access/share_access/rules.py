"""Pure rules on which kinds of safety record may leave the school.

This differs from who sees one: it is about informing anyone outside, so an unlisted kind stays.
"""

from typing import Final

GOES: Final = frozenset(
    {
        "safety_check", "support_note", "parents_decision", "safety_plan", "safety_plan_review",
        "safety_plan_end", "support_plan", "support_plan_review", "support_plan_end", "check_in",
        "reintegration", "sanction", "found_item", "home_safety_talk", "missing_episode",
    }
)  # fmt: skip
"""Kinds that may leave.

All others stay: who supported a friend, why a death may affect someone, and links between records
are never given to anyone outside, not even as a line of a chronology.
"""
STAYS: Final = "stays_here"
WHY: Final = "Records of this kind stay with the school."


def goes(kind: str) -> bool:
    """Whether a kind of record can leave."""
    return kind in GOES
