"""Who a young person can call, by their age and nation: the same on every card.

Compiled in, so that they are there whatever else is not. A number or a wording here is a draft for
review by practitioners; the school is told so beside the card, and the child is not.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

ADULT: Final = 19
"""Childline is for everybody younger than this."""
AGE_UNKNOWN: Final = 0


class Line(NamedTuple):
    """A number, and what it is for in English and Welsh."""

    number: str
    words: tuple[str, str]


EMERGENCY: Final = Line(
    "999", ("Phone when a life is in danger", "Ffoniwch pan fydd bywyd mewn perygl")
)
URGENT: Final = Line(
    "111",
    (
        "Urgent help, day and night: phone and choose the mental health option",
        "Help ar frys, ddydd a nos: ffoniwch a dewis yr opsiwn iechyd meddwl",
    ),
)
URGENT_IN: Final[Mapping[str, Line]] = {
    "wales": Line(
        "111",
        (
            "Urgent help, day and night: phone and press 2",
            "Help ar frys, ddydd a nos: ffoniwch a phwyso 2",
        ),
    ),
    "northern_ireland": Line(
        "0808 808 8000",
        (
            "Lifeline: urgent help, day and night, free",
            "Lifeline: help ar frys, ddydd a nos, am ddim",
        ),
    ),
}
CHILDLINE: Final = Line(
    "0800 1111",
    (
        "Childline: somebody to talk to about anything, day and night, free",
        "Childline: rhywun i siarad \u00e2 nhw am unrhyw beth, ddydd a nos, am ddim",
    ),
)
SAMARITANS: Final = Line(
    "116 123",
    (
        "Samaritans: somebody to talk to, day and night",
        "Y Samariaid: rhywun i siarad \u00e2 nhw, ddydd a nos",
    ),
)
SHOUT: Final = Line(
    "85258",
    (
        "Shout: somebody to talk to by text message, day and night",
        "Shout: rhywun i siarad \u00e2 nhw drwy neges destun, ddydd a nos",
    ),
)


def age_on(day: date, born: date | None) -> int:
    """Whole years; none for a pupil without a known birthday."""
    if born is None:
        return AGE_UNKNOWN
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def helplines(nation: str, age: int) -> list[Line]:
    """In the order in which they stand: danger, urgent help, somebody to talk to."""
    talk = [CHILDLINE, SAMARITANS] if age < ADULT else [SAMARITANS, SHOUT]
    return [EMERGENCY, URGENT_IN.get(nation, URGENT), *talk]


def in_language(line: Line, index: int) -> dict[str, Any]:
    """A line in the language of a place in the list of languages."""
    return {"number": line.number, "words": line.words[index]}
