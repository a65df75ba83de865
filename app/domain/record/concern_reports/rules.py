"""Pure: what a reporter is asked once their words are safe, the most urgent first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.things_reported import THINGS_REPORTED

Field = Literal["immediacy", "statement_kind", "text", "told_already"]
NOT_SAID: Final = "not_said"
WHOSE_WORDS: Final = "The child's words, or yours?"
IN_REGISTER: Final = "amend_adult_concern"
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


def ask_next(
    dangers: Sequence[str], categories: Collection[str], account: Sequence[Mapping[str, Any]]
) -> list[Question]:
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
        *(Question("text", text) for text in _of_things(categories)),
        Question("told_already", WHO_KNOWS, _choices("told_already")),
    ]  # fmt: skip


def in_register(dangers: Sequence[str], categories: Collection[str]) -> list[Question]:
    """What is asked of a report in the adult register: each is answered in words."""
    asked = [*(_of_things(categories) or dangers), WHO_KNOWS]
    return [Question("text", text, answer_with=IN_REGISTER) for text in asked]


def _of_things(categories: Collection[str]) -> list[str]:
    """The one question of each thing that a reporter can have meant by its categories."""
    return [
        one.question
        for one in THINGS_REPORTED.terms
        if one.question is not None and one.categories[0] in categories
    ]


def _choices(vocabulary: str) -> list[dict[str, str]]:
    terms = VOCABULARIES[vocabulary].terms
    return [{"code": one.code, "label": one.label} for one in terms if one.code != NOT_SAID]
