"""The published examples of each number, right and wrong."""

import pytest

from app.formats.identifiers import (
    AUTHORITY_CODES,
    CheckedIdentifier,
    IdentifierProblem,
    IdentifierWarning,
    check_laestab,
    check_nhs_number,
    check_uln,
    check_upn,
    check_urn,
    nhs_check_digit,
    upn_check_letter,
)


def _accepted(answer: CheckedIdentifier | IdentifierProblem) -> CheckedIdentifier:
    assert isinstance(answer, CheckedIdentifier), answer
    return answer


class TestUpn:
    @pytest.mark.parametrize(
        "upn",
        [
            "B801200005001",
            "A950000178301",
            "H243278544154",
            "P207000016049",
            "B301299926001",
            "Q301299926002",
        ],
    )
    def test_accepts_a_permanent_number(self, upn: str) -> None:
        checked = _accepted(check_upn(upn))
        assert checked.text == checked.display == upn
        assert not checked.temporary

    def test_marks_a_temporary_number(self) -> None:
        assert _accepted(check_upn("M80120000500A")).temporary

    def test_ignores_case_and_white_space(self) -> None:
        assert _accepted(check_upn(" b801 2000 05001\n")).text == "B801200005001"

    @pytest.mark.parametrize("upn", ["A801200005001", "R247962919251", "Q207000016049"])
    def test_refuses_a_wrong_check_letter(self, upn: str) -> None:
        assert check_upn(upn) is IdentifierProblem.UPN_CHECK_LETTER_WRONG

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "B80120000500",
            "B8012000050011",
            "I801200005001",
            "O801200005001",
            "S801200005001",
            "M80120000500I",
            "M80120000500S",
            "8801200005001",
            "B801200005A01",
            "B80120000500\u0661",
            "B801200005001\x00",
        ],
    )
    def test_refuses_another_shape(self, text: str) -> None:
        assert check_upn(text) is IdentifierProblem.UPN_MALFORMED

    def test_warns_of_an_unknown_authority_and_accepts(self) -> None:
        body = "999000178301"
        checked = _accepted(check_upn(upn_check_letter(body) + body))
        assert checked.warnings == (IdentifierWarning.AUTHORITY_UNKNOWN,)

    def test_does_not_warn_of_a_known_authority(self) -> None:
        assert _accepted(check_upn("B801200005001")).warnings == ()

    def test_refuses_to_compute_a_letter_for_another_shape(self) -> None:
        with pytest.raises(ValueError, match="11 digits"):
            upn_check_letter("80120000500")


class TestAuthorityCodes:
    @pytest.mark.parametrize("code", ["001", "005", "201", "420", "816", "896", "940", "941"])
    def test_holds_single_codes_and_both_ends_of_ranges(self, code: str) -> None:
        assert code in AUTHORITY_CODES

    @pytest.mark.parametrize("code", ["000", "006", "214", "421", "804", "817", "897", "942"])
    def test_holds_nothing_beside_them(self, code: str) -> None:
        assert code not in AUTHORITY_CODES


class TestNhsNumber:
    def test_accepts_a_number_and_shows_it_in_groups(self) -> None:
        checked = _accepted(check_nhs_number("9434765870"))
        assert (checked.text, checked.display) == ("9434765870", "943 476 5870")
        assert checked.warnings == ()

    @pytest.mark.parametrize("text", ["943 476 5870", " 943\u00a0476\u00a05870 "])
    def test_accepts_spaces(self, text: str) -> None:
        assert _accepted(check_nhs_number(text)).text == "9434765870"

    @pytest.mark.parametrize(
        "number", ["9991001379", "9991004114", "9991006850", "9991008225", "9991009590"]
    )
    def test_warns_of_a_number_reserved_for_tests(self, number: str) -> None:
        checked = _accepted(check_nhs_number(number))
        assert checked.warnings == (IdentifierWarning.NHS_NUMBER_FOR_TESTS,)

    def test_refuses_a_wrong_check_digit(self) -> None:
        assert check_nhs_number("9434765871") is IdentifierProblem.NHS_NUMBER_CHECK_DIGIT_WRONG

    @pytest.mark.parametrize("last", "0123456789")
    def test_refuses_every_last_digit_where_the_check_would_be_ten(self, last: str) -> None:
        assert nhs_check_digit("000000300") is None
        answer = check_nhs_number(f"000000300{last}")
        assert answer is IdentifierProblem.NHS_NUMBER_CHECK_DIGIT_WRONG

    @pytest.mark.parametrize("digit", "0123456789")
    def test_refuses_one_digit_repeated(self, digit: str) -> None:
        assert check_nhs_number(digit * 10) is IdentifierProblem.NHS_NUMBER_PLACEHOLDER

    @pytest.mark.parametrize(
        "text",
        ["", "943476587", "94347658700", "943-476-5870", "94347658\u0667\u0660", "943476587O"],
    )
    def test_refuses_another_shape(self, text: str) -> None:
        assert check_nhs_number(text) is IdentifierProblem.NHS_NUMBER_MALFORMED

    def test_refuses_to_compute_a_digit_for_another_shape(self) -> None:
        with pytest.raises(ValueError, match="nine digits"):
            nhs_check_digit("12345678")


class TestUln:
    def test_accepts_a_number(self) -> None:
        assert _accepted(check_uln("9276308686")).text == "9276308686"

    def test_refuses_a_wrong_check_digit(self) -> None:
        assert check_uln("9276308685") is IdentifierProblem.ULN_CHECK_DIGIT_WRONG

    def test_refuses_the_filler_for_an_unknown_learner(self) -> None:
        assert check_uln("9999999999") is IdentifierProblem.ULN_CHECK_DIGIT_WRONG

    @pytest.mark.parametrize("text", ["", "0276308686", "927630868", "92763086860", "927630868X"])
    def test_refuses_another_shape(self, text: str) -> None:
        assert check_uln(text) is IdentifierProblem.ULN_MALFORMED


class TestUrn:
    def test_accepts_six_digits(self) -> None:
        assert _accepted(check_urn(" 123456 ")).text == "123456"

    @pytest.mark.parametrize("text", ["", "12345", "1234567", "012345", "12345A"])
    def test_refuses_another_shape(self, text: str) -> None:
        assert check_urn(text) is IdentifierProblem.URN_MALFORMED


class TestLaestab:
    @pytest.mark.parametrize("text", ["8012000", "801/2000", "801-2000", "801 2000"])
    def test_accepts_the_usual_ways_to_write_it(self, text: str) -> None:
        checked = _accepted(check_laestab(text))
        assert (checked.text, checked.display) == ("8012000", "801/2000")
        assert checked.warnings == ()

    def test_warns_of_an_unknown_authority_and_accepts(self) -> None:
        checked = _accepted(check_laestab("9992000"))
        assert checked.warnings == (IdentifierWarning.AUTHORITY_UNKNOWN,)

    @pytest.mark.parametrize(
        "text", ["", "801200", "80120000", "801//2000", "80/12000", "8O1/2000"]
    )
    def test_refuses_another_shape(self, text: str) -> None:
        assert check_laestab(text) is IdentifierProblem.LAESTAB_MALFORMED
