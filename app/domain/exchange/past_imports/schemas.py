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
PastFaultsOut: Any = words("PastFaults", CODES)
PastSeveritiesOut: Any = words("PastSeverities", LOUDEST)
FATE = f"One of {', '.join(FATES)}."


class PastImportQuery(BaseModel):
    """What goes with a file, in the address or as fields of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: PastEntryKindsIn = Field(description="What every row of the file is.")
    source: SourceName = Field(
        description="The installation it comes from, such as `cpoms:hilltop`."
    )
    confidentiality: Class = Field(
        default="K3", description="The lowest class of what comes in; a row may only raise it."
    )
    plan_only: bool = Field(
        default=False, description="Only look: the plan can be read and never approved."
    )


class PastCategoryIn(In):
    """What a category of the source means here."""

    source: Line = Field(description="As the source writes it; case does not matter.")
    code: ConcernCategoriesChosenIn | None = Field(
        default=None, description="A code, or a word of the school's own. Default: `other`."
    )
    confidentiality: Class | None = Field(
        default=None, description="At least this class for entries that have it."
    )
    set_aside: bool = Field(default=False, description="Rows about staff: they never come in.")


class PastMappingIn(In):
    """Which column is which field, for files whose columns have other names."""

    columns: dict[Line, Annotated[list[Line], Field(max_length=10)]] = Field(
        min_length=1, max_length=100,
        description="Columns that fill each field, joined in order. An empty list for "
                        "`contact_allowed`: the system kept nothing of it.",
    )  # fmt: skip
    values: dict[Line, Annotated[dict[Line, Line], Field(max_length=500)]] = Field(
        default={}, max_length=20,
        description="Words of a field and what they mean, such as Active for `open`: true.",
    )  # fmt: skip
    date_order: Literal["dmy", "mdy", "ymd"] | None = Field(
        default=None, description="Needed where no date of a column proves it."
    )


class PastImportPatch(In):
    """What changes while it is planned; the plan is made once more."""

    confidentiality: Class = absent(description="Lowest class of confidentiality for every row.")
    categories: list[PastCategoryIn] = absent(
        max_length=500, description="What the source's categories mean here."
    )
    mapping: PastMappingIn = absent(
        description="Confirms the columns, for this file and all with the same header."
    )
    add_changed: bool = absent(
        description="True: rows that changed since they came in come in beside what came first."
    )


class MatchSourceChildIn(In):
    """Which child of this school it is."""

    child_id: UUID = Field(description="The child of this school.")


RowState = Literal["open", "closed"]
RowStatesOut: Any = words("PastRowStates", get_args(RowState))


class PastRowListIn(ListIn):
    """Filters of the rows of a plan."""

    fate: Annotated[str, Field(pattern=f"^({'|'.join(FATES)})$")] | None = Field(
        default=None, description="What becomes of the row."
    )
    state: RowState | None = Field(
        default=None, description="Only what is open, or closed, in the source. Default: both."
    )


class PastCategoryOut(Out):
    """What a category of the source means here."""

    source: str = Field(description="Category in the source's words.")
    code: ConcernCategoriesOut | None = Field(description="Category it means here; null: none.")
    confidentiality: ConfidentialityClassesOut | None = Field(
        description="Lowest class for its rows; null: as the import's."
    )
    set_aside: bool = Field(description="Whether its rows stay out.")


class PastClassOut(Out):
    """How many rows come in with a class."""

    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the class."
    )
    rows: int = Field(description="How many rows have it.")


class PastCodeOut(Out):
    """One sort of problem, and how often it was found."""

    code: PastFaultsOut = Field(description="Code of the problem.")
    severity: PastSeveritiesOut = Field(description="What it does to the row.")
    title: str = Field(description="What is wrong.")
    advice: str = Field(description="What to do about it.")
    number: int = Field(description="How often it was found.")


class PastCountsOut(Out):
    """The figures of a plan. Every row is in exactly one of the first five."""

    new: int = Field(description="Rows to be added.")
    unchanged: int = Field(description="They came in before, just so.")
    held: int = Field(description="A person has to decide something first.")
    set_aside: int = Field(description="About a member of staff: for the headteacher alone.")
    refused: int = Field(description="Rows with a fault.")
    rows: int = Field(description="All rows of the file: the five together.")
    open: int = Field(description="New ones that were still open in the source.")
    by_class: list[PastClassOut] = Field(description="Rows by class of confidentiality.")
    problems: list[PastCodeOut] = Field(description="Problems by code.")
    kept: int | None = Field(
        default=None, description="After an undo: entries that somebody has worked with."
    )


class PastReasonOut(Out):
    """Why an import was refused or failed."""

    code: PastFaultsOut = Field(description="Code of the reason.")
    title: str = Field(description="What happened.")
    advice: str = Field(description="What to do about it.")


class GuessedColumnOut(Out):
    """A column that is proposed for a field, and why."""

    field: str = Field(description="Field it would fill.")
    column: str = Field(description="Name of the column.")
    likeness: float = Field(description="From 0.6 to 1: names and values together.")
    sure: bool = Field(description="False: a question, and not an answer.")
    reason: str = Field(description="Why they may fit.")
    blank: float = Field(description="The share of rows in which it is blank.")
    samples: list[str] = Field(description="Shapes of its values: Aaaa, 99/99/9999.")


class PastMappingOut(Out):
    """How columns of other names are read: confirmed, or only proposed."""

    confirmed: bool = Field(description="Whether a person confirmed it.")
    columns: dict[str, list[str]] = Field(description="Proposed: the sure ones alone.")
    values: dict[str, dict[str, str]] = Field(description="What the values of each column mean.")
    date_order: str | None = Field(description="Order of day and month; null: not needed.")
    date_order_needed: bool = Field(description="Day and month could be swapped: say which.")
    guesses: list[GuessedColumnOut] = Field(description="Columns that are only proposed.")
    unmapped: list[str] = Field(description="Columns of the file that nothing was found for.")
    missing: list[str] = Field(
        description="Fields that are needed and have no column. `contact_allowed` may be confirmed "
        "with an empty list."
    )
    fields: list[str] = Field(description="Every field that a column can fill.")
    header: str = Field(description="The hash of the columns that it is for.")


class PastImportOut(ImportOut):
    """One file of past entries and what became of it."""

    kind: PastEntryKindsOut = Field(description="Type of entries in the file.")
    source: str = Field(description="System it comes from, such as `cpoms:hilltop`.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Lowest class of confidentiality for every row."
    )
    categories: list[PastCategoryOut] = Field(description="What the source's categories mean here.")
    fault: PastReasonOut | None = Field(
        description="Why it was refused or failed; null: it was not."
    )
    done: int = Field(description="Rows that are in so far.")
    total: int = Field(description="Rows that come in; 0 until it is planned.")
    counts: PastCountsOut | None = Field(
        description="Rows counted by outcome; null until planned or refused."
    )
    highest_class: ConfidentialityClassesOut | None = Field(
        description="Only somebody who reads this class approves it."
    )
    approved_by: PersonOut | None = Field(description="Person who approved it; null until then.")
    approved_at: datetime | None = Field(description="When it was approved; null until then.")
    seconded_by: PersonOut | None = Field(description="The second lead, needed for class K5.")
    seconded_at: datetime | None = Field(description="When the second lead approved it.")
    add_changed: bool = Field(
        description="Rows that changed since they came in come in beside what came first."
    )
    mapping: PastMappingOut | None = Field(
        description="Mapping used; null: columns are named as in `cairn-history/1`."
    )
    reason: str | None = Field(description="Why it was approved; null until then.")
    undone_by: PersonOut | None = Field(description="Person who undid it; null: nobody.")
    undone_at: datetime | None = Field(description="When it was undone; null: it was not.")
    undo_reason: str | None = Field(description="Why it was undone; null: it was not.")


class PastProblemOut(ImportProblemOut):
    """One fault in a file of past entries."""

    code: PastFaultsOut = Field(description="Code of the problem.")
    severity: PastSeveritiesOut = Field(description="What it does to the row.")
    title: str = Field(description="What is wrong.")
    advice: str = Field(description="What to do about it.")


class PlannedChildOut(Out):
    """A child of an entry that is planned."""

    child: PersonOut = Field(description="The child.")
    role: ConcernChildRolesOut = Field(description="The child's part in it.")


class PlannedFileOut(Out):
    """The file of a document that is planned."""

    path: str = Field(description="Where it lies in the zip.")
    content_type: str = Field(description="Media type, as Cairn found it.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")


class PlannedStatusOut(Out):
    """The status of the child that a row would be."""

    kind: ChildStatusKindsOut = Field(description="Type of status.")
    detail: str | None = Field(description="More about it; null: nothing.")
    valid_from: date = Field(description="First day it applied.")
    valid_to: date | None = Field(description="First day it no longer applied; null while it does.")
    lead_agency: str | None = Field(description="Agency that leads; null: none.")
    worker: str | None = Field(description="Professional who leads; null: none.")
    evidence: str | None = Field(description="What it rests on; null: not said.")
    review_due: date | None = Field(description="Day of its next review; null: none.")


class PlannedEntryOut(Out):
    """What an entry would be."""

    occurred_at: datetime | None = Field(description="When it happened; null: not known.")
    occurred_unit: OccurredUnitsOut = Field(description="How exactly the time is known.")
    occurred_about: bool = Field(description="Whether the time is only approximate.")
    recorded_at: datetime | None = Field(description="When it was entered there, as claimed.")
    author_name: str | None = Field(description="As it was written there.")
    author_role: str | None = Field(description="Author's role there; null: not known.")
    source_categories: list[str] = Field(description="What the source called its categories.")
    categories: list[ConcernCategoriesOut] = Field(description="Categories, as mapped here.")
    text: str = Field(description="What was written.")
    details: dict[str, str] = Field(description="Further columns of the source, by their names.")
    significant: bool = Field(description="Whether it was marked as significant there.")
    links: list[str] = Field(description="References to other entries.")
    withdrawn: WithdrawnThereOut | None = Field(description="Withdrawal there; null: none.")
    redacted: bool = Field(description="Whether the source hid words.")
    file: PlannedFileOut | None = Field(description="File of a document; null: not a document.")
    status: PlannedStatusOut | None = Field(description="Status the entry becomes; null: none.")
    staff_id: UUID | None = Field(description="Member of staff whose account it is.")


class PastRowOut(Out):
    """One row of the plan, with what it says."""

    position: int = Field(description="Number of the row in the plan, from 1.")
    line: int = Field(description="Line in the file.")
    source_id: str = Field(description="ID in the system it comes from.")
    fate: str = Field(description=FATE)
    codes: list[PastFaultsOut] = Field(description="Codes of its problems.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the row."
    )
    state: RowStatesOut = Field(description="Whether it was still open there.")
    children: list[PlannedChildOut] = Field(description="Children the entry is about.")
    unmatched: list[str] = Field(description="References that nobody knows, as they were written.")
    content: PlannedEntryOut | None = Field(description="What the row becomes; null: nothing.")


class ProposedChildOut(Out):
    """A child who may be meant: by name and birth date, which never decide."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")
    year_group: str | None = Field(description="Year group; null: not known.")
    same_birth_date: bool = Field(description="Whether the date of birth is the same.")


class SourceChildOut(Out):
    """A child of the source; nobody has said yet which child of this school it is."""

    id: UUID = Field(description="ID of the unmatched child.")
    reference: str = Field(description="As the source names the child.")
    rows: int = Field(description="Rows of the import that name it.")
    child_id: UUID | None = Field(description="What somebody has said.")
    decided_at: datetime | None = Field(description="When somebody matched it; null until then.")
    proposals: list[ProposedChildOut] = Field(description="Children who may be meant.")
