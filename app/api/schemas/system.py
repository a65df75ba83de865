"""The system's own answers: health, vocabularies, the catalogue of problems."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.known_words import HealthOutcomesOut
from app.core.codes import ConcernCategoriesOut
from app.core.schemas import Out, absent


class HealthOut(Out):
    """Server health."""

    status: HealthOutcomesOut = Field(description="`unsafe`: ready, but not for real records.")
    checks: dict[str, str] | None = Field(
        default=None, description="State of each check; null: none were made."
    )
    unsafe: list[str] = absent(
        description="Settings that must be off with real records; absent: none.",
    )


class TermOut(Out):
    """One code with its label."""

    code: str = Field(description="Code to send.")
    label: str = Field(description="Label to show, in English.")
    label_cy: str = Field(description="Label to show, in Welsh.")
    parent: str | None = Field(description="Code it is grouped under; null: none.")
    flags: list[str] = Field(description="Properties of the code, such as `adult`.")
    notes: str | None = Field(description="Further explanation; null: none.")
    notes_cy: str | None = Field(description="The same in Welsh; null: none.")
    categories: list[ConcernCategoriesOut] = absent(
        description="In `things_reported`: value to send as `categories` of the concern."
    )
    question: str = absent(
        description="In `things_reported`: question to ask once. The receipt asks it too."
    )
    question_cy: str = absent(description="The same in Welsh.")


class VocabularyCard(Out):
    """A vocabulary without its terms."""

    name: str = Field(description="Name, as in the path.")
    title: str = Field(description="Title to show.")
    title_cy: str = Field(description="Welsh text.")
    version: str = Field(description="Version, by its date.")
    source: str = Field(description="Source of the codes.")
    closed: bool = Field(description="Whether the list is final in `v1`.")
    review: str | None = Field(description="Review these words still need; null: none.")
    review_cy: str | None = Field(description="Review the Welsh still needs; null: none.")


class VocabularyOut(VocabularyCard):
    """A vocabulary with its terms, in order."""

    terms: list[TermOut] = Field(description="Terms, in their order.")


class VocabulariesIn(BaseModel):
    """Which vocabularies to answer whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: str | None = Field(
        default=None,
        max_length=2_000,
        description="Names separated by commas, to get with their `terms`. Default: all, without "
        "terms.",
        examples=["things_reported,statement_kinds,immediacies"],
    )


class ListedVocabularyOut(VocabularyCard):
    """A vocabulary in a list."""

    terms: list[TermOut] | None = Field(description="Terms in order; null: you sent no `names`.")


class VocabularyListOut(Out):
    """All vocabularies, or those you asked for."""

    items: list[ListedVocabularyOut] = Field(description="The vocabularies.")
    next: None = Field(description="Always null: the list is complete.")


class ProblemKindOut(Out):
    """One problem code, and what to do."""

    code: str = Field(description="Code to switch on.")
    status: int = Field(description="HTTP status.")
    title: str = Field(description="What happened, in English.")
    title_cy: str = Field(description="What happened, in Welsh.")
    advice: str = Field(description="What to do, in English.")
    advice_cy: str = Field(description="What to do, in Welsh.")
    review_cy: str | None = Field(description="Review the Welsh still needs; null: none.")
    retry: Literal["no", "same", "later", "changed"] = Field(
        json_schema_extra={"x-closed": True},
        description="Whether to retry. `no`: never. `same`: follow `advice`, then send the same. "
        "`later`: send the same after `Retry-After`. `changed`: correct it, then send that.",
    )
    operations: list[str] = Field(
        description="IDs of the operations that give it. `any`: not specific to an operation. "
        "Empty: only the operator's commands."
    )
    type: str = Field(description="Problem type URI.")


class ProblemListOut(Out):
    """All problem codes."""

    items: list[ProblemKindOut] = Field(description="The problem codes.")
    next: None = Field(description="Always null: the list is complete.")
