"""The system's own answers: health, vocabularies, the catalogue of problems."""

from pydantic import Field

from app.core.codes import ConcernCategoriesOut
from app.core.schemas import Out, absent


class HealthOut(Out):
    """Whether the process lives, or is ready."""

    status: str = Field(description="`ok`, `ready`, or `unsafe`: ready, but not for real records.")
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
    label: str = Field(description="Label to show.")
    parent: str | None = Field(description="Code it belongs under; null: none.")
    flags: list[str] = Field(description="Marks of the code, such as `adult`.")
    notes: str | None = Field(description="More about its meaning; null: nothing.")
    categories: list[ConcernCategoriesOut] = absent(
        description="In `things_reported`: what to send as `categories` of the concern."
    )
    question: str = absent(
        description="In `things_reported`: what is asked once; the receipt asks it, too."
    )


class VocabularyCard(Out):
    """A vocabulary without its terms."""

    name: str = Field(description="Name in its address.")
    title: str = Field(description="Title to show.")
    version: str = Field(description="Version, by its date.")
    source: str = Field(description="Where the codes come from.")
    closed: bool = Field(description="Whether the list never grows within `v1`.")
    review: str | None = Field(
        description="Who still has to read these words before they are final; null where nobody."
    )


class VocabularyOut(VocabularyCard):
    """A vocabulary with its terms, in their order."""

    terms: list[TermOut] = Field(description="Terms, in their order.")


class VocabularyListOut(Out):
    """Every vocabulary."""

    items: list[VocabularyCard] = Field(description="The vocabularies.")
    next: None = Field(description="Null: the list is whole.")


class ProblemKindOut(Out):
    """One code this API can answer, and what to do about it."""

    code: str = Field(description="Code to switch on.")
    status: int = Field(description="HTTP status.")
    title: str = Field(description="What happened.")
    advice: str = Field(description="What to do.")
    retry: bool = Field(description="Whether the same request may work later.")
    type: str = Field(description="Problem type URI.")


class ProblemListOut(Out):
    """The catalogue of codes."""

    items: list[ProblemKindOut] = Field(description="The problem codes.")
    next: None = Field(description="Null: the list is whole.")
