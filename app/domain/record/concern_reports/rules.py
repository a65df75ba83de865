"""Pure: what a reporter is asked once their words are safe, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.core.vocabularies import VOCABULARIES

Field = Literal["immediacy", "statement_kind", "text", "told_already"]
NOT_SAID: Final = "not_said"
WHOSE_WORDS: Final = "The child's words, or yours?"
WHO_KNOWS: Final = "Who has been told already, and what was done?"
DANGER: Final = {"code": "immediate_danger", "label": "Yes"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `code` is the field of an amendment that takes the answer."""

    code: Field
    text: str
    choices: Sequence[Mapping[str, str]] = ()
    about: str | None = None
    """JSON Pointer into the report."""
    statement_id: str | None = None
    answer_with: str = "amend_concern"


def ask_next(dangers: Sequence[str], account: Sequence[Mapping[str, Any]]) -> list[Question]:
    """What is asked of a report: `dangers` are questions whose "yes" means immediate danger."""
    return [
        *(Question("immediacy", text, [DANGER]) for text in dangers),
        *(
            Question(
                "statement_kind", WHOSE_WORDS, _choices("statement_kinds"),
                f"/account/{place}", statement["id"],
            )
            for place, statement in enumerate(account)
            if statement["kind"] == NOT_SAID
        ),
        Question("told_already", WHO_KNOWS, _choices("told_already")),
    ]  # fmt: skip


def _choices(vocabulary: str) -> list[dict[str, str]]:
    terms = VOCABULARIES[vocabulary].terms
    return [{"code": one.code, "label": one.label} for one in terms if one.code != NOT_SAID]
