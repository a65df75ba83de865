"""The words of the pages in each language: sentences, labels of codes, and dates in words."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.welsh import WELSH

ZONE: Final = ZoneInfo("Europe/London")
FOLDER: Final = Path(__file__).parent
TURNS_TEXT: Final = dict.fromkeys(
    (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C), None
)
"""Characters that turn the direction of what follows: never let into our own sentences."""
ENGLISH_LABELS: Final = {
    name: {term.code: term.label for term in vocabulary.terms}
    for name, vocabulary in VOCABULARIES.items()
}
TELLING_WORDS: Final = {
    "en": "the and was were of to said that she he they his her with for is not has had",
    "cy": "yn yr y mae oedd roedd wedi ei eu gan ar ac nid nad bod am dywedodd hi fe wrth i'r o'r",
}
"""Words that show which language a text is in, since the other does not have them."""


@dataclass(frozen=True)
class Language:
    """One language of the pages. Raises `KeyError` for a sentence it does not have."""

    code: str
    words: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]
    days: tuple[str, ...]
    months: tuple[str, ...]

    def say(self, key: str, **values: Any) -> str:
        """A sentence with its gaps filled; what people wrote cannot turn our own words round."""
        texts = {name: str(value).translate(TURNS_TEXT) for name, value in values.items()}
        return self.words[key].format_map(texts)

    def label(self, vocabulary: str, code: str | None) -> str:
        """A code in words; one that nobody knows is told as it is written."""
        if not code:
            return ""
        own = self.labels.get(vocabulary, {}).get(code)
        return own or code.replace("_", " ").capitalize()

    def knows(self, vocabulary: str, code: str) -> bool:
        """Whether a code has a label of its own in this language."""
        return code in self.labels.get(vocabulary, {})

    def day(self, given: str | date | None) -> str:
        """A date in words, such as `Tuesday 3 November 2026`; other text stays as it is."""
        if isinstance(given, str):
            try:
                given = date.fromisoformat(given)
            except ValueError:
                return str(given)
        if given is None:
            return ""
        return self.words["date.day"].format(
            weekday=self.days[given.weekday()],
            day=given.day,
            month=self.months[given.month - 1],
            year=given.year,
        )

    def moment(self, given: str | datetime | None) -> str:
        """A moment in words, by the clocks of the school."""
        if given is None:
            return ""
        at = datetime.fromisoformat(given) if isinstance(given, str) else given
        here = at.astimezone(ZONE)
        half = "am" if here.hour < 12 else "pm"
        clock = f"{here.hour % 12 or 12}:{here.minute:02}{half}"
        return self.words["date.moment"].format(day=self.day(here.date()), time=clock)


def _flat(tables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"{table}.{key}": text for table, words in tables.items() for key, text in words.items()
    }


def _read(code: str) -> Language:
    content = tomllib.loads((FOLDER / f"{code}.toml").read_text("utf-8"))
    own: dict[str, dict[str, str]] = content["labels"]
    language = WELSH if code == "cy" else ENGLISH_LABELS
    return Language(
        code=code,
        words=_flat(content["words"]),
        labels={**language, **{name: {**language.get(name, {}), **own[name]} for name in own}},
        days=tuple(content["days"]),
        months=tuple(content["months"]),
    )


LANGUAGES: Final[Mapping[str, Language]] = {code: _read(code) for code in ("en", "cy")}
ENGLISH: Final = LANGUAGES["en"]


def language_for(chosen: str | None, accepted: str) -> Language:
    """The language somebody chose, or the first of `Accept-Language` that is spoken here."""
    if chosen and chosen in LANGUAGES:
        return LANGUAGES[chosen]
    for wanted in _wanted(accepted):
        if wanted in LANGUAGES:
            return LANGUAGES[wanted]
    return ENGLISH


def _wanted(accepted: str) -> list[str]:
    """Languages by weight, the most wanted first."""
    items: list[tuple[float, int, str]] = []
    for position, part in enumerate(accepted[:300].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            amount = float(weight) if weight else 1.0
        except ValueError:
            continue
        if amount > 0:
            items.append((-amount, position, tag.partition("-")[0].lower()))
    return [tag for _, _, tag in sorted(items)]


def tongue_of(text: str) -> str | None:
    """The language a text is in, for what reads it aloud; None where that is not plain."""
    matches = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    english, welsh = (
        sum(word in TELLING_WORDS[code].split() for word in matches) for code in ("en", "cy")
    )
    if english >= 2 and english > 2 * welsh:
        return "en"
    return "cy" if welsh >= 2 and welsh > 2 * english else None
