"""Documents made from records, and the jobs that make them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import (
    ChronologyKindsIn,
    ChronologyKindsOut,
    ConcernChildRolesOut,
    DocumentPurposesIn,
    DocumentPurposesOut,
    OccurredPrecisionsOut,
    RolesOut,
)
from app.core.schemas import In, Line, Moment, Out, absent


class ChronologyDocumentIn(In):
    """What a printed chronology is for, and which entries it shows."""

    purpose: DocumentPurposesIn
    purpose_detail: Line | None = Field(default=None, description="Such as the conference's date.")
    kinds: list[ChronologyKindsIn] = Field(default=[], max_length=20)
    category: str | None = Field(default=None, max_length=80)
    since: Moment | None = Field(default=None, description="Happened at or after.")
    until: Moment | None = Field(default=None, description="Happened before.")
    significant: bool | None = Field(default=None, description="Only those marked significant.")

    @model_validator(mode="after")
    def _ordered(self) -> "ChronologyDocumentIn":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since lies before until")
        return self


class JobProblemOut(Out):
    """Why a job failed."""

    code: str = Field(description="Such as `no_room`, `too_large`, `rights_lost` or `fault`.")
    detail: str


class JobOut(Out):
    """Long work somebody asked for."""

    id: UUID
    kind: str = Field(description="`chronology`; the list may grow.")
    child_id: UUID
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    done: int = Field(description="Steps done; entries of the record are one each.")
    total: int | None = Field(description="Steps in all; null until everything was gathered.")
    problems: list[JobProblemOut]
    asked_at: datetime
    ended_at: datetime | None
    reference: str | None
    document_id: UUID | None = Field(description="What was frozen for it, once that is so.")
    result: str | None = Field(description="Where its file is while it is kept.")
    size: int | None = Field(description="Bytes of the file.")
    sha256: str | None = Field(description="SHA-256 of the file, in hex.")
    kept_until: datetime | None = Field(description="When the file is swept.")


class DocumentChildOut(Out):
    """Whom a document is about."""

    name: str
    known_as: str
    date_of_birth: str


class DocumentSchoolOut(Out):
    """Whose record it is."""

    name: str


class DocumentAskedOut(Out):
    """What was asked for."""

    purpose: DocumentPurposesOut
    purpose_detail: str | None
    kinds: list[str]
    category: str | None
    since: datetime | None
    until: datetime | None
    significant: bool | None


class DocumentAuthorOut(Out):
    """Who recorded an entry; the role is null where another school wrote it."""

    name: str
    role: RolesOut | None


class DocumentOtherOut(Out):
    """Another child in an entry, without a name."""

    label: str
    role: ConcernChildRolesOut


class DocumentReceivedOut(Out):
    """What a record from another school says of itself."""

    school: str | None
    record_kind: str | None
    author_name: str | None
    author_job_title: str | None
    author_role: str | None
    recorded_at: datetime | None
    state: str | None


class DocumentEntryOut(Out):
    """One entry as it was printed."""

    kind: ChronologyKindsOut
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime
    late: bool
    significant: bool
    reference: str | None
    state: str | None
    entered_in_error: bool
    level: int | None
    category: str | None
    own_categories: list[str] = absent(description="The school's own words for it.")
    child_role: ConcernChildRolesOut | None
    others: list[DocumentOtherOut]
    summary: str | None
    child_said: str | None
    decision: str | None
    reasons: str | None
    outcome: str | None
    author: DocumentAuthorOut
    step: str = absent()
    received: DocumentReceivedOut = absent()


class ChronologyContentOut(Out):
    """The frozen content of a printed chronology; its bytes are what the printed hash is of."""

    format: Literal["cairn-chronology/1"]
    kind: Literal["chronology"]
    reference: str
    school: DocumentSchoolOut
    child: DocumentChildOut
    asked: DocumentAskedOut
    entries: list[DocumentEntryOut]


class PrintingIn(In):
    """In which language a document is printed."""

    language: Literal["en", "cy"] = Field(
        default="en", description="Of the document's own words; what people wrote stays as it is."
    )
