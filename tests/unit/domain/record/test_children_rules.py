"""Pure decisions about children."""

from datetime import date
from typing import Any

import pytest

from app.core.vocabularies import codes
from app.domain.access.relationship_access.rules import RELATIONSHIP_CLASS
from app.domain.errors import ValidationFailed
from app.domain.record.children import rules as children_rules
from app.domain.record.children.rules import CHECKS, ONE_AT_A_TIME, name_tokens
from app.domain.record.contacts import rules as contacts_rules
from app.domain.record.contacts.rules import ContactFacts
from app.domain.record.relationships.rules import DIRECTED
from app.domain.record.statuses import rules as statuses_rules
from app.domain.record.statuses.rules import DEFAULT_CLASS, DETAIL_CODES, SEVERAL_AT_ONCE, Interval

TODAY = date(2026, 11, 20)


class TestEditDistance:
    @pytest.mark.parametrize(
        ("one", "other", "distance"),
        [
            ("smith", "smith", 0),
            ("smith", "smyth", 1),
            ("smith", "smiht", 1),
            ("smith", "smth", 1),
            ("smith", "smiith", 1),
            ("smyht", "smith", 2),
            ("", "abc", 3),
            ("abc", "", 3),
            ("ca", "abc", 3),
        ],
    )
    def test_counts_edits(self, one: str, other: str, distance: int) -> None:
        assert children_rules.edit_distance(one, other) == distance
        assert children_rules.edit_distance(other, one) == distance


class TestNeighbours:
    def test_allows_one_slip_in_a_short_word_and_two_in_a_long_one(self) -> None:
        assert children_rules.neighbours("smyht", ["smith", "smyth"]) == {"smyth": 1}
        assert children_rules.neighbours("alxeandr", ["alexander", "alexandria"]) == {
            "alexander": 2
        }

    def test_puts_the_nearest_first(self) -> None:
        found = children_rules.neighbours("katherin", ["kathryn", "katherine", "catherine"])
        assert list(found) == ["katherine", "catherine", "kathryn"]


class TestNameTokens:
    def test_folds_accents_joiners_and_hyphens(self) -> None:
        assert name_tokens("Zoë", "O\u2019Brien-Smith", None) == {"zoe", "obrien", "smith"}


def facts(**changed: Any) -> ContactFacts:
    values: dict[str, Any] = {
        "explicit": None,
        "explicit_reason": None,
        "alleged_source_of_harm": False,
        "contact_allowed": "unknown",
        "court_orders": [],
        "parental_responsibility": "yes",
        "ended": False,
    }
    return ContactFacts(**(values | changed))


ORDER = {"kind": "prohibited_steps", "ends_on": None, "forbids_telling": True}


class TestMayBeTold:
    @pytest.mark.parametrize(
        ("changed", "value", "reason"),
        [
            ({}, True, "parental_responsibility"),
            ({"parental_responsibility": "no"}, False, "unknown"),
            ({"parental_responsibility": "unknown"}, False, "unknown"),
            ({"alleged_source_of_harm": True}, False, "alleged_source_of_harm"),
            ({"contact_allowed": "no"}, False, "contact_not_allowed"),
            ({"court_orders": [ORDER]}, False, "court_order"),
            ({"court_orders": [ORDER | {"ends_on": "2026-11-20"}]}, False, "court_order"),
            (
                {"court_orders": [ORDER | {"ends_on": "2026-11-19"}]},
                True,
                "parental_responsibility",
            ),
            (
                {"court_orders": [ORDER | {"forbids_telling": False}]},
                True,
                "parental_responsibility",
            ),
            ({"ended": True}, False, "ended"),
            ({"ended": True, "explicit": True, "explicit_reason": "Their carer."}, False, "ended"),
        ],
    )
    def test_derives_the_answer(self, changed: dict[str, Any], value: bool, reason: str) -> None:
        told = contacts_rules.may_be_told(facts(**changed), TODAY)
        assert (told.value, told.derived, told.reason) == (value, True, reason)
        assert told.code == reason

    @pytest.mark.parametrize("explicit", [True, False])
    def test_lets_what_a_person_set_win(self, explicit: bool) -> None:
        told = contacts_rules.may_be_told(
            facts(explicit=explicit, explicit_reason="so agreed", alleged_source_of_harm=True),
            TODAY,
        )
        assert (told.value, told.derived, told.reason) == (explicit, False, "so agreed")
        assert told.code == "set_by_a_person"


