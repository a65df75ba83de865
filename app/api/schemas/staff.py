"""Staff, and the roles they hold."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.known_words import SchoolKindsOut
from app.core.codes import RolesOut
from app.core.schemas import Day, EachOnce, EmailAddress, In, Line, ListIn, Out, Word, absent
from app.domain.people.memberships.schemas import GrantableRole

NEW_EMAIL = (
    "Email address that others entered, until the person or the present address confirms it."
    " Messages go to both. Null: none."
)
NEW_PHONE = (
    "Phone number that others entered, until confirmed. Empty: they remove the present one. "
    "Null: none."
)


class StaffListIn(ListIn):
    """Which staff."""

    q: Annotated[Word | None, Field(description="Any part of the name.")] = None
    role: Annotated[
        GrantableRole | None, Field(description="Only people who hold this role today.")
    ] = None


class StaffCard(Out):
    """A person in a list."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not set.")
    roles: list[RolesOut] = Field(description="Roles held today.")


class FormerNameOut(Out):
    """A name somebody had here; what they wrote before that moment was written under it."""

    name: str = Field(description="Former full name.")
    until: datetime = Field(description="When the name changed.")


class StaffOut(StaffCard):
    """A member of staff."""

    email: str = Field(description="Email address.")
    phone: str | None = Field(description="Phone number; null: not set.")
    new_email: str | None = Field(description=NEW_EMAIL)
    new_phone: str | None = Field(description=NEW_PHONE)
    created_at: datetime = Field(description="When the person was added.")
    changed_at: datetime = Field(description="When the person last changed.")
    accepted_at: datetime | None = Field(
        description="When they agreed to be on this staff; until then no role of theirs counts."
    )
    declined_at: datetime | None = Field(
        description="When they declined the invitation; null: they did not."
    )
    former_names: list[FormerNameOut] = Field(description="Names they had here before.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class StaffIn(In):
    """A new member of staff; they are invited by email."""

    name: Line = Field(description="Full name.")
    email: EmailAddress = Field(description="Email address; the invitation goes there.")
    job_title: Line | None = Field(default=None, description="Job title.")
    phone: Word | None = Field(default=None, description="Phone number.")
    roles: Annotated[list[GrantableRole], Field(max_length=12), EachOnce] = Field(
        description="Roles they get once they accept."
    )


class StaffPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent(description="Full name.")
    job_title: Line | None = Field(default=None, description="Job title.")
    phone: Word | None = Field(default=None, description="Phone number.")


class CohortOut(Out):
    """The part of the school a pastoral member works with; empty for other roles."""

    year_groups: list[str] = Field(description="Year groups they work with.")
    registration_groups: list[str] = Field(
        description="Registration groups (forms) they work with."
    )


class MembershipListIn(ListIn):
    """Which page of the memberships."""


class InvitationOut(Out):
    """An organisation that asks the signed-in person to join its staff."""

    organisation_id: UUID = Field(description="School or trust that invites you.")
    organisation: str = Field(description="Name of the school or trust.")
    kind: SchoolKindsOut = Field(description="Whether it is a school or a trust.")
    name: str = Field(description="The name they entered you under.")
    roles: list[RolesOut] = Field(description="Roles you would have there.")
    created_at: datetime = Field(description="When you were invited.")


class InvitationAnswerOut(Out):
    """What was answered."""

    organisation_id: UUID = Field(description="School or trust that invited you.")
    accepted: bool = Field(description="Whether you accepted.")


class InvitationIn(In):
    """The token of a mailed invitation."""

    token: Annotated[str, StringConstraints(min_length=20, max_length=200)] = Field(
        description="Token of the mailed link."
    )


class MembershipOut(Out):
    """One role of one person, from a day until a day."""

    id: UUID = Field(description="Membership ID.")
    staff_id: UUID = Field(description="Person who holds the role.")
    role: RolesOut = Field(description="Role the person holds.")
    valid_from: date = Field(description="First day of the role.")
    valid_to: date | None = Field(description="First day without the role; null: no end is set.")
    cohort: CohortOut = Field(description="Part of the school a pastoral member works with.")
    live: bool = Field(description="Whether it holds today.")
    created_at: datetime = Field(description="When the membership was added.")
    etag: str = Field(description="For If-Match.")


class MembershipEndIn(In):
    """When the role ends, and what becomes of the person's open work."""

    on: Day | None = Field(
        default=None, description="The first day without the role; today where it is left out."
    )
    hand_over_to: UUID | None = Field(
        default=None, description="A colleague with a safeguarding role, to own the open work."
    )
