"""What guards telling home: every row of the table, what lifts it, and who may lift it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.ids import new_id
from app.core.vocabularies.categories import CATEGORY_RULES
from app.domain.sharing.parents_guards.rules import (
    ADVICE,
    BLOCKED,
    BY_ROW,
    REASON,
    SECOND,
    WHY,
    ConcernFacts,
    Guard,
    HomeFacts,
    Word,
    before_items,
    guards,
    held,
    marks,
    of_item,
    readable,
    to_response,
)

ALL = (ADVICE, REASON, SECOND)
WAITS = (BLOCKED, REASON, SECOND)
NEVER_FIRST = sorted(
    code for code, rule in CATEGORY_RULES.items() if rule.parents == "never_first"
)  # fmt: skip
MOTHER, FATHER = new_id(), new_id()


def now() -> datetime:
    return clock.now()


def a_concern(*categories: str, **fields: Any) -> ConcernFacts:
    return ConcernFacts(new_id(), categories or ("bullying",), **fields)


def found(*concerns: ConcernFacts, contact: Any = MOTHER, **home: Any) -> list[Guard]:
    return guards(HomeFacts(concerns, **home), contact, now())


def needs(*concerns: ConcernFacts, **more: Any) -> dict[str, tuple[str, ...]]:
    return {one.code: one.needs for one in found(*concerns, **more)}


def a_word(
    adviser: str = "social_care", says: str = "tell", *, hours: int = 1, **fields: Any
) -> Word:
    """Something that was said some hours ago."""
    return Word(adviser, says, now() - timedelta(hours=hours), **fields)


class TestRows:
    """The rows of the table of guards, in its order."""

    @pytest.mark.parametrize(
        "category",
        ["fgm_disclosed_or_seen", "fgm_risk", "breast_ironing", "virginity_testing",
         "forced_marriage", "marriage_under_18", "honour_based_abuse", "faith_or_belief_abuse"],
    )  # fmt: skip
    def test_honour_and_travel(self, category: str) -> None:
        assert needs(a_concern(category)) == {"could_endanger": ALL}

    @pytest.mark.parametrize("category", ["fabricated_or_induced_illness", "sexual_abuse"])
    def test_evidence(self, category: str) -> None:
        assert needs(a_concern(category)) == {"harm_or_evidence": ALL}

    @pytest.mark.parametrize("source", ["parent_carer", "other_family"])
    def test_harm_by_family(self, source: str) -> None:
        assert needs(a_concern("physical_abuse", source=source)) == {"harm_at_home": ALL}

    @pytest.mark.parametrize("where", [{"context": "home"}, {"place": " Home "}])
    @pytest.mark.parametrize("source", [None, "not_known"])
    def test_harm_at_home(self, where: dict[str, str], source: str | None) -> None:
        concern = a_concern("physical_abuse", source=source, **where)
        assert needs(concern) == {"harm_at_home": ALL}

    @pytest.mark.parametrize("source", ["peer_other", "self", "online_unknown", "staff"])
    def test_no_harm_by_home_at_home(self, source: str) -> None:
        assert needs(a_concern("bullying", source=source, context="home")) == {}

    @pytest.mark.parametrize(
        ("known", "held_back"),
        [
            ({}, True),
            ({"source": "not_known", "place": " "}, True),
            ({"place": "Playground"}, False),
            ({"context": "online"}, False),
            ({"source": "peer"}, False),
        ],
    )
    def test_a_child_hurt_by_somebody_and_nobody_knows_where(
        self, known: dict[str, str], held_back: bool
    ) -> None:
        concern = a_concern("physical_abuse_disclosure", **known)
        assert ("harm_at_home" in needs(concern)) is held_back
        assert "harm_at_home" not in needs(a_concern("unexplained_injury", **known))

    def test_self_harm_at_home_says_nothing_of_home(self) -> None:
        assert needs(a_concern("self_harm", context="home")) == {}
        assert needs(a_concern("self_harm", source="parent_carer")) == {"harm_at_home": ALL}

    @pytest.mark.parametrize("category", ["neglect", "young_carer", "low_mood_anxiety"])
    def test_what_home_is_told_of_as_a_rule_needs_somebody_named(self, category: str) -> None:
        assert needs(a_concern(category, context="home")) == {}
        assert needs(a_concern(category, source="parent_carer")) == {"harm_at_home": ALL}

    def test_level_four_before_the_referral(self) -> None:
        assert needs(a_concern("physical_abuse", level=4)) == {"no_referral": ALL}
        assert needs(a_concern("physical_abuse", level=4, is_referred=True)) == {}
        assert needs(a_concern("physical_abuse", level=3)) == {}

    @pytest.mark.parametrize("adviser", ["social_care", "police"])
    def test_asked_to_wait(self, adviser: str) -> None:
        until = now() + timedelta(days=2)
        (guard,) = found(a_concern(words=[a_word(adviser, "wait", until=until)]))
        assert (guard.code, guard.needs, guard.until) == ("asked_to_wait", WAITS, until)
        assert needs(a_concern(words=[a_word(adviser, "wait")])) == {"asked_to_wait": WAITS}
        over = a_word(adviser, "wait", until=now() - timedelta(minutes=1))
        assert needs(a_concern(words=[over])) == {}

    def test_an_enquiry(self) -> None:
        since = now() - timedelta(days=1)
        assert needs(a_concern(enquiry_since=since)) == {"enquiry_open": WAITS}

    def test_domestic_abuse(self) -> None:
        """Whoever is not feared hears of it after a second look; any other after advice."""
        feared = a_concern("domestic_abuse", feared={FATHER}, decided={FATHER})
        assert needs(feared, contact=FATHER) == {"domestic_abuse": ALL}
        assert needs(feared, contact=MOTHER) == {"domestic_abuse": (REASON, SECOND)}
        assert needs(feared, contact=None) == {"domestic_abuse": ALL}
        assert needs(a_concern("domestic_abuse")) == {"domestic_abuse": ALL}
        of_another = a_concern("domestic_abuse", feared={FATHER})
        assert needs(of_another, contact=MOTHER) == {"domestic_abuse": ALL}
        sibling = replace(feared, of_sibling=True)
        assert needs(sibling, contact=MOTHER) == {"domestic_abuse": ALL}

    @pytest.mark.parametrize("category", ["harmful_sexual_behaviour", "nudes_semi_nudes"])
    def test_two_families(self, category: str) -> None:
        assert needs(a_concern(category, children=2)) == {"two_families": ()}
        assert held(found(a_concern(category, children=2)), reason=False, second=False) == []

    def test_what_the_child_said(self) -> None:
        said = found(check_id=new_id(), is_afraid=True, asked_for_privacy=True)
        assert {one.code: one.needs for one in said} == {
            "afraid_of_home": ALL, "asked_for_privacy": (REASON,)
        }  # fmt: skip
        assert marks(said) == [said[0].mark]

    def test_an_adult_who_works_with_children(self) -> None:
        assert needs(a_concern("adult_concern")) == {"adult_named": ALL}
        officer = a_concern("adult_concern", words=[a_word("lado")])
        assert held(found(officer), reason=True, second=True) == []
        assert held(found(a_concern("fgm_risk", words=[a_word("lado")])), reason=True, second=True)

    def test_a_school_can_ask_for_more(self) -> None:
        own = {"neglect": {"parents": "never_first"}}
        assert needs(a_concern("neglect")) == {}
        assert needs(a_concern("neglect"), own=own) == {"school_rule": ALL}

    @pytest.mark.parametrize(
        "categories", [("neglect", "medical_dental"), ("medical_dental", "neglect")]
    )
    def test_of_one_row_the_strictest_holds(self, categories: tuple[str, str]) -> None:
        own = {"medical_dental": {"parents": "never_first"}}
        assert needs(a_concern(*categories), own=own) == {"school_rule": ALL}


class TestSweep:
    def test_has_every_category_of_which_home_is_never_told_first(self) -> None:
        rows = {CATEGORY_RULES[code].id for code in NEVER_FIRST}
        assert rows == BY_ROW.keys()
        assert len(NEVER_FIRST) > len(rows)

    @pytest.mark.parametrize("category", NEVER_FIRST)
    @pytest.mark.parametrize("contact", [MOTHER, None])
    def test_needs_advice_a_reason_and_a_second_person(self, category: str, contact: Any) -> None:
        (guard,) = found(a_concern(category), contact=contact)
        for reason, second in ((True, False), (False, True), (True, True)):
            assert guard.missing(reason=reason, second=second), "advice is missing"
        advised = replace(guard, is_advised=True)
        assert advised.missing(reason=True, second=False) == [SECOND]
        assert advised.missing(reason=False, second=True) == [REASON]
        assert advised.missing(reason=True, second=True) == []

    @pytest.mark.parametrize("code", [*WHY])
    def test_every_guard_says_why_in_a_sentence(self, code: str) -> None:
        shown = to_response(Guard(code, ALL, new_id()), "01632 960999")
        assert shown["reason"].endswith(".")
        assert shown["suggestion"].endswith(".")


class TestAdvice:
    @pytest.mark.parametrize("adviser", ["social_care", "police"])
    def test_is_the_word_of_those_who_may_give_it(self, adviser: str) -> None:
        assert not held(found(a_concern("fgm_risk", words=[a_word(adviser)])), reason=True,
                        second=True)  # fmt: skip

    @pytest.mark.parametrize("adviser", ["legal", "other", "employer", "lado"])
    def test_is_no_word_of_others(self, adviser: str) -> None:
        (guard,) = found(a_concern("fgm_risk", words=[a_word(adviser)]))
        assert guard.missing(reason=True, second=True) == [ADVICE]

    def test_does_not_outlive_a_correction(self) -> None:
        (guard,) = found(a_concern("fgm_risk", words=[a_word(stands=False)]))
        assert guard.missing(reason=True, second=True) == [ADVICE]

    def test_is_of_the_very_concern(self) -> None:
        other = a_concern("bullying", words=[a_word()])
        (guard,) = found(other, a_concern("fgm_risk"))
        assert guard.missing(reason=True, second=True) == [ADVICE]


class TestWaits:
    def test_are_ended_by_those_who_asked_alone(self) -> None:
        asked = a_word("police", "wait", hours=5)
        assert "asked_to_wait" in needs(a_concern(words=[asked, a_word("social_care", hours=1)]))
        assert needs(a_concern(words=[asked, a_word("police", hours=1)])) == {}
        assert "asked_to_wait" in needs(a_concern(words=[asked, a_word("police", hours=9)]))

    def test_are_not_put_right_away(self) -> None:
        """A correction of the record does not take back that somebody asked to wait."""
        assert "asked_to_wait" in needs(a_concern(words=[a_word("police", "wait", stands=False)]))

    def test_of_which_the_time_is_over_leave_the_advice_to_be_asked_for(self) -> None:
        over = a_word("social_care", "wait", until=now() - timedelta(hours=1), hours=9)
        (guard,) = found(a_concern("fgm_risk", words=[over]))
        assert guard.missing(reason=True, second=True) == [ADVICE]

    @pytest.mark.parametrize(("hours", "open_"), [(1, False), (30, True)])
    def test_an_enquiry_ends_by_a_word_given_since(self, hours: int, open_: bool) -> None:
        since = now() - timedelta(hours=10)
        for adviser in ("social_care", "police"):
            concern = a_concern(enquiry_since=since, words=[a_word(adviser, hours=hours)])
            assert ("enquiry_open" in needs(concern)) is open_
        other = a_concern(enquiry_since=since, words=[a_word("legal")])
        assert "enquiry_open" in needs(other)


class TestTold:
    def test_calls_social_care_with_the_number_of_the_hour(self) -> None:
        guard = Guard("could_endanger", ALL, new_id())
        assert to_response(guard, "01632 960999")["suggestion"] == (
            "Call children's social care before you tell home: 01632 960999."
        )
        assert to_response(guard, None)["suggestion"] == (
            "Call children's social care before you tell home."
        )

    def test_says_nothing_of_what_the_reader_may_not_read(self) -> None:
        concern = a_concern("forced_marriage", is_seen=False, words=[a_word("police", "wait")])
        (guard,) = readable(found(concern))
        shown = to_response(guard, None)
        assert (shown["code"], shown["concern_id"], shown["until"]) == ("not_shown", None, None)
        assert "marriage" not in str(shown)

    def test_has_one_form_for_all_that_the_reader_may_not_read(self) -> None:
        """Whatever it needs, whether somebody has advised, and whatever else there is of it."""
        hidden: dict[str, dict[str, Any]] = {
            "enquiry": {"enquiry_since": now()},
            "wait": {"words": [a_word("police", "wait", until=now() + timedelta(hours=9))]},
            "advised": {"source": "parent_carer", "words": [a_word()]},
            "level": {"level": 4},
            "several": {"level": 4, "children": 2},
        }
        forms = {
            name: readable(found(a_concern(is_seen=False, **more))) for name, more in hidden.items()
        }
        forms["privacy"] = readable(found(asked_for_privacy=True, privacy_seen=False))
        (first, *others) = forms.values()
        assert [one.code for one in first] == ["not_shown"]
        assert first[0].missing(reason=True, second=True) == [ADVICE]
        assert all(one == first for one in others), forms

    def test_leaves_out_what_the_reader_may_not_read_and_needs_nothing(self) -> None:
        concern = a_concern(children=2)
        assert [one.code for one in readable(found(concern))] == ["two_families"]
        assert readable(found(replace(concern, is_seen=False))) == []

    def test_is_marked_alike_for_every_reader(self) -> None:
        concern = a_concern("forced_marriage")
        assert marks(found(concern)) == marks(found(replace(concern, is_seen=False)))


class TestItems:
    def test_add_what_is_of_them_to_what_guards_all(self) -> None:
        item = new_id()
        open_one = a_concern("fgm_risk", items=[item])
        ended = a_concern("sexual_abuse", is_beside=False, items=[item])
        of_sibling = a_concern("domestic_abuse", of_sibling=True, items=[item])
        facts = HomeFacts([open_one, ended, of_sibling], is_afraid=True)
        assert {one.code for one in guards(before_items(facts), MOTHER, now())} == {
            "could_endanger", "domestic_abuse", "afraid_of_home",
        }  # fmt: skip
        assert {one.code for one in guards(of_item(facts, item), MOTHER, now())} == {
            "could_endanger", "harm_or_evidence",
        }  # fmt: skip
        assert guards(of_item(facts, new_id()), MOTHER, now()) == []

    def test_lend_no_advice_to_what_guards_all(self) -> None:
        """An ended concern that somebody advised on counts only where it goes."""
        ended = a_concern(is_beside=False, words=[a_word()])
        facts = HomeFacts([ended], is_afraid=True)
        (guard,) = guards(before_items(facts), MOTHER, now())
        assert guard.missing(reason=True, second=True) == [ADVICE]
