"""Categories that people at this school may choose today."""

from typing import Any

from app.core.vocabularies.categories import CONCERN_CATEGORIES
from app.core.vocabularies.terms import DRAFT
from app.core.words import Permission
from app.db.reading import Reading
from app.db.repositories.duty import calendars
from app.domain import policy
from app.domain.common.category_rules.rules import can_be_chosen
from app.domain.common.deadlines.commands import calendar_from


async def list_categories(reading: Reading) -> list[dict[str, Any]]:
    """The school's own words that are in use, then the common categories."""
    policy.require(reading.actor, Permission.CONCERN_RAISE)
    current = await calendars.current(reading.driver, reading.actor.school_id)
    calendar = calendar_from(current["number"], current["nation"], current["content"])
    today = calendar.local(reading.now).date()
    own = [
        {"code": code, "label": word["label"], "own": True, "parent": None,
         "categories": word["categories"], "vocabulary_status": None}
        for code, word in calendar.own_categories.items()
        if can_be_chosen(word, today)
    ]  # fmt: skip
    common = [
        {
            "code": term.code,
            "label": term.label,
            "own": False,
            "parent": term.parent,
            "categories": [term.code],
            "vocabulary_status": DRAFT if CONCERN_CATEGORIES.draft else None,
        }
        for term in CONCERN_CATEGORIES.terms
    ]
    return [*sorted(own, key=lambda item: item["label"].casefold()), *common]
