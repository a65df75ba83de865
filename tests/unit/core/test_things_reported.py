"""The short list of things reported, over the whole list of categories."""

from app.core.vocabularies.categories import CATEGORY_RULES, CONCERN_CATEGORIES
from app.core.vocabularies.things_reported import THINGS_REPORTED
from app.domain.common.category_rules.rules import following
from app.domain.record.concern_reports.rules import ask_next


class TestThingsReported:
    def test_are_about_fifteen_and_mean_known_categories(self) -> None:
        assert 12 <= len(THINGS_REPORTED.terms) <= 16
        for one in THINGS_REPORTED.terms:
            assert one.categories, one.code
            assert set(one.categories) <= CONCERN_CATEGORIES.codes, one.code

    def test_fit_a_button(self) -> None:
        assert all(len(one.label) <= 60 for one in THINGS_REPORTED.terms)

    def test_ask_each_at_most_once_and_never_what_is_asked_for_danger(self) -> None:
        for one in THINGS_REPORTED.terms:
            dangers = following(one.categories).questions
            asked = [q.text for q in ask_next(dangers, one.categories, [])]
            assert len(asked) == len(set(asked)), one.code
            assert (one.question in asked) == (one.question is not None), one.code

    def test_lose_no_disclosure_in_a_inbox(self) -> None:
        told = ("hurt_by_someone", "sexual_touching", "suicide_or_self_harm", "weapon_or_threat")
        for code in told:
            first = THINGS_REPORTED.by_code[code].categories[0]
            assert CATEGORY_RULES[first].told == "urgent", code
