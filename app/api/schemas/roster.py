"""Roster imports: what is asked, what became of a file, and what was wrong with it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.known_words import (
    RosterCausesOut,
    RosterFaultsOut,
    RosterKindsOut,
    RosterReasonsOut,
    RosterSeveritiesOut,
)
from app.core.schemas import ListIn, Out, absent
from app.domain.exchange.imports.schemas import ImportOut, ImportProblemOut, SourceName


class RosterImportQuery(BaseModel):
    """What goes with a file, in the address or as fields of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: SourceName = Field(
        default="oneroster",
        description="The system the file comes from; rows are known again by source and id.",
    )
    plan_only: bool = Field(
        default=False, description="Only plan it: nothing changes before the import is approved."
    )
    organisation_source_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(
        default_factory=lambda: "",
        description="The file's sourcedId of this school; needed where the file has several.",
    )


class RosterBatchQuery(BaseModel):
    """What goes with lines of children, in the address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: SourceName = Field(
        description="The system the children come from; they are known again by source and id."
    )


class RosterLineProblemOut(Out):
    """One fault of a line; it never repeats what a value said."""

    column: str | None = Field(description="Field; null: the whole line.")
    code: RosterFaultsOut = Field(description="Code of the fault.")
    severity: RosterSeveritiesOut = Field(description="Whether it kept the line out.")
    detail: str = Field(description="What is wrong, in words.")


class RosterBatchItemOut(Out):
    """What came of one line."""

    line: int = Field(description="The line of the body, from 1.")
    source_id: str | None = Field(description="The id by which it is known. Null: not read.")
    result: str = Field(
        description="new, changed, unchanged or left; problem: the line was left out; held or "
        "refused: so was the whole, see the import."
    )
    child_id: UUID | None = Field(description="The child. Null: nobody was imported for it.")
    problems: list[RosterLineProblemOut] = Field(description="What is wrong with the line.")


class RosterChangesQuery(ListIn):
    """Which changes of an import."""

    kind: Literal["child", "contact", "staff"] | None = Field(
        default=None, description="Only records of this kind."
    )
    change: Literal["new", "changed", "left"] | None = Field(
        default=None, description="Only what is added, changed, or ended."
    )


class RosterNumberOut(Out):
    """A number or account of a child, by its system."""

    system: str = Field(description="System of the number.")
    value: str = Field(description="The number or account.")


class RosterFieldOut(Out):
    """One field of a record: what stood there, and what the import makes of it."""

    field: str = Field(description="The name of the field; `identifiers` for all numbers.")
    old: str | list[RosterNumberOut] | None = Field(description="The value before. Null: none.")
    new: str | list[RosterNumberOut] | None = Field(
        description="The value of the import. Null: none."
    )


class RosterChangeOut(Out):
    """What an import does to one record."""

    position: int = Field(description="A child comes first, then the child's contacts.")
    kind: RosterKindsOut = Field(description="What the row is.")
    change: str = Field(description="new, changed or left.")
    record_id: UUID | None = Field(
        description="Null: it is added once the plan is applied, or a new member of staff."
    )
    child_id: UUID | None = Field(description="The child it belongs to. Null: staff.")
    source_id: str | None = Field(description="The row's id in the source.")
    line: int | None = Field(description="The row's line in its file. Null: it has none.")
    year_group: str | None = Field(description="The child's year group.")
    reason_code: RosterCausesOut = Field(
        description="`in_file`; `returned`: it was gone; `absent`: the file says that it is "
        "complete; `marked_deleted`."
    )
    fields: list[RosterFieldOut] = Field(description="Fields that change.")
    undone_at: datetime | None = Field(description="When it was undone. Null: it was not.")
    kept: list[str] | None = Field(
        description="Fields that undoing left as they are, since somebody had changed them or "
        "worked with the record."
    )


class RosterFatesOut(Out):
    """Rows of one kind by what an import does with them."""

    new: int = Field(description="Rows that would be added.")
    changed: int = Field(description="Rows that would change something.")
    unchanged: int = Field(description="Rows that change nothing.")
    left: int = Field(description="In the file no more. Enrolments end; nothing is deleted.")
    problems: int = Field(description="Rows with a fault, which are left out.")


class RosterOrganisationOut(Out):
    """A school of the file."""

    source_id: str = Field(description="ID of the school in the source.")
    name: str = Field(description="Name in the source.")


class RosterYearOut(Out):
    """Children of one year group by what an import does with them."""

    year_group: str | None = Field(description="Year group; null: none.")
    new: int = Field(description="Children who would be added.")
    changed: int = Field(description="Children who would change.")
    unchanged: int = Field(description="Children who stay as they are.")
    left: int = Field(description="Children who would leave the roll.")


class RosterHoldOut(Out):
    """Why a plan is held: how many, of how many, and the percentage that passes by itself."""

    code: RosterReasonsOut = Field(description="Code of the reason.")
    number: int = Field(description="How many it touches.")
    of: int = Field(description="Out of how many.")
    percent: int = Field(description="Percentage that passes without approval.")


class RosterUndoneOut(Out):
    """Records that undoing an import restored, and those of which it left something."""

    restored: int = Field(description="Records that were restored.")
    kept: int = Field(description="Records of which something was left.")


class RosterCountsOut(Out):
    """The figures of an import, once it has been planned or refused."""

    children: RosterFatesOut = Field(description="Rows of children.")
    staff: RosterFatesOut = Field(description="Rows of staff.")
    contacts: RosterFatesOut = Field(description="Rows of contacts.")
    enrolments: RosterFatesOut = Field(description="Rows of enrolments.")
    elsewhere: int = Field(
        description="People of other schools, parents of nobody here, and people marked as deleted "
        "who are not here."
    )
    left_out: int = Field(
        description="Rows that could not be read, and people who are not used, such as staff "
        "without an email address."
    )
    errors: int = Field(description="Faults that kept something out.")
    warnings: int = Field(description="Faults that kept nothing out.")
    year_groups: list[RosterYearOut] = Field(
        default_factory=list, description="Children by year group, once it is planned."
    )
    held: list[RosterHoldOut] = Field(
        default_factory=list, description="Everything that holds the plan for approval."
    )
    undone: RosterUndoneOut = absent(description="What undoing it did.")
    organisations: list[RosterOrganisationOut] = Field(
        default_factory=list, description="What to choose from where a choice is needed."
    )


class RosterReasonOut(Out):
    """Why an import is held or was refused."""

    code: RosterReasonsOut = Field(description="Code of the reason.")
    detail: str = Field(description="The reason in words.")


class RosterImportOut(ImportOut):
    """One roster file and what became of it."""

    source: str = Field(description="Source the roster belongs to.")
    format: str = Field(
        description="oneroster, sds, ctf, mapped_csv or ndjson; unknown until the file was read."
    )
    organisation_source_id: str | None = Field(
        description="ID of this school in the source; null: not needed."
    )
    handling: str = Field(
        description="strict: each row that departs from its standard is left out. lenient: it is "
        "kept."
    )
    plan_only: bool = Field(description="True: nothing is applied before it is approved.")
    done: int = Field(description="Rows read so far.")
    total: int = Field(description="Rows in all; 0 until they have been counted.")
    counts: RosterCountsOut | None = Field(
        description="Rows counted by outcome; null until planned or refused."
    )
    fault: RosterReasonOut | None = Field(
        description="Why it is held or was refused; null: it was not."
    )


class RosterProblemOut(ImportProblemOut):
    """One fault in a roster file."""

    code: RosterFaultsOut = Field(description="Code of the problem.")
    severity: RosterSeveritiesOut = Field(description="Whether it kept something out.")
    file: str = Field(description="File in the archive.")
    detail: str = Field(description="What is wrong, in words.")
