"""Roster imports: what is asked, what became of a file, and what was wrong with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.schemas import Out, absent

SOURCE = r"^[a-z0-9][a-z0-9_.:-]{0,59}$"


class RosterImportQuery(BaseModel):
    """What goes with a file, in the address or as fields of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, StringConstraints(pattern=SOURCE)] = Field(
        default="oneroster",
        description="The system the file comes from; rows are known again by source and id.",
    )
    organisation_source_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(
        default_factory=lambda: "",
        description="The file's sourcedId of this school; needed where the file has several.",
    )


class RosterFatesOut(Out):
    """Rows of one kind by what an import does with them."""

    new: int
    changed: int
    unchanged: int
    left: int = Field(description="In the file no more. Enrolments end; nothing is deleted.")
    problems: int


class RosterOrganisationOut(Out):
    """A school of the file."""

    source_id: str
    name: str


class RosterCountsOut(Out):
    """The figures of an import, once it has been planned or refused."""

    children: RosterFatesOut
    staff: RosterFatesOut
    contacts: RosterFatesOut
    enrolments: RosterFatesOut
    elsewhere: int = Field(description="People of other schools, and parents of nobody here.")
    left_out: int = Field(description="Rows that could not be read.")
    errors: int
    warnings: int
    organisations: list[RosterOrganisationOut] = Field(
        default_factory=list, description="What to choose from where a choice is needed."
    )


class RosterReasonOut(Out):
    """Why an import is held or was refused."""

    code: str
    detail: str


class RosterImportOut(Out):
    """One roster file and what became of it."""

    id: UUID
    source: str
    format: str = Field(
        description="oneroster, sds, ctf, mapped_csv or ndjson; unknown until the file was read."
    )
    file_name: str
    organisation_source_id: str | None
    state: str = Field(
        description="received, parsed, planned, held, approved, applied, refused or failed."
    )
    done: int = Field(description="Rows read so far.")
    total: int = Field(description="Rows in all; 0 until they have been counted.")
    counts: RosterCountsOut = absent()
    because: RosterReasonOut = absent()
    started_by: UUID | None = Field(description="Null for an operator's command.")
    created_at: datetime
    finished_at: datetime | None
    permissions: list[str]


class RosterProblemOut(Out):
    """One fault in a file, by line; it never repeats what a cell said."""

    position: int
    file: str
    line: int = Field(description="From 1; 0 means the whole file.")
    column: str | None
    code: str
    severity: str
    detail: str
