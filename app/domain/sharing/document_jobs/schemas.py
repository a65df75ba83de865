"""What says which document is to be made."""

from pydantic import Field, model_validator

from app.core.codes import ChronologyKindsIn, ConcernCategoriesChosenIn, DocumentPurposesIn
from app.core.schemas import In, Line, Moment


class ChronologyDocumentIn(In):
    """The purpose of a printed chronology, and its filters."""

    purpose: DocumentPurposesIn = Field(description="What the document is for.")
    purpose_detail: Line | None = Field(
        default=None, description="More about the purpose, such as the conference date."
    )
    kinds: list[ChronologyKindsIn] = Field(
        default=[], max_length=20, description="Types of entries to print; empty: all."
    )
    category: ConcernCategoriesChosenIn | None = Field(
        default=None, description="Only entries of concerns in this category."
    )
    since: Moment | None = Field(
        default=None, description="Only what happened at or after this time."
    )
    until: Moment | None = Field(default=None, description="Only what happened before this time.")
    significant: bool | None = Field(default=None, description="`true`: only significant entries.")

    @model_validator(mode="after")
    def _ordered(self) -> "ChronologyDocumentIn":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since lies before until")
        return self
