"""Pure rules of children: names, how people compare, and identifiers."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import unquote

from app.core.addresses import is_address
from app.core.vocabularies import term
from app.core.vocabularies.terms import OF_CHILD
from app.domain.errors import FieldProblem, ValidationFailed
from app.formats.identifiers import (
    Checked,
    CheckedIdentifier,
    check_nhs_number,
    check_uln,
    check_upn,
)

LETTERS = re.compile(r"[^\W_]+")
JOINERS = re.compile("['\u2019`\u00b4.]")
NOT_DECOMPOSED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})
MAX_TOKEN = 60

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir"})
LOOKALIKES = str.maketrans(
    "аАвВеЕкКмМнНоОрРсСтТуУхХіІјЈѕЅԁɡһԛԝαΑΒεΕΗιΙκΚΜνΝοΟρΡτΤυΥΧΖ",
    "aabbeekkmmhhooppccttyyxxiijjssdghqwaabeehiikkmvnooppttuyxz",
)
"""Letters of other scripts that look like Latin ones."""
ADDRESS = re.compile(r"(?<![^\s<>,;:\"()\[\]])[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")
GOOGLE_MAIL = ("gmail.com", "googlemail.com")
"""One provider under two names, which ignores dots before the @."""
BETWEEN_NUMBERS = re.compile(r"[/,;|]|[^\W\d_]+")
"""Separators between two numbers in one field, or before an extension."""
ONE_NUMBER = r"[-+(). ]*[0-9][-+(). 0-9]*(?:(?:ext?\.?|x|extension) *[0-9]+ *)?"
NUMBERS = re.compile(rf"{ONE_NUMBER}(?:[/,;|]{ONE_NUMBER})*", re.IGNORECASE)
LIKE_DIGITS = (
    (re.compile(r"(?<=\d)[oO](?=[oO\d])|(?<=\d)[oO]\b|\b[oO](?=[oO\d])"), "0"),
    (re.compile(r"(?<=\d)[lI](?=[lI\d])|(?<=\d)[lI]\b|\b[lI](?=[lI\d])"), "1"),
)
"""Letters among digits that look like one of them."""
BRITISH = re.compile(r"^(?:0044|44|0)0?([1-9]\d{9})")
"""A number of this country, with ten digits behind its prefix."""
ROUTED = "%!"
"""Characters that relays read as a route to another address."""
SHORTEST_NUMBER, SAME_DIGITS = 6, 9
"""Digits of a number that reaches one place, and so many at its end without any prefix."""

SHORT_WORD: Final = 5
SPELLING_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def folded(text: str) -> str:
    """Lower case without accents, so that Zoë is found as zoe."""
    if text.isascii():
        return text.lower()
    lowered = text.casefold().translate(NOT_DECOMPOSED)
    apart = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_in(name: str) -> list[str]:
    """Split a name into words in order, as searches match them: O'Brien as obrien."""
    return [word[:MAX_TOKEN] for word in LETTERS.findall(JOINERS.sub("", folded(name)))]


def name_tokens(*names: str | None) -> frozenset[str]:
    """The words a child is found by: every word of every name."""
    return frozenset(word for name in names if name for word in words_in(name))


def sort_name(family: str, given: str) -> str:
    """Sort key for lists of children."""
    return f"{folded(family)} {folded(given)}".strip()[:200]


def same_name(text: str, other: str) -> bool:
    """Whether two names may be one person's, whatever their spelling, order, joins or titles.

    Further names on either side do not matter if two words are the same.
    """
    fewer, more = sorted((_words_of(text), _words_of(other)), key=len)
    if not fewer:
        return False
    return spelt_alike(text, other) or (len(fewer) >= 2 and fewer <= more)


def spelt_alike(text: str, other: str) -> bool:
    """Whether two names have the same words, whatever their spelling, order, joins or titles."""
    letters, others = (sorted("".join(_words_of(name))) for name in (text, other))
    return letters == others


def _words_of(name: str) -> frozenset[str]:
    """The words of a name as they look, without titles and invisible characters."""
    return name_tokens(as_seen(name).translate(LOOKALIKES)) - TITLES


def as_seen(text: str) -> str:
    """Normalise a text, without invisible characters such as zero-width ones."""
    if text.isascii():
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    return "".join(item for item in plain if unicodedata.category(item) != "Cf").strip()


def plain_address(text: str) -> str | None:
    """Normalise an email address for storage and comparison; None if it is not one.

    Rejects what relays read as another address: a quoted name, `%` and `!` before the @.
    """
    name, _, domain = as_seen(text).rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    result = f"{name}@{domain}"
    return result if is_address(result) and not set(name) & set(ROUTED) else None


def plain_number(text: str) -> str | None:
    """Normalise one or more phone numbers for storage; None if they are not numbers.

    Digits as dialled, with an extension if needed: no letters that look like digits.
    """
    result = "".join(str(unicodedata.decimal(item, item)) for item in as_seen(text))
    return result if NUMBERS.fullmatch(result) else None


def ways_to(email: str | None, phone: str | None = None) -> frozenset[str]:
    """Email addresses and phone numbers of a person, for comparison.

    Addresses are in lower case and without the `+tag`: many providers deliver those to one person.
    Dots stay, except Google's: most providers tell them apart. Phone numbers are cut to the last
    nine digits, which are the same with 0, with +44 and with (0).
    """
    return _addresses(email or "") | _numbers(phone or "")


def _addresses(text: str) -> frozenset[str]:
    plain = unquote(as_seen(text)).casefold().replace('"', "").replace("\\", "")
    matches = ADDRESS.findall(plain)
    names = (match.rpartition("@")[0].replace("%", "@") for match in matches)
    return frozenset(
        _without_tag(item) for item in (*matches, *(name for name in names if "@" in name))
    )


