"""Imports of past entries: what is asked, what became of a file, and what was wrong with it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.codes import (
    ChildStatusKindsOut,
    ConcernCategoriesChosenIn,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    ConfidentialityClassesOut,
    OccurredUnitsOut,
    PastEntryKindsIn,
    PastEntryKindsOut,
)
from app.core.schemas import In, Line, ListIn, Out, PersonOut, absent, words
from app.domain.exchange.imports.schemas import ImportOut, ImportProblemOut, SourceName
from app.domain.exchange.past_entries.schemas import WithdrawnThereOut
from app.domain.exchange.past_imports.rules import FATES
from app.formats.history import LOUDEST
from app.formats.history.problems import CODES

Class = Literal["K2", "K3", "K4", "K5"]
DateOrder = Literal["dmy", "mdy", "ymd"]
DateOrdersOut: Any = words(None, get_args(DateOrder), closed=True)
PastFaultsOut: Any = words("PastFaults", CODES)
PastSeveritiesOut: Any = words("PastSeverities", LOUDEST)
PastFatesOut: Any = words("PastFates", FATES)
FATE = "What happens to the row."


class PastImportQuery(BaseModel):
    """What goes with a file, in the address or as fields of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: PastEntryKindsIn = Field(description="Type of every row in the file.")
    source: SourceName = Field(description="Source system, such as `cpoms:hilltop`.")
    confidentiality: Class = Field(
        default="K3", description="Lowest class of confidentiality; a row may raise it."
    )
    plan_only: bool = Field(
        default=False, description="`true`: plan only. You can read the plan but never approve it."
    )


class PastCategoryIn(In):
    """What a source category means here."""

    source: Line = Field(description="Category as the source writes it; case does not matter.")
    code: ConcernCategoriesChosenIn | None = Field(
        default=None, description="Common category, or the school's own. Default: `other`."
    )
    confidentiality: Class | None = Field(
        default=None, description="Lowest class of confidentiality for these rows."
    )
    set_aside: bool = Field(default=False, description="`true`: rows about staff, never imported.")


class PastMappingIn(In):
    """Columns for each field, if they have other names."""

    columns: dict[Line, Annotated[list[Line], Field(max_length=10)]] = Field(
        min_length=1, max_length=100,
        description="Columns for each field, joined in order. Empty for `contact_allowed`: the "
        "system had none.",
    )  # fmt: skip
    values: dict[Line, Annotated[dict[Line, Line], Field(max_length=500)]] = Field(
        default={}, max_length=20,
        description="Meaning of a field's words, such as `Active` for `open`: true.",
    )  # fmt: skip
    date_order: DateOrder | None = Field(
        default=None,
        description="Order of day and month. Required if no date in the column shows it.",
    )


class PastImportPatch(In):
    """Fields to change while it is planned. Cairn then plans it again."""

    confidentiality: Class = absent(description="Lowest class of confidentiality for every row.")
    categories: list[PastCategoryIn] = absent(
        max_length=500, description="What each source category means here."
    )
    mapping: PastMappingIn = absent(
        description="Confirmed columns, for this file and others with the same header."
    )
    add_changed: bool = absent(
        description="`true`: add rows that changed since an earlier import, beside the earlier "
        "version."
    )


class MatchSourceChildIn(In):
    """The matching child of this school."""

    child_id: UUID = Field(description="Matching child of this school.")


RowState = Literal["open", "closed"]
RowStatesOut: Any = words("PastRowStates", get_args(RowState))


class PastRowListIn(ListIn):
    """Filters of the rows of a plan."""

    fate: Annotated[str, Field(pattern=f"^({'|'.join(FATES)})$")] | None = Field(
        default=None, description="Only rows with this result."
    )
    state: RowState | None = Field(
        default=None,
        description="Only entries open in the source, or only closed ones. Default: both.",
    )


class PastCategoryOut(Out):
    """What a source category means here."""

    source: str = Field(description="Category in the source's words.")
    code: ConcernCategoriesOut | None = Field(description="Category it means here; null: none.")
    confidentiality: ConfidentialityClassesOut | None = Field(
        description="Lowest class for its rows; null: the import's."
    )
    set_aside: bool = Field(description="Whether its rows are left out.")


class PastClassOut(Out):
    """Number of rows in one class."""

    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    rows: int = Field(description="Number of rows.")