class TestToldChanges:
    def test_needs_a_reason_beside_a_value(self) -> None:
        with pytest.raises(ValidationFailed) as refused:
            contacts_rules.told_changes({"may_be_told": False})
        assert refused.value.problems[0].pointer == "/may_be_told_reason"

    def test_refuses_a_reason_alone(self) -> None:
        with pytest.raises(ValidationFailed):
            contacts_rules.told_changes({"may_be_told_reason": "why"})

    def test_drops_the_reason_with_the_value(self) -> None:
        assert contacts_rules.told_changes({"may_be_told": None}) == {
            "may_be_told": None,
            "may_be_told_reason": None,
        }


def days(start: int, end: int | None) -> Interval:
    return Interval(date(2026, 1, start), None if end is None else date(2026, 1, end))


class TestStatuses:
    @pytest.mark.parametrize(
        ("new", "other", "shared"),
        [
            (days(1, 5), days(5, 9), False),
            (days(5, 9), days(1, 5), False),
            (days(1, 6), days(5, 9), True),
            (days(1, None), days(5, 9), True),
            (days(9, None), days(5, 9), False),
            (days(5, 9), days(1, None), True),
            (days(1, None), days(20, None), True),
        ],
    )
    def test_finds_days_that_two_intervals_share(
        self, new: Interval, other: Interval, shared: bool
    ) -> None:
        assert statuses_rules.overlap(new, other) is shared
        assert statuses_rules.may_stand_beside("looked_after", new, [other]) is not shared
        assert statuses_rules.may_stand_beside("court_order", new, [other])

    def test_gives_each_kind_a_class_of_its_own(self) -> None:
        assert statuses_rules.class_of_status("child_protection_plan", None) == "K4"
        assert statuses_rules.class_of_status("fsm", None) == "K2"
        assert statuses_rules.class_of_status("fsm", "K5") == "K5"
        tables = (DEFAULT_CLASS, DETAIL_CODES, SEVERAL_AT_ONCE)
        for table in tables:
            assert set(table) <= codes("child_status_kinds")

    @pytest.mark.parametrize(
        ("kind", "detail"), [("child_protection_plan", None), ("sen", "N"), ("young_carer", "x")]
    )
    def test_refuses_a_detail_that_is_no_code(self, kind: str, detail: str | None) -> None:
        with pytest.raises(ValidationFailed):
            statuses_rules.check_detail(kind, detail)

    def test_takes_any_line_where_a_kind_has_no_codes(self) -> None:
        statuses_rules.check_detail("early_help", "Family hub, since spring")
        statuses_rules.check_detail("early_help", None)


class TestIdentifiers:
    def test_keeps_the_normal_form(self) -> None:
        assert children_rules.checked_identifier("nhs_number", "943 476 5870").text == "9434765870"
        assert children_rules.checked_identifier("mis_id", "  A  17 ").text == "A 17"

    @pytest.mark.parametrize(
        ("system", "value", "pointer", "code"),
        [
            ("upn", "A801200005001", "/value", "upn_check_letter_wrong"),
            ("former_upn", "17", "/value", "upn_malformed"),
            ("nhs_number", "9434765871", "/value", "nhs_number_check_digit_wrong"),
            ("uln", "9276308687", "/value", "uln_check_digit_wrong"),
            ("urn", "123456", "/system", "not_of_a_child"),
        ],
    )
    def test_refuses_a_wrong_number(self, system: str, value: str, pointer: str, code: str) -> None:
        with pytest.raises(ValidationFailed) as refused:
            children_rules.checked_identifier(system, value)
        problem = refused.value.problems[0]
        assert (problem.pointer, problem.code) == (pointer, code)

    def test_lets_a_permanent_upn_replace_a_temporary_one_only(self) -> None:
        permanent = children_rules.checked_identifier("upn", "B801200005001")
        temporary = children_rules.checked_identifier("upn", "M80120000500A")
        children_rules.check_replacement(permanent, temporary.text)
        children_rules.check_replacement(temporary, None)
        with pytest.raises(ValidationFailed):
            children_rules.check_replacement(temporary, permanent.text)

    def test_knows_every_system_it_checks(self) -> None:
        assert set(CHECKS) | ONE_AT_A_TIME <= codes("identifier_systems")
        assert codes("relationship_kinds") >= DIRECTED
        assert set(RELATIONSHIP_CLASS) <= codes("relationship_kinds")


class TestOneEditAway:
    def test_holds_every_spelling_one_slip_away_and_no_other(self) -> None:
        near = children_rules.one_edit_away("ada")
        assert {"ad", "aad", "dada", "ida", "adaa"} <= near
        assert {children_rules.edit_distance("ada", spelling) for spelling in near} == {1}