def _without_tag(address: str) -> str:
    """The address as its mail server reads it: no tag, one way to write a domain."""
    name, _, domain = address.rpartition("@")
    name, domain = name.partition("+")[0], domain.rstrip(".")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    if domain in GOOGLE_MAIL:
        name, domain = name.replace(".", ""), GOOGLE_MAIL[0]
    return f"{name}@{domain}"


def _numbers(text: str) -> frozenset[str]:
    plain = as_seen(text)
    for letters, digit in LIKE_DIGITS:
        plain = letters.sub(digit, plain)
    numbers = (
        "".join(str(unicodedata.decimal(item)) for item in part if item.isdecimal())
        for part in BETWEEN_NUMBERS.split(plain)
    )
    return frozenset(
        way for number in numbers if len(number) >= SHORTEST_NUMBER for way in _ends_of(number)
    )


def _ends_of(number: str) -> tuple[str, ...]:
    """The end of a number, and of a British one that has too many digits behind it."""
    ends = [number, *BRITISH.findall(number)]
    return tuple(end[-SAME_DIGITS:] for end in ends)


def edits_allowed(word: str) -> int:
    """Typing errors to allow in a name of this length."""
    return 1 if len(word) <= SHORT_WORD else 2


def edit_distance(text: str, other: str) -> int:
    """Letters to insert, delete, replace or swap with a neighbour to turn one text into the other.

    Damerau-Levenshtein in its restricted form: no letter is edited twice.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for row_number, letter in enumerate(text, start=1):
        previous, row = row, [row_number]
        for other_place, other_letter in enumerate(other, start=1):
            best = min(
                previous[other_place] + 1,
                row[other_place - 1] + 1,
                previous[other_place - 1] + (letter != other_letter),
            )
            if (
                row_number > 1
                and other_place > 1
                and letter == other[other_place - 2]
                and text[row_number - 2] == other_letter
            ):
                best = min(best, before[other_place - 2] + 1)
            row.append(best)
        before = previous
    return row[-1]


def neighbours(word: str, candidates: Iterable[str]) -> dict[str, int]:
    """The candidates that may be meant by a word, each with its distance, nearest first."""
    allowed = edits_allowed(word)
    near = {
        candidate: distance
        for candidate in candidates
        if abs(len(candidate) - len(word)) <= allowed
        and (distance := edit_distance(word, candidate)) <= allowed
    }
    return dict(sorted(near.items(), key=lambda item: (item[1], item[0])))


def one_edit_away(word: str) -> frozenset[str]:
    """Every spelling one error away from a word, to look up words too short for trigrams."""
    cuts = [(word[:index], word[index:]) for index in range(len(word) + 1)]
    left_out = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    replaced = {
        head + letter + tail[1:] for head, tail in cuts if tail for letter in SPELLING_LETTERS
    }
    put_in = {head + letter + tail for head, tail in cuts for letter in SPELLING_LETTERS}
    return frozenset((left_out | swapped | replaced | put_in) - {word, ""})


CHECKS: Final[Mapping[str, Callable[[str], Checked]]] = {
    "upn": check_upn,
    "former_upn": check_upn,
    "uln": check_uln,
    "nhs_number": check_nhs_number,
    "chi_number": check_nhs_number,
    "hsc_number": check_nhs_number,
}
"""CHI and health and care numbers share the check digit of the NHS number (facts 5.4)."""
ONE_AT_A_TIME: Final = frozenset(
    {"upn", "uln", "nhs_number", "chi_number", "hsc_number", "scottish_candidate_number"}
)
"""Systems in which a child has one number: a new one ends the one before."""
WITHOUT_CASE: Final = frozenset({"email", "username"})
"""Systems whose names mean the same in capitals."""


def checked_identifier(system: str, text: str, at: str = "") -> CheckedIdentifier:
    """Normalise an identifier, with its warnings; `at` points at its object.

    Raises `ValidationFailed` with the code of `app.formats.identifiers`.
    """
    if OF_CHILD not in term("identifier_systems", system).flags:
        raise refused_field(f"{at}/system", "not_of_a_child", "This system numbers organisations.")
    check = CHECKS.get(system)
    if check is None:
        plain = " ".join(text.split())
        plain = plain.lower() if system in WITHOUT_CASE else plain
        return CheckedIdentifier(text=plain, display=plain)
    checked = check(text)
    if not isinstance(checked, CheckedIdentifier):
        raise refused_field(
            f"{at}/value", checked.value, "This is not a valid number of its system."
        )
    return checked


def check_replacement(new: CheckedIdentifier, old: str | None, at: str = "") -> None:
    """Raise `ValidationFailed` if a temporary UPN would replace a permanent one."""
    if new.temporary and old is not None and not old[-1].isalpha():
        raise refused_field(
            f"{at}/value",
            "upn_temporary",
            "The child has a permanent UPN; this is a temporary one.",
        )


def check_past(at: datetime, now: datetime) -> None:
    """Raise `ValidationFailed` for a moment that is still to come."""
    if at > now:
        raise refused_field("/query/at", "in_future", "Give a time in the past.")


def check_born(facts: Mapping[str, Any], today: date) -> None:
    """Raise `ValidationFailed` for a date of birth that is still to come."""
    born = facts.get("date_of_birth")
    if born is not None and born > today:
        raise refused_field("/date_of_birth", "in_future", "It is in the future: check the date.")


def reason_apart(asked: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The fields of a change, and why they are changed."""
    return {name: value for name, value in asked.items() if name != "reason"}, asked.get("reason")


def refused_field(pointer: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem(pointer, code, detail)])