class PastCodeOut(Out):
    """One type of problem, and how often it occurs."""

    code: PastFaultsOut = Field(description="Code of the problem.")
    severity: PastSeveritiesOut = Field(description="Effect on the row.")
    title: str = Field(description="What is wrong.")
    advice: str = Field(description="What to do.")
    number: int = Field(description="Number of times found.")


class PastCountsOut(Out):
    """Row counts of a plan. Each row is in exactly one of the first five."""

    new: int = Field(description="Rows to add.")
    unchanged: int = Field(description="Rows imported before, and the same.")
    held: int = Field(description="Rows that need a person's decision.")
    set_aside: int = Field(description="Rows about staff, for the headteacher only.")
    refused: int = Field(description="Rows with an error.")
    rows: int = Field(description="All rows: the sum of the first five.")
    open: int = Field(description="New rows still open in the source.")
    by_class: list[PastClassOut] = Field(description="Rows by class of confidentiality.")
    problems: list[PastCodeOut] = Field(description="Problems, by code.")
    kept: int | None = Field(
        default=None,
        description="Entries that undoing kept, as someone has worked with them; null: not undone.",
    )


class PastReasonOut(Out):
    """Why an import was refused or failed."""

    code: PastFaultsOut = Field(description="Code of the reason.")
    title: str = Field(description="What happened.")
    advice: str = Field(description="What to do.")


class GuessedColumnOut(Out):
    """A column proposed for a field, and why."""

    field: str = Field(description="Field the column would fill.")
    column: str = Field(description="Name of the column.")
    likeness: float = Field(description="Match from 0.6 to 1, by name and values together.")
    sure: bool = Field(description="`false`: please confirm it.")
    reason: str = Field(description="Why they may fit.")
    blank: float = Field(description="Share of rows that are blank.")
    samples: list[str] = Field(description="Shapes of its values, such as `Aaaa` or `99/99/9999`.")


class PastMappingOut(Out):
    """How columns are read: confirmed or proposed."""

    confirmed: bool = Field(description="Whether a person confirmed it.")
    columns: dict[str, list[str]] = Field(
        description="Columns for each field. If only proposed: the certain ones."
    )
    values: dict[str, dict[str, str]] = Field(description="Meaning of the values in each column.")
    date_order: DateOrdersOut | None = Field(
        description="Order of day and month; null: not needed."
    )
    date_order_needed: bool = Field(
        description="Whether you must send `date_order`, as day and month could be swapped."
    )
    guesses: list[GuessedColumnOut] = Field(description="Columns that are only proposed.")
    unmapped: list[str] = Field(description="Columns without a field.")
    missing: list[str] = Field(
        description="Required fields without a column. You may confirm `contact_allowed` with an "
        "empty list."
    )
    fields: list[str] = Field(description="All fields a column can fill.")
    header: str = Field(description="Hash of the header it applies to.")


class PastImportOut(ImportOut):
    """One file of past entries, and its progress."""

    kind: PastEntryKindsOut = Field(description="Type of entries in the file.")
    source: str = Field(description="System it comes from, such as `cpoms:hilltop`.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Lowest class of confidentiality for every row."
    )
    categories: list[PastCategoryOut] = Field(description="What each source category means here.")
    fault: PastReasonOut | None = Field(
        description="Why it was refused or failed; null: it was not."
    )
    done: int = Field(description="Rows imported so far.")
    total: int = Field(description="Rows to import; 0 until planned.")
    counts: PastCountsOut | None = Field(
        description="Rows counted by outcome; null until planned or refused."
    )
    highest_class: ConfidentialityClassesOut | None = Field(
        description="Highest class of confidentiality in it. Only people who read it may approve; "
        "null until planned."
    )
    approved_by: PersonOut | None = Field(description="Person who approved it; null until then.")
    approved_at: datetime | None = Field(description="When it was approved; null until then.")
    seconded_by: PersonOut | None = Field(
        description="Second lead, required for class K5; null until then."
    )
    seconded_at: datetime | None = Field(
        description="When the second lead approved it; null until then."
    )
    add_changed: bool = Field(
        description="Whether rows that changed since an earlier import are added, beside the "
        "earlier version."
    )
    mapping: PastMappingOut | None = Field(
        description="Mapping used; null: columns are named as in `cairn-history/1`."
    )
    reason: str | None = Field(description="Why it was approved; null until then.")
    undone_by: PersonOut | None = Field(description="Person who undid it; null: nobody.")
    undone_at: datetime | None = Field(description="When it was undone; null: it was not.")
    undo_reason: str | None = Field(description="Why it was undone; null: it was not.")


