"""Which records of keeping a child safe can leave the school, and what of one is told outside."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.domain.sharing.leaving.plans import plan_content_for

PLAN: Final = "safety_plan"
FAMILY: Final = "family"
"""The audience of a share with a parent or the child."""
GOES: Final = frozenset(
    {
        "safety_check", "support_note", "parents_decision", PLAN, "safety_plan_review",
        "safety_plan_end", "support_plan", "support_plan_review", "support_plan_end", "check_in",
        "reintegration", "sanction", "found_item", "home_safety_talk",
    }
)  # fmt: skip
"""All others stay: who supported a friend, why somebody may be affected by a death, and what was
linked with what are never told to anybody outside."""
STAY: Final = frozenset({"friend_support"})
"""Kinds that are known, and of which not even the line of a chronology leaves."""
ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
STAYS: Final = "stays_here"
WHY: Final = "Records of this kind stay with the school."


def goes(kind: str) -> bool:
    """Whether a kind of record can leave at all."""
    return kind in GOES


def told(
    kind: str, content: Mapping[str, Any], audience: str, person: Callable[[str], Any]
) -> dict[str, Any]:
    """What is told of a record: of a plan as its own rules say, and no id of anything.

    `person` tells of a member of staff by the id, None for any other id.
    """
    found = dict(content)
    if kind == PLAN:
        found = plan_content_for(content, "parent" if audience == FAMILY else audience)
    without: dict[str, Any] = _without_ids(found, person)
    return without


def _without_ids(value: Any, person: Callable[[str], Any]) -> Any:
    """Ids mean nothing elsewhere, and lead to others here; staff are told by name instead."""
    if isinstance(value, Mapping):
        kept = {
            name: _without_ids(one, person)
            for name, one in value.items()
            if name != "id" and not name.endswith(("_id", "_ids"))
        }
        people = {
            name.removesuffix("_id"): person(one)
            for name, one in value.items()
            if name.endswith("_id") and isinstance(one, str) and person(one) is not None
        }
        return {**people, **kept}
    if isinstance(value, list | tuple):
        return [_without_ids(one, person) for one in value]
    return value
