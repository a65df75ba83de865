"""Pure rules of an amendment's answers besides its words, and their text for prints and packets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core.vocabularies import VOCABULARIES

MORE_TOLD: Final = "More was told than at first."
"""A share or print shows the words of an amendment: its categories are chosen separately."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of an amendment besides its words; each is optional."""

    told_already: Sequence[dict[str, Any]] = ()
    statement_kind: str | None = None
    immediacy: str | None = None
    categories: Sequence[str] = ()
    """As chosen; common codes once the school's own words are translated."""
    own_categories: Sequence[Mapping[str, Any]] = ()
    """The school's own words among them, with their meaning."""
    self_harm: Mapping[str, Any] | None = None
    """What was said since, or corrected, about self-harm or suicide."""


NO_ANSWERS: Final = Answers()


def in_words(answers: Answers) -> str:
    """Describe an amendment that has answers and no words of its own."""
    lines = [
        _line("Whose words", "statement_kinds", [answers.statement_kind]),
        _line("How soon somebody must act", "immediacies", [answers.immediacy]),
        MORE_TOLD if answers.categories or answers.self_harm is not None else None,
        _line("Told already", "told_already", [item["whom"] for item in answers.told_already]),
    ]
    return " ".join(line for line in lines if line is not None)


def _line(label: str, vocabulary: str, codes: Iterable[str | None]) -> str | None:
    terms = VOCABULARIES[vocabulary].by_code
    labels = [terms[code].label for code in codes if code is not None]
    return f"{label}: {', '.join(labels)}." if labels else None
