"""Pure comparison of people by what they are called and reached by, however it is written."""

import re
import unicodedata
from contextlib import suppress

from app.domain.children.names import name_tokens

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
    seen = unicodedata.normalize("NFKC", name).translate(LOOKALIKES)
    return name_tokens("".join(one for one in seen if unicodedata.category(one) != "Cf")) - TITLES


def ways_to(email: str | None, phone: str | None = None) -> frozenset[str]:
    """What reaches somebody, as it is compared.

    Every address of the text, in small letters and without its `+tag`: many providers deliver
    those to one person. Dots stay, except Google's: most providers tell them apart. Of every
    phone number the last nine digits, which are the same with 0, with +44 and with (0).
    """
    return _addresses(email or "") | _numbers(phone or "")


def _addresses(text: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return frozenset(_without_tag(one) for one in ADDRESS.findall(plain))


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
    plain = unicodedata.normalize("NFKC", text)
    numbers = (
        "".join(str(unicodedata.decimal(one)) for one in part if one.isdecimal())
        for part in BETWEEN_NUMBERS.split(plain)
    )
    return frozenset(one[-SAME_DIGITS:] for one in numbers if len(one) >= SHORTEST_NUMBER)
