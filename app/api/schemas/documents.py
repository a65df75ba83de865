"""Documents made from records, and the jobs that make them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    EntryStepsOut,
    ItemKindsOut,
    JobFaultsOut,
    JobKindsOut,
    JobStatesOut,
    RecordStatesOut,
)
from app.core.codes import (
    ChildStatusKindsOut,
    ChronologyKindsOut,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    DocumentPurposesOut,
    OccurredPrecisionsOut,
    RolesOut,
    SafetyRecordKindsOut,
)
from app.core.schemas import In, Out, UnnamedChildOut, absent


class JobProblemOut(Out):
    """Why a job failed."""

    code: JobFaultsOut = Field(description="Code of the problem.")
    detail: str = Field(description="What went wrong.")


class JobOut(Out):
    """A background job you started."""

    id: UUID = Field(description="Job ID.")
    kind: JobKindsOut = Field(description="Type of job.")
    child_id: UUID = Field(description="Child the job is about.")
    state: JobStatesOut = Field(description="Progress of the job.")
    done: int = Field(description="Steps done; each entry of the record is one.")
    total: int | None = Field(description="Total steps; null: still gathering.")
    problems: list[JobProblemOut] = Field(description="Why the job failed; empty: it did not.")
    asked_at: datetime = Field(description="When you started it.")
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    reference: str | None = Field(description="Reference of the document; null until it is made.")
    document_id: UUID | None = Field(description="Document it made; null until then.")
    result: str | None = Field(description="Address of its file; null: no file now.")
    size: int | None = Field(description="Size of the file in bytes; null: no file yet.")
    sha256: str | None = Field(description="SHA-256 of the file, in hex; null: no file yet.")
    kept_until: datetime | None = Field(description="When Cairn deletes the file; null: no file.")


class DocumentChildOut(Out):
    """The child the document is about."""

    name: str = Field(description="Legal name.")
    known_as: str = Field(description="Name used at school.")
    date_of_birth: str = Field(description="Date of birth, as printed.")


class DocumentSchoolOut(Out):
    """The school that keeps the record."""

    name: str = Field(description="Name of the school.")


class DocumentAskedOut(Out):
    """Filters chosen for the document."""

    purpose: DocumentPurposesOut = Field(description="What the document is for.")
    purpose_detail: str | None = Field(description="Purpose in words; null: not said.")
    kinds: list[ChronologyKindsOut] = Field(description="Types of entries; empty: all.")
    category: ConcernCategoriesOut | None = Field(
        description="Category of the concerns; null: all."
    )
    since: datetime | None = Field(description="Entries at or after; null: all.")
    until: datetime | None = Field(description="Entries before; null: all.")
    significant: bool | None = Field(
        description="`true`: significant entries. `false`: the others. Null: all."
    )


class DocumentAuthorOut(Out):
    """Author of an entry. The role is null if another school wrote it."""

    name: str = Field(description="Author's name.")
    role: RolesOut | None = Field(description="Role they wrote it in; null: another school.")


class DocumentReceivedOut(Out):
    """Details of a record from another school."""

    school: str | None = Field(description="School it comes from; null: not known.")
    record_kind: ItemKindsOut | None = Field(description="Type of record there; null: not known.")
    author_name: str | None = Field(description="Person who wrote it there; null: not known.")
    author_job_title: str | None = Field(description="Their job title there; null: not known.")
    author_role: str | None = Field(description="Their role there; null: not known.")
    recorded_at: datetime | None = Field(description="When it was written there; null: not known.")
    state: str | None = Field(description="State it had there; null: not known.")


class DocumentEntryOut(Out):
    """One entry as printed."""

    kind: ChronologyKindsOut = Field(description="Type of entry.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When it was saved.")
    late: bool = Field(description="Whether it was saved more than a day after it happened.")
    significant: bool = Field(description="Whether it is marked as significant.")
    reference: str | None = Field(description="Reference of the record; null: it has none.")
    state: RecordStatesOut | None = Field(description="State of the record; null: it has none.")
    entered_in_error: bool = Field(description="Whether the record was marked as entered in error.")
    level: int | None = Field(description="Level of need, 1 to 4; null: not set.")
    category: ConcernCategoriesOut | None = Field(
        description="Main category of the concern; null: none."
    )
    status_kind: ChildStatusKindsOut | None = Field(
        description="What a status is; null: not a status."
    )
    safety_record_kind: SafetyRecordKindsOut | None = Field(
        description="What a safety record is; null: not a safety record."
    )
    own_categories: list[str] = absent(description="The school's own categories for it.")
    child_role: ConcernChildRolesOut | None = Field(
        description="The child's part in it; null: none."
    )
    others: list[UnnamedChildOut] = Field(description="Other children involved, without names.")
    summary: str | None = Field(description="What happened, in one line; null: nothing.")
    child_said: str | None = Field(description="What the child said; null: nothing.")
    decision: str | None = Field(description="Decision; null: not a decision.")
    reason: str | None = Field(description="Reason for the decision; null: not a decision.")
    outcome: str | None = Field(description="Outcome; null: none yet.")
    author: DocumentAuthorOut = Field(description="Person who recorded it.")
    step: EntryStepsOut = absent(description="Step that it shows; absent: none.")
    received: DocumentReceivedOut = absent(
        description="What another school recorded; absent: not from another school."
    )


class ChronologyContentOut(Out):
    """The frozen content of a printed chronology. The printed hash is of these bytes."""

    format: Literal["cairn-chronology/1"]
    kind: Literal["chronology"]
    reference: str = Field(description="Document reference that people use.")
    school: DocumentSchoolOut = Field(description="School the record is kept by.")
    child: DocumentChildOut = Field(description="Child the document is about.")
    asked: DocumentAskedOut = Field(description="Filters chosen for it.")
    entries: list[DocumentEntryOut] = Field(description="The entries, as printed.")


class PrintingIn(In):
    """In which language a document is printed."""

    language: Literal["en", "cy"] = Field(
        default="en",
        description="Language of the document's own words. Other text stays as written.",
    )
