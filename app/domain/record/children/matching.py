"""Pure comparison of people by what they are called and reached by, however it is written."""

import re
import unicodedata
from contextlib import suppress
from urllib.parse import unquote

from app.core.addresses import is_address
from app.domain.record.children.names import name_tokens

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir"})
LOOKALIKES = str.maketrans(
    "аАвВеЕкКмМнНоОрРсСтТуУхХіІјЈѕЅԁɡһԛԝαΑΒεΕΗιΙκΚΜνΝοΟρΡτΤυΥΧΖ",
    "aabbeekkmmhhooppccttyyxxiijjssdghqwaabeehiikkmvnooppttuyxz",
)
"""Letters of other scripts that look like Latin ones."""
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")
GOOGLE_MAIL = ("gmail.com", "googlemail.com")
"""One provider under two names, which reads no dots before the @."""
BETWEEN_NUMBERS = re.compile(r"[/,;|]|[^\W\d_]+")
"""What stands between two numbers in one field, or before an extension."""
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
"""What relays read as a way to another address."""
SHORTEST_NUMBER, SAME_DIGITS = 6, 9
"""Digits of a number that reaches one place, and so many at its end without any prefix."""


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's, however they are spelt, ordered, joined or titled.

    A further name on either side changes nothing where two words are the same.
    """
    fewer, more = sorted((_words_of(one), _words_of(other)), key=len)
    if not fewer:
        return False
    same_letters = sorted("".join(fewer)) == sorted("".join(more))
    return same_letters or (len(fewer) >= 2 and fewer <= more)


def _words_of(name: str) -> frozenset[str]:
    """The words of a name as they look, without titles and what is not seen."""
    return name_tokens(as_seen(name).translate(LOOKALIKES)) - TITLES


def as_seen(text: str) -> str:
    """A text in one way of writing it, without what is not seen, such as zero-width characters."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(one for one in plain if unicodedata.category(one) != "Cf").strip()


def plain_address(text: str) -> str | None:
    """An e-mail address in the one form that is kept and compared; None where it is none.

    What relays read as another address is none: a quoted name, `%` and `!` before the @.
    """
    name, _, domain = as_seen(text).rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    found = f"{name}@{domain}"
    return found if is_address(found) and not set(name) & set(ROUTED) else None


def plain_number(text: str) -> str | None:
    """Telephone numbers, one or several, in the form that is kept; None where it is none.

    Digits as they are dialled, with an extension if need be: no letters that look like digits.
    """
    found = "".join(str(unicodedata.decimal(one, one)) for one in as_seen(text))
    return found if NUMBERS.fullmatch(found) else None


def ways_to(email: str | None, phone: str | None = None) -> frozenset[str]:
    """What reaches somebody, as it is compared.

    Every address of the text, in small letters and without its `+tag`: many providers deliver
    those to one person. Dots stay, except Google's: most providers tell them apart. Of every
    phone number the last nine digits, which are the same with 0, with +44 and with (0).
    """
    return _addresses(email or "") | _numbers(phone or "")


def _addresses(text: str) -> frozenset[str]:
    plain = unquote(as_seen(text)).casefold().replace('"', "").replace("\\", "")
    found = ADDRESS.findall(plain)
    names = (one.rpartition("@")[0].replace("%", "@") for one in found)
    return frozenset(_without_tag(one) for one in (*found, *(one for one in names if "@" in one)))


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
        "".join(str(unicodedata.decimal(one)) for one in part if one.isdecimal())
        for part in BETWEEN_NUMBERS.split(plain)
    )
    return frozenset(way for one in numbers if len(one) >= SHORTEST_NUMBER for way in _ends_of(one))


def _ends_of(number: str) -> tuple[str, ...]:
    """The end of a number, and of a British one that has too many digits behind it."""
    ends = [number, *BRITISH.findall(number)]
    return tuple(one[-SAME_DIGITS:] for one in ends)
