"""What holds for every number and for any text at all."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.formats.identifiers import (
    UPN_ALPHABET,
    CheckedIdentifier,
    IdentifierProblem,
    check_laestab,
    check_nhs_number,
    check_uln,
    check_upn,
    check_urn,
    nhs_check_digit,
    upn_check_letter,
)

Check = Callable[[str], CheckedIdentifier | IdentifierProblem]

CHECKS: tuple[Check, ...] = (
    check_upn,
    check_nhs_number,
    check_uln,
    check_urn,
    check_laestab,
)

any_text = st.text(st.characters(exclude_categories=()))
nearly_a_number = st.text("0123456789 /-ABISZbisz\u0661\ufb00\u00df\ud800\x00", max_size=15)
digits = st.sampled_from("0123456789")
upn_bodies = st.builds(
    "{}{}".format,
    st.text("0123456789", min_size=11, max_size=11),
    st.sampled_from("0123456789" + UPN_ALPHABET),
)


@st.composite
def nhs_numbers(draw: st.DrawFn) -> str:
    body = draw(st.text("0123456789", min_size=9, max_size=9))
    check = nhs_check_digit(body)
    assume(check is not None)
    assume(len(set(f"{body}{check}")) > 1)
    return f"{body}{check}"


class TestAnyText:
    @pytest.mark.parametrize("check", CHECKS)
    @given(text=any_text | nearly_a_number)
    def test_never_raises_and_answers_twice_the_same(self, check: Check, text: str) -> None:
        answer = check(text)
        if isinstance(answer, CheckedIdentifier):
            assert answer.text.isascii()
            assert check(answer.text) == answer
            assert check(answer.display) == answer
        else:
            assert isinstance(answer, IdentifierProblem)


class TestUpn:
    @given(body=upn_bodies)
    def test_accepts_exactly_the_computed_letter(self, body: str) -> None:
        accepted = {
            letter
            for letter in UPN_ALPHABET
            if isinstance(check_upn(letter + body), CheckedIdentifier)
        }
        assert accepted == {upn_check_letter(body)}

    @given(body=upn_bodies, place=st.integers(0, 10), digit=digits)
    def test_refuses_a_number_with_one_digit_changed(
        self, body: str, place: int, digit: str
    ) -> None:
        assume(body[place] != digit)
        changed = body[:place] + digit + body[place + 1 :]
        answer = check_upn(upn_check_letter(body) + changed)
        assert answer is IdentifierProblem.UPN_CHECK_LETTER_WRONG

    @given(body=upn_bodies)
    def test_calls_a_number_temporary_when_it_ends_in_a_letter(self, body: str) -> None:
        answer = check_upn(upn_check_letter(body) + body)
        assert isinstance(answer, CheckedIdentifier)
        assert answer.temporary == (body[-1] in UPN_ALPHABET)


class TestNhsNumber:
    @given(number=nhs_numbers())
    def test_accepts_a_computed_number(self, number: str) -> None:
        answer = check_nhs_number(number)
        assert isinstance(answer, CheckedIdentifier)
        assert answer.display.replace(" ", "") == answer.text == number

    @given(number=nhs_numbers(), place=st.integers(0, 9), digit=digits)
    def test_refuses_a_number_with_one_digit_changed(
        self, number: str, place: int, digit: str
    ) -> None:
        assume(number[place] != digit)
        changed = number[:place] + digit + number[place + 1 :]
        assert check_nhs_number(changed) is IdentifierProblem.NHS_NUMBER_CHECK_DIGIT_WRONG

    @given(number=nhs_numbers(), place=st.integers(0, 8))
    def test_refuses_a_number_with_two_neighbours_swapped(self, number: str, place: int) -> None:
        assume(number[place] != number[place + 1])
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert check_nhs_number(swapped) is IdentifierProblem.NHS_NUMBER_CHECK_DIGIT_WRONG
