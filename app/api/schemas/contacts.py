"""The adults around a child, and what they may do."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import (
    ContactKindsIn,
    ContactKindsOut,
    ParentalResponsibilityOut,
)
from app.core.schemas import Day, Line, NewId, Out, absent
from app.domain.record.contacts.schemas import ContactPatch


class ContactIn(ContactPatch):
    """A new contact of a child; never merged with another of the same name."""

    id: NewId
    kind: ContactKindsIn
    name: Line
    valid_from: Day | None = absent()


class CourtOrderOut(Out):
    """A court order."""

    kind: str
    summary: str
    made_on: date | None
    ends_on: date | None
    forbids_telling: bool


class MayBeToldOut(Out):
    """Whether this person may be told about the child, and why."""

    value: bool
    derived: bool = Field(description="False where a person set it; `reason` is then theirs.")
    reason: str = Field(
        description="A person's own words, or a code: `restricted_person` is somebody with the "
        "name, address or phone number of a contact who may not be told."
    )


class ContactOut(Out):
    """A contact of a child; the safeguarding side is absent for those who do not read it."""

    id: UUID
    child_id: UUID
    kind: ContactKindsOut
    name: str
    organisation: str | None
    email: str | None
    phone: str | None
    address: str | None
    language: str | None
    parental_responsibility: ParentalResponsibilityOut
    lives_with: str
    is_parent: bool = Field(description="A parent in the sense of section 576, Education Act 1996.")
    contact_allowed: str = absent()
    restriction: str | None = absent()
    court_orders: list[CourtOrderOut] = absent()
    alleged_source_of_harm: bool = absent()
    may_be_told: MayBeToldOut = absent()
    priority: int | None
    source: str
    valid_from: date | None
    valid_to: date | None
    created_at: datetime
    changed_at: datetime
    etag: str = Field(description="Send in If-Match when changing this contact.")
    permissions: list[str] = Field(description="Operations this reader may do next.")
