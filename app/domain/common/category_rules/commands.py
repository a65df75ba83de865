"""Translate chosen categories to common codes: rules never see a school's own words."""

from collections.abc import Mapping
from typing import Any

from app.db.unit_of_work import UnitOfWork
from app.domain.common.category_rules.rules import OWN, Chosen, can_be_chosen, chosen
from app.domain.common.deadlines.commands import calendar_of
from app.domain.errors import FieldProblem, ValidationFailed


async def in_common_codes(work: UnitOfWork, named: Mapping[str, str]) -> Chosen:
    """Categories as they were chosen, by pointer, with the school's own words looked up.

    Raises `ValidationFailed` for a word that is not used here today.
    """
    codes = list(named.values())
    if not any(code.startswith(OWN) for code in codes):
        return chosen(codes, {})
    calendar = await calendar_of(work)
    own, today = calendar.own_categories, calendar.local(work.now).date()
    problems = [
        FieldProblem(pointer, *wrong)
        for pointer, code in named.items()
        if code.startswith(OWN)
        and (wrong := _wrong(own.get(code), usable=code in own and can_be_chosen(own[code], today)))
    ]
    if problems:
        raise ValidationFailed(problems=problems)
    return chosen(codes, own)


async def own_word(work: UnitOfWork, code: str) -> dict[str, Any] | None:
    """Find a word of the school's own, with its meaning; None if it is not in use today."""
    calendar = await calendar_of(work)
    word = calendar.own_categories.get(code)
    if word is None or not can_be_chosen(word, calendar.local(work.now).date()):
        return None
    return chosen([code], calendar.own_categories).words[0]


def _wrong(word: Mapping[str, Any] | None, *, usable: bool) -> tuple[str, str] | None:
    if word is None:
        return "unknown_category", "Cairn cannot find this category."
    if not usable:
        return "category_not_in_use", "The school does not use this word now."
    return None
