"""Past entries: what is asked of them, a row of the list, and one whole."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    AttachmentFlagsOut,
    AttachmentStatesOut,
    ConcernCategoriesIn,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConfidentialityClassesOut,
    ImmediaciesIn,
    OccurredUnitsOut,
    PastEntryKindsIn,
    PastEntryKindsOut,
)
from app.core.schemas import In, ListIn, Narrative, NewId, Out, PersonOut


class PastEntryListIn(ListIn):
    """Filters of past entries."""

    child_id: UUID | None = None
    kind: PastEntryKindsIn | None = None
    import_id: UUID | None = Field(default=None, description="The import that brought it.")
    followed_by: UUID | None = Field(default=None, description="The concern raised from it.")
    still_open: bool = Field(
        default=False, description="Only what was open when it left, and nobody has taken up."
    )


class TakeUpPastEntryIn(In):
    """The concern to raise from it."""

    id: NewId = None
    immediacy: ImmediaciesIn = Field(description="Of the new concern.")
    account: Narrative | None = Field(
        default=None, description="What you say of it, kept as your own statement."
    )
    categories: list[ConcernCategoriesIn] = Field(
        default=[], max_length=10, description="Of the new concern. Default: the entry's own."
    )
    staff_named: list[UUID] = Field(
        default=[], max_length=20, description="Staff the new concern is about or names."
    )


class PastEntryCard(Out):
    """A row of the list: no narrative."""

    id: UUID
    kind: PastEntryKindsOut
    child: PersonOut
    child_role: ConcernChildRolesOut
    source_system: str
    occurred_at: datetime
    occurred_unit: OccurredUnitsOut
    occurred_about: bool
    confidentiality: ConfidentialityClassesOut
    categories: list[ConcernCategoriesOut]
    open: bool = Field(description="Whether it was still open there when it left.")
    taken_up_at: datetime | None
    import_id: UUID


class OtherPupilOut(Out):
    """Another child that the entry is about: as a role, since it is no part of this file."""

    label: str
    role: ConcernChildRolesOut


class WithdrawnThereOut(Out):
    """That the other system struck it out, as it was written there. Its words are kept."""

    at: str | None = None
    by: str | None = None
    reason: str | None = None


class PastFileOut(Out):
    """The file of a document."""

    file_name: str
    content_type: str = Field(description="By its bytes, whatever its name says.")
    size: int
    sha256: str
    state: AttachmentStatesOut
    flags: list[AttachmentFlagsOut]


class PastEntryOut(PastEntryCard):
    """An entry with everything that the other system kept of it."""

    source_id: str = Field(description="Its id in the system that it comes from.")
    recorded_at: datetime | None = Field(description="When it was entered there, as claimed.")
    author_name: str | None = Field(description="As it was written there.")
    author_role: str | None
    author_account: PersonOut | None = Field(
        description="Whose account the name is, where the list of staff came in. It opens nothing."
    )
    source_categories: list[str] = Field(description="What the source called its categories.")
    text: str
    details: dict[str, str] = Field(description="Further columns of the source, by their names.")
    significant: bool = Field(description="It was marked as one that matters most there.")
    links: list[str]
    withdrawn: WithdrawnThereOut | None
    redacted: bool = Field(description="Whether the source hid words.")
    others: list[OtherPupilOut] = Field(description="Other children in it, without their names.")
    file: PastFileOut | None = Field(description="Null for all but documents.")
    line: int = Field(description="The line of the file on which its row began.")
    row_sha256: str
    file_sha256: str
    source_row: dict[str, str | list[str]] = Field(description="The row as it came, cell by cell.")
    imported_at: datetime
    followed_by: UUID | None = Field(description="The concern that somebody raised from it.")
    taken_up_by: PersonOut | None
    permissions: list[str] = Field(description="What this reader may do next.")
