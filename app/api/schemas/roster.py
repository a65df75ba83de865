"""Roster imports: what is asked, what became of a file, and what was wrong with it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.known_words import (
    RosterCausesOut,
    RosterChangeKindsOut,
    RosterFaultsOut,
    RosterFormatsOut,
    RosterHandlingsOut,
    RosterKindsOut,
    RosterReasonsOut,
    RosterResultsOut,
    RosterSeveritiesOut,
)
from app.core.codes import IdentifierSystemsOut
from app.core.schemas import ListIn, Out, absent
from app.domain.exchange.imports.schemas import ImportOut, ImportProblemOut, SourceName


class RosterImportQuery(BaseModel):
    """What goes with a file, in the address or as fields of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: SourceName = Field(
        default="oneroster",
        description="Source system. Cairn recognises rows by source and ID.",
    )
    plan_only: bool = Field(
        default=False,
        description="`true`: plan only. Nothing changes until someone approves the import.",
    )
    organisation_source_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(
        default_factory=lambda: "",
        description="`sourcedId` of this school in the file. Required if the file has several "
        "schools.",
    )


class RosterBatchQuery(BaseModel):
    """What goes with lines of children, in the address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: SourceName = Field(
        description="Source system. Cairn recognises children by source and ID."
    )


class RosterLineProblemOut(Out):
    """One problem with a line. Never repeats a value."""

    column: str | None = Field(description="Field; null: the whole line.")
    code: RosterFaultsOut = Field(description="Code of the fault.")
    severity: RosterSeveritiesOut = Field(description="Whether it kept the line out.")
    detail: str = Field(description="What is wrong, in words.")


class RosterBatchItemOut(Out):
    """The result of one line."""

    line: int = Field(description="Line number in the body, from 1.")
    source_id: str | None = Field(description="ID in the source; null: not read.")
    result: RosterResultsOut = Field(
        description="`problem`: this line was left out. `held` or `refused`: the whole import "
        "was, see there."
    )
    child_id: UUID | None = Field(description="Child; null: none was imported.")
    problems: list[RosterLineProblemOut] = Field(description="Problems with the line.")


class RosterChangesQuery(ListIn):
    """Which changes of an import."""

    kind: Literal["child", "contact", "staff"] | None = Field(
        default=None, description="Only records of this kind."
    )
    change: Literal["new", "changed", "left"] | None = Field(
        default=None, description="Only records added, changed or ended."
    )


class RosterNumberOut(Out):
    """An identifier or account of a child."""

    system: IdentifierSystemsOut = Field(description="Type of identifier.")
    value: str = Field(description="The number or account.")


class RosterFieldOut(Out):
    """One field, before and after the import."""

    field: str = Field(description="Name of the field; `identifiers`: all of them.")
    old: str | list[RosterNumberOut] | None = Field(
        description="Value before; null: none, or a service key asks."
    )
    new: str | list[RosterNumberOut] | None = Field(description="Value after; null: none.")


class RosterChangeOut(Out):
    """The effect of an import on one record."""

    position: int = Field(
        description="Order of the changes. Each child comes before their contacts."
    )
    kind: RosterKindsOut = Field(description="Type of record.")
    change: RosterChangeKindsOut = Field(description="What happens to it.")
    record_id: UUID | None = Field(
        description="Record; null: not yet added, or a new member of staff."
    )
    child_id: UUID | None = Field(description="Child it belongs to; null: staff.")
    source_id: str | None = Field(description="ID in the source; null: none.")
    line: int | None = Field(description="Line number in its file; null: none.")
    year_group: str | None = Field(
        description="The child's year group; null: not known, or no child."
    )
    reason_code: RosterCausesOut = Field(
        description="Why. `in_file`: in the file. `returned`: back after leaving. `absent`: "
        "missing from a file said to be complete. `marked_deleted`: deleted in the source."
    )
    fields: list[RosterFieldOut] = Field(description="Changed fields.")
    undone_at: datetime | None = Field(description="When it was undone; null: it was not.")
    kept: list[str] | None = Field(
        description="Fields that undoing left, as someone had changed them or worked with the "
        "record; null: not undone."
    )


class RosterFatesOut(Out):
    """Rows of one type, by what happens to them."""

    new: int = Field(description="Rows to add.")
    changed: int = Field(description="Rows that change something.")
    unchanged: int = Field(description="Rows that change nothing.")
    left: int = Field(
        description="Rows no longer in the file. Enrolments end; Cairn deletes nothing."
    )
    problems: int = Field(description="Rows with errors, left out.")


class RosterOrganisationOut(Out):
    """A school of the file."""

    source_id: str = Field(description="ID of the school in the source.")
    name: str = Field(description="Name in the source.")


class RosterYearOut(Out):
    """Children of one year group, by what happens to them."""

    year_group: str | None = Field(description="Year group; null: none.")
    new: int = Field(description="Number of children to add.")
    changed: int = Field(description="Number of children to change.")
    unchanged: int = Field(description="Number of children who stay the same.")
    left: int = Field(description="Number of children to take off the roll.")


class RosterHoldOut(Out):
    """Why a plan is held, with its numbers."""

    code: RosterReasonsOut = Field(description="Code of the reason.")
    number: int = Field(description="Number affected.")
    of: int = Field(description="Total number.")
    percent: int = Field(description="Percentage allowed without approval.")


class RosterUndoneOut(Out):
    """Records restored by undoing an import, and those only partly restored."""

    restored: int = Field(description="Number of records restored.")
    kept: int = Field(description="Number of records only partly restored.")


class RosterCountsOut(Out):
    """Counts of an import that was planned or refused."""

    children: RosterFatesOut = Field(description="Rows of children.")
    staff: RosterFatesOut = Field(description="Rows of staff.")
    contacts: RosterFatesOut = Field(description="Rows of contacts.")
    enrolments: RosterFatesOut = Field(description="Rows of enrolments.")
    elsewhere: int = Field(
        description="People of other schools, contacts of no child here, and deleted people not "
        "here."
    )
    left_out: int = Field(
        description="Unreadable rows, and unused people, such as staff without an email address."
    )
    errors: int = Field(description="Problems that kept something out.")
    warnings: int = Field(description="Problems that kept nothing out.")
    year_groups: list[RosterYearOut] = Field(
        default_factory=list, description="Children by year group, once planned."
    )
    held: list[RosterHoldOut] = Field(
        default_factory=list, description="Reasons the plan needs approval."
    )
    undone: RosterUndoneOut = absent(description="Result of undoing it.")
    organisations: list[RosterOrganisationOut] = Field(
        default_factory=list, description="Schools to choose from, if you must choose one."
    )


class RosterReasonOut(Out):
    """Why an import is held or was refused."""

    code: RosterReasonsOut = Field(description="Code of the reason.")
    detail: str = Field(description="Reason in words.")


class RosterImportOut(ImportOut):
    """One roster file, and its progress."""

    source: str = Field(description="Source the roster belongs to.")
    format: RosterFormatsOut = Field(description="`unknown` until the file is read.")
    organisation_source_id: str | None = Field(
        description="ID of this school in the source; null: not needed."
    )
    handling: RosterHandlingsOut = Field(
        description="`strict`: leaves out rows that break their standard. `lenient`: keeps them."
    )
    plan_only: bool = Field(description="Whether it is only a plan, until someone approves it.")
    done: int = Field(description="Rows read so far.")
    total: int = Field(description="Rows in all; 0 until counted.")
    counts: RosterCountsOut | None = Field(
        description="Rows counted by outcome; null until planned or refused."
    )
    fault: RosterReasonOut | None = Field(
        description="Why it is held or was refused; null: it was not."
    )


class RosterProblemOut(ImportProblemOut):
    """One problem in a roster file."""

    code: RosterFaultsOut = Field(description="Code of the problem.")
    severity: RosterSeveritiesOut = Field(description="Whether it kept something out.")
    file: str = Field(description="File in the archive.")
    detail: str = Field(description="What is wrong, in words.")
