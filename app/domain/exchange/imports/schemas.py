"""What every import shows of itself, and how its problems are asked for."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.codes import ImportStatesOut
from app.core.schemas import Line, ListIn, Out, PersonOut

SOURCE = r"^[a-z0-9][a-z0-9_.:-]{0,59}$"
SourceName = Annotated[str, StringConstraints(pattern=SOURCE)]


class ImportProblemListIn(ListIn):
    """Filters of problems."""

    code: Line | None = Field(default=None, description="Only problems with this code.")


class ImportOut(Out):
    """One file that was sent, and what became of it."""

    id: UUID = Field(description="Import ID.")
    file_name: str = Field(description="File name as uploaded.")
    plan_only: bool = Field(description="Whether it is only a trial.")
    state: ImportStatesOut = Field(description="Progress of the import.")
    done: int
    total: int
    started_by: PersonOut | None = Field(
        description="Person who started it; null: the command line."
    )
    created_at: datetime = Field(description="When it was sent.")
    ended_at: datetime | None = Field(description="When it ended; null: it runs or needs approval.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class ImportProblemOut(Out):
    """One fault in a file, by line; it never repeats what a cell said."""

    position: int = Field(description="Number of the problem, from 1.")
    line: int = Field(description="Line number, from 1; 0: the whole file.")
    column: str | None = Field(description="Column; null: the whole line.")
    code: str = Field(description="Code of the problem.")
    severity: str = Field(description="Whether it kept something out.")
