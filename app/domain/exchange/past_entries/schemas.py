"""Past entries: what is asked of them, a row of the list, and one whole."""

from datetime import datetime
from typing import Any, Literal, get_args
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
from app.core.schemas import In, ListIn, Narrative, NewId, Out, PersonOut, UnnamedChildOut, words

PastEntryState = Literal["open", "taken_up", "closed"]
PastEntryStatesOut: Any = words("PastEntryStates", get_args(PastEntryState))


class PastEntryListIn(ListIn):
    """Filters of past entries."""

    child_id: UUID | None = Field(default=None, description="Only about this child.")
    kind: PastEntryKindsIn | None = Field(default=None, description="Only entries of this kind.")
    import_id: UUID | None = Field(default=None, description="Only entries from this import.")
    followed_by: UUID | None = Field(
        default=None, description="Only the entry that led to this concern."
    )
    state: PastEntryState | None = Field(default=None, description="Only this state. Default: all.")


class TakeUpPastEntryIn(In):
    """The concern to raise from it."""

    id: NewId = None
    immediacy: ImmediaciesIn = Field(description="Urgency of the new concern.")
    account: Narrative | None = Field(
        default=None, description="Your own statement about it, added to the concern."
    )
    categories: list[ConcernCategoriesIn] = Field(
        default=[],
        max_length=10,
        description="Categories of the new concern. Default: the entry's.",
    )
    staff_named: list[UUID] = Field(
        default=[], max_length=20, description="Staff the new concern is about or names."
    )


class PastEntryCard(Out):
    """A past entry in a list."""

    id: UUID = Field(description="Past entry ID.")
    kind: PastEntryKindsOut = Field(description="Type of entry.")
    child: PersonOut = Field(description="Child the entry is about.")
    child_role: ConcernChildRolesOut = Field(description="The child's part in it.")
    source: str = Field(description="System it comes from, such as `cpoms:hilltop`.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_unit: OccurredUnitsOut = Field(description="How exactly the time is known.")
    occurred_about: bool = Field(description="Whether the time is only approximate.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the entry."
    )
    categories: list[ConcernCategoriesOut] = Field(description="Categories, as mapped here.")
    state: PastEntryStatesOut = Field(
        description="`open`: open in the source, and not taken up. `taken_up`: a concern was "
        "raised from it. `closed`: closed in the source."
    )
    taken_up_at: datetime | None = Field(
        description="When a concern was raised from it; null: none was."
    )
    import_id: UUID = Field(description="Import that brought it.")


class WithdrawnThereOut(Out):
    """How the source withdrew it. Cairn keeps the words."""

    at: str | None = Field(
        default=None, description="When, as written in the source; null: not said."
    )
    by: str | None = Field(default=None, description="Person who did it; null: not said.")
    reason: str | None = Field(default=None, description="Why; null: not said.")


class PastFileOut(Out):
    """File of a document."""

    file_name: str = Field(description="File name as uploaded.")
    content_type: str = Field(description="Media type, as Cairn detected it.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")
    state: AttachmentStatesOut = Field(description="Whether the file can be opened.")
    flags: list[AttachmentFlagsOut] = Field(description="Flags of the file.")


class PastEntryOut(PastEntryCard):
    """A past entry, with everything the other system held."""

    source_id: str = Field(description="ID in the source system.")
    recorded_at: datetime | None = Field(
        description="When the source says it was entered; null: not said."
    )
    author_name: str | None = Field(
        description="Author's name, as written in the source; null: none."
    )
    author_role: str | None = Field(description="Author's role in the source; null: not known.")
    author_account: PersonOut | None = Field(
        description="Author's account in the source, if its staff list was imported; null: not "
        "known."
    )
    source_categories: list[str] = Field(description="Categories in the source's words.")
    text: str = Field(description="Text of the entry.")
    details: dict[str, str] = Field(description="Other columns of the source, by name.")
    significant: bool = Field(description="Whether it was marked as significant there.")
    links: list[str] = Field(description="References to other entries.")
    withdrawn: WithdrawnThereOut | None = Field(description="Withdrawal in the source; null: none.")
    redacted: bool = Field(description="Whether the source hid words.")
    others: list[UnnamedChildOut] = Field(description="Other children in it, without their names.")
    file: PastFileOut | None = Field(description="File of a document; null: not a document.")
    line: int = Field(description="Line of the file where its row starts.")
    row_sha256: str = Field(description="SHA-256 of its row, in hex.")
    file_sha256: str = Field(description="SHA-256 of its file, in hex.")
    source_row: dict[str, str | list[str]] = Field(description="Row as received, cell by cell.")
    imported_at: datetime = Field(description="When it was imported.")
    followed_by: UUID | None = Field(description="Concern raised from it; null: none.")
    taken_up_by: PersonOut | None = Field(
        description="Person who raised a concern from it; null: nobody."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
