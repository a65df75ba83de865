"""The system's own answers: health, vocabularies, the catalogue of problems."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.known_words import HealthOutcomesOut
from app.core.codes import ConcernCategoriesOut
from app.core.schemas import Out, absent


class HealthOut(Out):
    """Whether the process lives, or is ready."""

    status: HealthOutcomesOut = Field(description="`unsafe`: ready, but not for real records.")
    checks: dict[str, str] | None = Field(
        default=None, description="What was checked and its state; null: nothing."
    )
    unsafe: list[str] | None = Field(
        default=None,
        description="Settings that must never be on where real records are kept; absent if none.",
    )


class TermOut(Out):
    """One code with its label."""

    code: str = Field(description="Code to send.")
    label: str = Field(description="Label to show, in English.")
    label_cy: str = Field(description="Label to show, in Welsh.")
    parent: str | None = Field(description="Code it belongs under; null: none.")
    flags: list[str] = Field(description="Marks of the code, such as `adult`.")
    notes: str | None = Field(description="More about its meaning; null: nothing.")
    notes_cy: str | None = Field(description="The same in Welsh.")
    categories: list[ConcernCategoriesOut] = absent(
        description="In `things_reported`: what to send as `categories` of the concern."
    )
    question: str = absent(
        description="In `things_reported`: what is asked once; the receipt asks it, too."
    )
    question_cy: str = absent(description="The same in Welsh.")


class VocabularyCard(Out):
    """A vocabulary without its terms."""

    name: str = Field(description="Name in its address.")
    title: str = Field(description="Title to show.")
    title_cy: str = Field(description="The same in Welsh.")
    version: str = Field(description="Version, by its date.")
    source: str = Field(description="Where the codes come from.")
    closed: bool = Field(description="Whether the list never grows within `v1`.")
    review: str | None = Field(description="Who has yet to read these words; null: nobody.")
    review_cy: str | None = Field(description="Who has yet to read the Welsh; null: nobody.")


class VocabularyOut(VocabularyCard):
    """A vocabulary with its terms, in their order."""

    terms: list[TermOut] = Field(description="Terms, in their order.")


class VocabulariesIn(BaseModel):
    """Which vocabularies to answer whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: str | None = Field(
        default=None,
        max_length=2_000,
        description="Names with commas between them: these alone, with their `terms`. "
        "Without it all are listed, without terms.",
        examples=["things_reported,statement_kinds,immediacies"],
    )


class ListedVocabularyOut(VocabularyCard):
    """A vocabulary in the list."""

    terms: list[TermOut] | None = Field(
        description="In their order; null: without `names` no terms are listed."
    )


class VocabularyListOut(Out):
    """Every vocabulary, or those that were asked for."""

    items: list[ListedVocabularyOut] = Field(description="The vocabularies.")
    next: None = Field(description="Always null: the list is whole.")


class ProblemKindOut(Out):
    """One code this API can answer, and what to do about it."""

    code: str = Field(description="Code to switch on.")
    status: int = Field(description="HTTP status.")
    title: str = Field(description="What happened, in English.")
    title_cy: str = Field(description="What happened, in Welsh.")
    advice: str = Field(description="What to do, in English.")
    advice_cy: str = Field(description="What to do, in Welsh.")
    review_cy: str | None = Field(description="Who has yet to read the Welsh; null: nobody.")
    retry: Literal["no", "same", "later", "changed"] = Field(
        json_schema_extra={"x-closed": True},
        description="`no`: it will be refused again. `same`: do what `advice` says, then send the "
        "same again. `later`: send the same again after `Retry-After`. `changed`: correct it, or "
        "choose otherwise, and send that.",
    )
    operations: list[str] = Field(
        description="Operation ids that give it. `any`: it comes of no one operation. Empty: only "
        "a command of the operator gives it."
    )
    type: str = Field(description="Problem type URI.")


class ProblemListOut(Out):
    """The catalogue of codes."""

    items: list[ProblemKindOut] = Field(description="The problem codes.")
    next: None = Field(description="Always null: the list is whole.")
