"""What says which document is to be made."""

from pydantic import Field, model_validator

from app.core.codes import ChronologyKindsIn, ConcernCategoriesChosenIn, DocumentPurposesIn
from app.core.schemas import In, Line, Moment


class ChronologyDocumentIn(In):
    """What a printed chronology is for, and which entries it shows."""

    purpose: DocumentPurposesIn = Field(description="What the document is for.")
    purpose_detail: Line | None = Field(default=None, description="Such as the conference's date.")
    kinds: list[ChronologyKindsIn] = Field(
        default=[], max_length=20, description="Types of entries to print; empty: all."
    )
    category: ConcernCategoriesChosenIn | None = Field(
        default=None, description="Only entries of concerns in this category."
    )
    since: Moment | None = Field(default=None, description="Happened at or after.")
    until: Moment | None = Field(default=None, description="Happened before.")
    significant: bool | None = Field(default=None, description="Only those marked significant.")

    @model_validator(mode="after")
    def _ordered(self) -> "ChronologyDocumentIn":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since lies before until")
        return self
