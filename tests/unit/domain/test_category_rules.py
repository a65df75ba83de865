"""What follows from several categories, and what a school can make stricter."""

import itertools
import re
from pathlib import Path

import pytest

import app
from app.core.vocabularies import category_rules as table
from app.core.vocabularies.categories import CATEGORY_RULES, CONCERN_CATEGORIES
from app.core.vocabularies.terms import Term
from app.domain.common.category_rules import rules
from app.domain.common.category_rules.rules import following

LEAD = "Tell a lead."


URGENCY = Path(app.__file__).parents[1] / "docs/urgency.md"


class TestTheTable:
    def test_is_documented_with_its_version_and_its_first_day(self) -> None:
        first_day = f"{table.HOLDS_FROM.day} {table.HOLDS_FROM:%B %Y}"
        text = " ".join(URGENCY.read_text().split())
        assert f"version {table.VERSION}, in force from {first_day}" in text

    def test_names_every_category_once(self) -> None:
        assert CATEGORY_RULES.keys() == CONCERN_CATEGORIES.codes

    @pytest.mark.parametrize(
        ("terms", "said"),
        [
            ([Term("brand_new", "New")], "stands in no row"),
            ([], "there are no categories"),
        ],
    )
    def test_refuses_a_gap(self, terms: list[Term], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            table.rules_by_code([*(terms and CONCERN_CATEGORIES.terms), *terms])

    @pytest.mark.parametrize("code", sorted(CONCERN_CATEGORIES.codes))
    def test_says_what_to_do_and_what_never(self, code: str) -> None:
        rule = CATEGORY_RULES[code]
        assert rule.never
        assert rule.say or rule.id == "self_harm", "the pathway has words of its own"
        assert rule.source
        if rule.immediacy == "immediate_danger":
            assert rule.told == "urgent"
        for said in (*rule.say, *rule.ask, *rule.never, *rule.say_in_wales):
            assert said[-1] in ".?"
        if rule.sooner:
            assert rule.sooner.endswith("?")


class TestSeveral:
    def test_give_the_strictest_of_each(self) -> None:
        found = following(["bullying", "domestic_abuse", "weapon_threat"])
        assert (found.immediacy, found.told, found.parents) == (
            "immediate_danger", "urgent", "never_first",
        )  # fmt: skip
        assert [row.id for row in found.rows] == ["serious_violence", "domestic_abuse", "bullying"]
        assert found.tells_head

    def test_of_none_or_an_unknown_one_are_not_routine(self) -> None:
        for categories in ([], ["not_sure"], ["of_our_own"]):
            assert (following(categories).immediacy, following(categories).told) == (
                "today", "urgent",
            )  # fmt: skip

    def test_say_danger_first_where_there_is_danger(self) -> None:
        assert following(["weapon_threat"]).first("england", LEAD)[:2] == [rules.DANGER_NOW, LEAD]
        today = following(["cce"]).first("england", LEAD)
        assert today[0] == rules.DANGER
        assert LEAD not in following(["bullying"]).first("england", LEAD)

    def test_ask_how_soon_once_and_not_where_it_is_known(self) -> None:
        assert len(following(["cce", "county_lines"]).questions) == 1
        assert following(["cce", "weapon_threat"]).questions == []

    @pytest.mark.parametrize(
        ("code", "harm_from", "immediacy"),
        [
            ("sexual_abuse_disclosure", "parent_carer", "immediate_danger"),
            ("sexual_abuse_disclosure", "peer_in_school", "today"),
            ("sexual_abuse_disclosure", None, "today"),
            ("nutrition", "parent_carer", "routine"),
        ],
    )
    def test_of_sexual_abuse_at_home_do_not_send_a_child_home_unseen(
        self, code: str, harm_from: str | None, immediacy: str
    ) -> None:
        assert following([code], harm_from=harm_from).immediacy == immediacy

    def test_follow_the_nation(self) -> None:
        fgm = following(["fgm_disclosed_or_seen"])
        assert any("Education Workforce Council" in one for one in fgm.first("wales", LEAD))
        assert not any("Education Workforce" in one for one in fgm.first("england", LEAD))

    def test_of_a_child_who_told_say_to_listen(self) -> None:
        assert rules.HEAR in following(["bullying"]).first("england", LEAD, rules.CHILD_TOLD)
        assert rules.HEAR not in following(["bullying"]).first("england", LEAD, "other")


ASKS = re.compile(r"\b(ask|listen)\b", re.IGNORECASE)
ONE_OF_EACH = sorted({rule.id: code for code, rule in CATEGORY_RULES.items()}.values())
"""A category for each row of the table."""


@pytest.mark.parametrize("nation", ["england", "wales", "scotland", "northern_ireland"])
class TestAReceipt:
    """Read from the top by an adult who is with the child."""

    def read(self, nation: str, *categories: str) -> None:
        """Nothing in it says the opposite of a line before, or says a thing twice."""
        found = following(categories)
        for source in (rules.CHILD_TOLD, None):
            lines = found.first(nation, LEAD, source)
            if found.no_questions:
                place = lines.index(rules.NO_QUESTIONS)
                after = [one for one in lines[place + 1 :] if ASKS.search(one)]
                assert after == [], "the child is asked nothing more"
                assert not any("ask" in one.lower().split() for one in lines[:place])
            if rules.HEAR in lines and found.immediacy != "immediate_danger":
                assert lines.index(rules.HEAR) <= 1, "the child comes first"
            dangers = [one for one in lines if one in (rules.DANGER, rules.DANGER_NOW)]
            assert dangers == lines[: len(dangers)]
            assert len(dangers) == (found.is_urgent or found.is_about_adult)
            assert not {*lines} & {*found.never}

    @pytest.mark.parametrize("code", sorted(CONCERN_CATEGORIES.codes))
    def test_of_each_category_contradicts_itself_nowhere(self, nation: str, code: str) -> None:
        self.read(nation, code)

    def test_of_two_rows_contradicts_itself_nowhere(self, nation: str) -> None:
        for one, other in itertools.combinations(ONE_OF_EACH, 2):
            self.read(nation, one, other)


OWN = {"bullying": {"immediacy": "today", "told": "urgent", "parents": "decide"}}


class TestASchoolsOwn:
    def test_is_stricter(self) -> None:
        found = following(["bullying"], OWN)
        assert (found.immediacy, found.told, found.parents) == ("today", "urgent", "decide")
        assert following(["cyberbullying"], OWN).immediacy == "routine"
        assert rules.loosened(OWN) == []

    def test_that_is_less_strict_is_found_and_does_nothing(self) -> None:
        own = {"cce": {"immediacy": "routine", "told": "inbox", "parents": "yes"}}
        assert rules.loosened(own) == [("cce", "immediacy"), ("cce", "told"), ("cce", "parents")]
        assert following(["cce"], own) == following(["cce"])

    def test_makes_nothing_that_was_sent_less_urgent(self) -> None:
        assert rules.immediacy_of(following(["bullying"]), "immediate_danger") == "immediate_danger"
        assert rules.immediacy_of(following(["weapon_threat"]), "routine") == "immediate_danger"
