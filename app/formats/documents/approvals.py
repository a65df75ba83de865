"""Who approved what left the school, and when: said as it was, never guessed."""

from collections.abc import Mapping
from typing import Any

from app.formats.documents.words import Words

Fact = tuple[str, object]


def approval_facts(words: Words, about: Mapping[str, Any], *, by_rule: bool = False) -> list[Fact]:
    """Approval and making of some frozen content, from what the printer knows of it.

    `approval` of `about` has `at`, `by` and `before_sending`; nothing there says only when the
    content was made. `by_rule` is for content that is never frozen before it was approved.
    """
    made = words.moment(about.get("made_at"))
    approval = about.get("approval")
    if not isinstance(approval, Mapping):
        return [(words("approved" if by_rule else "made"), made)]
    by = words("by", name=approval["by"]) if approval.get("by") and not words.family else ""
    at = words.moment(approval["at"]) if approval.get("at") else None
    if approval.get("before_sending"):
        return [(words("approved"), f"{at or made}{by}")]
    text = words("sent_before_reviewed", at=at, by=by) if at else words("sent_before")
    return [(words("approval"), text), (words("made"), made)]


def is_unapproved(about: Mapping[str, Any]) -> bool:
    """Whether it is known to have gone before anybody approved it."""
    approval = about.get("approval")
    return isinstance(approval, Mapping) and not approval.get("before_sending")
