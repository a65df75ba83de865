"""Checks of the numbers that children and schools are known by: any text in, no exceptions.

Each `check_` function answers with the number in one normal form, or with the problem that
stopped it. White space anywhere in the text is ignored, since people paste it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

UPN_ALPHABET: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"

_UPN: Final = re.compile(rf"[{UPN_ALPHABET}][0-9]{{11}}[0-9{UPN_ALPHABET}]")
_UPN_BODY: Final = re.compile(rf"[0-9]{{11}}[0-9{UPN_ALPHABET}]")
_TEN_DIGITS: Final = re.compile(r"[0-9]{10}")
_NINE_DIGITS: Final = re.compile(r"[0-9]{9}")
_ULN: Final = re.compile(r"[1-9][0-9]{9}")
_URN: Final = re.compile(r"[1-9][0-9]{5}")
_LAESTAB: Final = re.compile(r"([0-9]{3})[/-]?([0-9]{4})")

# Authorities and pseudo-authorities, from rule 1530 of the children in need census. The list
# changes with every reorganisation, so an unknown code is only worth a warning.
_AUTHORITY_RANGES: Final = """
    001-005 201-213 301-320 330-336 340-344 350-359 370-373 380-384 390-394 420 660-681 701-708
    800-803 805-808 810-813 815 816 820-823 825 826 830 831 835-841 845 846 850-852 855-857 860
    861 865-896 908 909 916 919 921 925 926 928 929 931 933 935-938 940-941
"""


def _expand(ranges: str) -> frozenset[str]:
    ends = [part.split("-") for part in ranges.split()]
    return frozenset(
        f"{number:03d}" for end in ends for number in range(int(end[0]), int(end[-1]) + 1)
    )


AUTHORITY_CODES: Final = _expand(_AUTHORITY_RANGES)


class IdentifierProblem(StrEnum):
    """Why a text is not the number it claims to be."""

    UPN_MALFORMED = "upn_malformed"
    UPN_CHECK_LETTER_WRONG = "upn_check_letter_wrong"
    NHS_NUMBER_MALFORMED = "nhs_number_malformed"
    NHS_NUMBER_CHECK_DIGIT_WRONG = "nhs_number_check_digit_wrong"
    NHS_NUMBER_PLACEHOLDER = "nhs_number_placeholder"
    ULN_MALFORMED = "uln_malformed"
    ULN_CHECK_DIGIT_WRONG = "uln_check_digit_wrong"
    URN_MALFORMED = "urn_malformed"
    LAESTAB_MALFORMED = "laestab_malformed"


class IdentifierWarning(StrEnum):
    """What is odd about a number that passes its check."""

    AUTHORITY_UNKNOWN = "authority_unknown"
    NHS_NUMBER_FOR_TESTS = "nhs_number_for_tests"


@dataclass(frozen=True, slots=True)
class CheckedIdentifier:
    """A number that passed its check.

    `text` is the form to store and compare, `display` the form to show. `temporary` is true
    for a UPN that a school made up until the permanent one arrives.
    """

    text: str
    display: str
    temporary: bool = False
    warnings: tuple[IdentifierWarning, ...] = ()


Checked: TypeAlias = CheckedIdentifier | IdentifierProblem


def check_upn(text: str) -> Checked:
    """Check a unique pupil number, permanent or temporary, against its check letter."""
    upn = _tidy(text)
    if not _UPN.fullmatch(upn):
        return IdentifierProblem.UPN_MALFORMED
    if upn_check_letter(upn[1:]) != upn[0]:
        return IdentifierProblem.UPN_CHECK_LETTER_WRONG
    return CheckedIdentifier(
        text=upn,
        display=upn,
        temporary=upn[-1].isalpha(),
        warnings=_authority_warnings(upn[1:4]),
    )


def upn_check_letter(body: str) -> str:
    """The letter that belongs before the other 12 characters of a UPN.

    Source: UPN data standard 2.0. Raises ValueError unless `body` has the right shape.
    """
    if not _UPN_BODY.fullmatch(body):
        raise ValueError("a UPN body is 11 digits, then a digit or a letter")
    values = (int(mark) if mark.isdigit() else UPN_ALPHABET.index(mark) for mark in body)
    total = sum(weight * value for weight, value in enumerate(values, start=2))
    return UPN_ALPHABET[total % len(UPN_ALPHABET)]


def check_nhs_number(text: str) -> Checked:
    """Check an NHS number by modulus 11; one digit repeated ten times is refused as filler."""
    number = _tidy(text)
    if not _TEN_DIGITS.fullmatch(number):
        return IdentifierProblem.NHS_NUMBER_MALFORMED
    if nhs_check_digit(number[:9]) != number[9]:
        return IdentifierProblem.NHS_NUMBER_CHECK_DIGIT_WRONG
    if len(set(number)) == 1:
        return IdentifierProblem.NHS_NUMBER_PLACEHOLDER
    for_tests = number.startswith("999")
    return CheckedIdentifier(
        text=number,
        display=f"{number[:3]} {number[3:6]} {number[6:]}",
        warnings=(IdentifierWarning.NHS_NUMBER_FOR_TESTS,) if for_tests else (),
    )


def nhs_check_digit(body: str) -> str | None:
    """The tenth digit that belongs after nine, or None where those nine can have none.

    Raises ValueError unless `body` is nine digits.
    """
    if not _NINE_DIGITS.fullmatch(body):
        raise ValueError("an NHS number body is nine digits")
    check = -_weighted_sum(body) % 11
    return None if check == 10 else str(check)


def check_uln(text: str) -> Checked:
    """Check a unique learner number: ten digits whose weighted sum leaves 10 over 11."""
    number = _tidy(text)
    if not _ULN.fullmatch(number):
        return IdentifierProblem.ULN_MALFORMED
    if _weighted_sum(number) % 11 != 10:
        return IdentifierProblem.ULN_CHECK_DIGIT_WRONG
    return CheckedIdentifier(text=number, display=number)


def check_urn(text: str) -> Checked:
    """Check the shape of a school's unique reference number (GIAS): six digits."""
    return _shaped(_tidy(text), _URN, IdentifierProblem.URN_MALFORMED)


def check_laestab(text: str) -> Checked:
    """Check the shape of a DfE number: authority (3) and establishment (4), `/` optional."""
    match = _LAESTAB.fullmatch(_tidy(text))
    if not match:
        return IdentifierProblem.LAESTAB_MALFORMED
    authority, establishment = match.groups()
    return CheckedIdentifier(
        text=authority + establishment,
        display=f"{authority}/{establishment}",
        warnings=_authority_warnings(authority),
    )


def _tidy(text: str) -> str:
    return "".join(text.split()).upper()


def _shaped(text: str, shape: re.Pattern[str], problem: IdentifierProblem) -> Checked:
    return CheckedIdentifier(text=text, display=text) if shape.fullmatch(text) else problem


def _authority_warnings(code: str) -> tuple[IdentifierWarning, ...]:
    return () if code in AUTHORITY_CODES else (IdentifierWarning.AUTHORITY_UNKNOWN,)


def _weighted_sum(digits: str) -> int:
    """Digits times 10, 9, 8 ... from the left."""
    return sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), digits, strict=False))
