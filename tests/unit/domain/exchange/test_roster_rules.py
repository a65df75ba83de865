"""Rules of a roster that need no database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.exchange.roster import rules
from app.domain.exchange.roster.rules import Figures, Hold, School

ONE, TWO = School("a", "Ash"), School("b", "Beech")


class TestChooseSchool:
    def test_takes_the_only_school(self) -> None:
        choice = rules.choose_school([ONE], None)
        assert (choice.school, choice.only) == (ONE, True)

    def test_never_guesses_between_two(self) -> None:
        choice = rules.choose_school([ONE, TWO], None)
        assert (choice.school, choice.code) == (None, "organisation_choice_needed")
        assert choice.options == (ONE, TWO)

    def test_takes_the_one_that_is_wanted(self) -> None:
        choice = rules.choose_school([ONE, TWO], "b")
        assert (choice.school, choice.only) == (TWO, False)

    def test_refuses_one_that_is_not_there(self) -> None:
        assert rules.choose_school([ONE], "z").code == "organisation_unknown"

    def test_has_nothing_to_choose_in_an_empty_file(self) -> None:
        assert rules.choose_school([], None).code == "nothing_to_import"


class TestWhyHeld:
    @pytest.mark.parametrize(
        ("on_roll", "leaving", "held"),
        [(10, 5, False), (10, 6, True), (100, 10, False), (100, 11, True), (1000, 100, False)],
    )
    def test_counts_leavers(self, on_roll: int, leaving: int, held: bool) -> None:
        found = rules.why_held(Figures(on_roll, leaving, 0, 0), {})
        assert found == ([Hold("too_many_leavers", leaving, on_roll, 10)] if held else [])

    @pytest.mark.parametrize(("numbers", "replaced", "held"), [(100, 10, False), (100, 11, True)])
    def test_counts_replaced_identifiers(self, numbers: int, replaced: int, held: bool) -> None:
        found = rules.why_held(Figures(100, 0, numbers, replaced), {})
        assert found == ([Hold("too_many_identifiers", replaced, numbers, 10)] if held else [])

    @pytest.mark.parametrize(("accounts", "replaced", "held"), [(0, 0, False), (100, 11, True)])
    def test_counts_replaced_accounts_by_themselves(
        self, accounts: int, replaced: int, held: bool
    ) -> None:
        found = rules.why_held(Figures(100, 0, 1000, 0, accounts, replaced), {})
        assert found == ([Hold("too_many_accounts", replaced, accounts, 10)] if held else [])

    def test_takes_the_percentages_of_the_school(self) -> None:
        figures = Figures(100, 20, 100, 20)
        settings = {"roster_leaving_percent": 20, "roster_identifier_percent": 5}
        assert [one.code for one in rules.why_held(figures, settings)] == ["too_many_identifiers"]


class TestYearGroup:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            (("07",), "7"), (("7",), "7"), (("Year 7",), "7"), (("Year  11",), "11"),
            (("y3",), "3"), (("R",), "R"), (("Reception",), "R"), (("KG",), "KG"),
            (("Nursery 2",), "Nursery 2"), (("00",), "0"), (("7", "8"), "7"), ((), None),
        ],
    )  # fmt: skip
    def test_is_read(self, sent: tuple[str, ...], kept: str | None) -> None:
        assert rules.year_group(sent) == kept

    @given(st.text(max_size=400))
    def test_is_never_too_long(self, word: str) -> None:
        assert len(rules.year_group([word]) or "") <= 60


class TestPeople:
    def test_choose_the_pupil_among_roles(self) -> None:
        assert rules.chosen_role(["teacher", "student", "parent"]) == "student"
        assert rules.chosen_role(["janitor"]) is None

    @pytest.mark.parametrize("text", ["", None, "nobody", "a@b c", "a@", "@b", "a@b@c"])
    def test_need_a_usable_address(self, text: str | None) -> None:
        assert rules.usable_address(text) is None

    def test_are_born_before_today(self) -> None:
        today = date(2026, 11, 25)
        assert rules.likely_birth_date(today, today)
        assert not rules.likely_birth_date(date(2026, 11, 26), today)
        assert not rules.likely_birth_date(date(1989, 12, 31), today)
        assert rules.likely_birth_date(None, today)


class TestSentences:
    def test_are_there_for_every_code_of_a_hold_or_refusal(self) -> None:
        own = (
            "organisation_choice_needed", "organisation_unknown", "nothing_to_import",
            "too_many_leavers", "too_many_identifiers", "users_unreadable", "failed",
        )  # fmt: skip
        assert all(rules.sentence(code) == rules.SENTENCES[code] for code in own)
        assert rules.sentence("file.pdf").startswith("The file is a PDF. Cairn reads")