class PastProblemOut(ImportProblemOut):
    """One problem in a file of past entries."""

    code: PastFaultsOut = Field(description="Code of the problem.")
    severity: PastSeveritiesOut = Field(description="Effect on the row.")
    title: str = Field(description="What is wrong.")
    advice: str = Field(description="What to do.")


class PlannedChildOut(Out):
    """A child of a planned entry."""

    child: PersonOut = Field(description="The child.")
    role: ConcernChildRolesOut = Field(description="The child's part in it.")


class PlannedFileOut(Out):
    """The file of a planned document."""

    path: str = Field(description="Path in the zip file.")
    content_type: str = Field(description="Media type, as Cairn detected it.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")


class PlannedStatusOut(Out):
    """The status a row would become."""

    kind: ChildStatusKindsOut = Field(description="Type of status.")
    detail: str | None = Field(description="Further details; null: none.")
    valid_from: date = Field(description="First day it applied.")
    valid_to: date | None = Field(description="First day it no longer applied; null while it does.")
    lead_agency: str | None = Field(description="Agency that leads; null: none.")
    worker: str | None = Field(description="Professional who leads; null: none.")
    evidence: str | None = Field(description="Evidence for it; null: not said.")
    review_due: date | None = Field(description="Day of its next review; null: none.")


class PlannedEntryOut(Out):
    """The entry a row would become."""

    occurred_at: datetime | None = Field(description="When it happened; null: not known.")
    occurred_unit: OccurredUnitsOut = Field(description="How exactly the time is known.")
    occurred_about: bool = Field(description="Whether the time is only approximate.")
    recorded_at: datetime | None = Field(
        description="When the source says it was entered; null: not said."
    )
    author_name: str | None = Field(
        description="Author's name, as written in the source; null: none."
    )
    author_role: str | None = Field(description="Author's role in the source; null: not known.")
    source_categories: list[str] = Field(description="Categories in the source's words.")
    categories: list[ConcernCategoriesOut] = Field(description="Categories, as mapped here.")
    text: str = Field(description="Text of the entry.")
    details: dict[str, str] = Field(description="Other columns of the source, by name.")
    significant: bool = Field(description="Whether it was marked as significant there.")
    links: list[str] = Field(description="References to other entries.")
    withdrawn: WithdrawnThereOut | None = Field(description="Withdrawal in the source; null: none.")
    redacted: bool = Field(description="Whether the source hid words.")
    file: PlannedFileOut | None = Field(description="File of a document; null: not a document.")
    status: PlannedStatusOut | None = Field(description="Status the entry becomes; null: none.")
    staff_id: UUID | None = Field(description="Author's staff ID here; null: not known.")


class PastRowOut(Out):
    """One row of the plan, with its content."""

    position: int = Field(description="Row number in the plan, from 1.")
    line: int = Field(description="Line number in the file.")
    source_id: str = Field(description="ID in the source system.")
    fate: PastFatesOut = Field(description=FATE)
    codes: list[PastFaultsOut] = Field(description="Codes of its problems.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the row."
    )
    state: RowStatesOut = Field(description="Whether it was open in the source.")
    children: list[PlannedChildOut] = Field(description="Children the entry is about.")
    unmatched: list[str] = Field(description="Unknown references, as written.")
    content: PlannedEntryOut | None = Field(description="What the row becomes; null: nothing.")


class ProposedChildOut(Out):
    """A child who may be meant, by name and date of birth. A person decides."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")
    year_group: str | None = Field(description="Year group; null: not known.")
    same_birth_date: bool = Field(description="Whether the date of birth is the same.")


class SourceChildOut(Out):
    """A child of the source, to be matched with a child here."""

    id: UUID = Field(description="ID of the unmatched child.")
    reference: str = Field(description="Child's reference in the source.")
    rows: int = Field(description="Number of import rows that name the child.")
    child_id: UUID | None = Field(description="Matched child; null: not matched.")
    decided_at: datetime | None = Field(description="When somebody matched it; null until then.")
    proposals: list[ProposedChildOut] = Field(description="Children who may match.")
