"""Who a report that names nobody may mean, and how a mark reads in words."""

import pytest

from app.domain.adults.allegations import rules
from app.domain.common.category_rules.rules import following, is_about_adult


@pytest.mark.parametrize(
    ("categories", "kind"),
    [
        (["low_level"], "low_level"), (["low_level", "physical_abuse"], "not_sure"),
        (["adult_concern"], "not_sure"), (["low_level", "allegation_harm_threshold"], "allegation"),
    ],
)  # fmt: skip
def test_the_kind_is_low_level_only_where_nothing_else_is_said(
    categories: list[str], kind: str
) -> None:
    assert rules.kind_of(categories) == kind


def test_what_is_said_first_sends_nobody_to_a_lead() -> None:
    follows = following(["adult_concern", "sexual_abuse_disclosure", "fgm_risk", "not_sure"])
    said = " ".join(follows.first("wales", "Tell the head."))
    assert "lead" not in said
    assert "Social services are told within 24 hours." in said
    assert "Tell the head." in " ".join(following(["low_level"]).first("england", "Tell the head."))


def test_unknown_categories_stay_with_the_leads() -> None:
    assert not is_about_adult(["nothing_known", "not_sure"])
    assert is_about_adult(["bullying", "visitor_or_community_user"])


def test_a_mark_says_where_it_is_and_how_it_looks() -> None:
    mark = {
        "region": "forearm_outer_l", "view": "front", "size_mm": 30, "colour": None, "shape": None,
        "explanation": "His hand.", "details": {"painful": True, "swelling": False},
    }  # fmt: skip
    found = rules.mark_in_words(mark)
    assert found.endswith(": His hand.")
    assert "30 mm" in found
    assert "painful, not swelling" in found
