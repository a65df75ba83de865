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
    ChronologyKindsOut,
    ConcernCategoriesOut,
    ConcernChildRolesOut,
    DocumentPurposesOut,
    OccurredPrecisionsOut,
    RolesOut,
)
from app.core.schemas import In, Out, UnnamedChildOut, absent


class JobProblemOut(Out):
    """Why a job failed."""

    code: JobFaultsOut = Field(description="What it was.")
    detail: str = Field(description="What went wrong.")


class JobOut(Out):
    """Long work somebody asked for."""

    id: UUID = Field(description="Job ID.")
    kind: JobKindsOut = Field(description="What is made.")
    child_id: UUID = Field(description="Child the job is about.")
    state: JobStatesOut = Field(description="How far it is.")
    done: int = Field(description="Steps done; entries of the record are one each.")
    total: int | None = Field(description="Steps in all; null until everything was gathered.")
    problems: list[JobProblemOut] = Field(description="Why the job failed; empty: it did not.")
    asked_at: datetime = Field(description="When you asked for it.")
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    reference: str | None = Field(description="Reference of the document; null until it is made.")
    document_id: UUID | None = Field(description="What was frozen for it, once that is so.")
    result: str | None = Field(description="Where its file is while it is kept.")
    size: int | None = Field(description="Bytes of the file.")
    sha256: str | None = Field(description="SHA-256 of the file, in hex.")
    kept_until: datetime | None = Field(description="When the file is swept.")


class DocumentChildOut(Out):
    """Child a document is about."""

    name: str = Field(description="Legal name.")
    known_as: str = Field(description="Name used at school.")
    date_of_birth: str = Field(description="Date of birth, as printed.")


class DocumentSchoolOut(Out):
    """Whose record it is."""

    name: str = Field(description="Name of the school.")


class DocumentAskedOut(Out):
    """What was asked for."""

    purpose: DocumentPurposesOut = Field(description="What the document is for.")
    purpose_detail: str | None = Field(description="What it is for, in words; null: not said.")
    kinds: list[ChronologyKindsOut] = Field(description="Kinds of entries; empty: all.")
    category: ConcernCategoriesOut | None = Field(
        description="Only concerns in this category; null: all."
    )
    since: datetime | None = Field(description="Only entries from then on; null: all.")
    until: datetime | None = Field(description="Only entries before then; null: all.")
    significant: bool | None = Field(
        description="Only significant entries, or only others; null: all."
    )


class DocumentAuthorOut(Out):
    """Who recorded an entry; the role is null where another school wrote it."""

    name: str = Field(description="Author's name.")
    role: RolesOut | None = Field(description="Role they wrote it in; null: another school.")


class DocumentReceivedOut(Out):
    """What a record from another school says of itself."""

    school: str | None = Field(description="School it comes from; null: not known.")
    record_kind: ItemKindsOut | None = Field(description="Type of record there; null: not known.")
    author_name: str | None = Field(description="Person who wrote it there; null: not known.")
    author_job_title: str | None = Field(description="Their job title there; null: not known.")
    author_role: str | None = Field(description="Their role there; null: not known.")
    recorded_at: datetime | None = Field(description="When it was written there; null: not known.")
    state: str | None = Field(description="State it had there; null: not known.")


class DocumentEntryOut(Out):
    """One entry as it was printed."""

    kind: ChronologyKindsOut = Field(description="Type of entry.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When it was saved.")
    late: bool = Field(description="Whether it was saved more than a day after it happened.")
    significant: bool = Field(description="Whether it is marked as significant.")
    reference: str | None = Field(description="Reference of the record; null: it has none.")
    state: RecordStatesOut | None = Field(description="State of the record; null: it has none.")
    entered_in_error: bool = Field(description="Whether the record was withdrawn as an error.")
    level: int | None = Field(description="Level of need, 1 to 4; null: not set.")
    category: ConcernCategoriesOut | None = Field(
        description="Category of a concern, or kind of a status or record; null: none."
    )
    own_categories: list[str] = absent(description="The school's own words for it.")
    child_role: ConcernChildRolesOut | None = Field(
        description="The child's part in it; null: none."
    )
    others: list[UnnamedChildOut] = Field(description="Other children in it, without names.")
    summary: str | None = Field(description="What happened, in one line; null: nothing.")
    child_said: str | None = Field(description="What the child said; null: nothing.")
    decision: str | None = Field(description="What was decided; null: no decision.")
    reason: str | None = Field(description="Why it was decided; null: no decision.")
    outcome: str | None = Field(description="Outcome; null: none yet.")
    author: DocumentAuthorOut = Field(description="Person who recorded it.")
    step: EntryStepsOut = absent(description="Step that the entry shows.")
    received: DocumentReceivedOut = absent(description="What another school said of it.")


class ChronologyContentOut(Out):
    """The frozen content of a printed chronology; its bytes are what the printed hash is of."""

    format: Literal["cairn-chronology/1"]
    kind: Literal["chronology"]
    reference: str = Field(description="Document reference that people use.")
    school: DocumentSchoolOut = Field(description="School the record is kept by.")
    child: DocumentChildOut = Field(description="Child the document is about.")
    asked: DocumentAskedOut = Field(description="What it was asked to show.")
    entries: list[DocumentEntryOut] = Field(description="The entries, as printed.")


class PrintingIn(In):
    """In which language a document is printed."""

    language: Literal["en", "cy"] = Field(
        default="en",
        description="Language of the document's own words; what people wrote stays as it is.",
    )
