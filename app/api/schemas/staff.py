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
    "Email address entered by others, not yet confirmed by the person or the present "
    "address. Messages go to both. Null: none."
)
NEW_PHONE = (
    "Phone number entered by others, not yet confirmed. Empty: they removed the present"
    " one. Null: none."
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
    """A former name. Earlier records were written under it."""

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
        description="When they joined the staff. Their roles do not count before; null until then."
    )
    declined_at: datetime | None = Field(
        description="When they declined the invitation; null: they did not."
    )
    former_names: list[FormerNameOut] = Field(description="Former names here.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class StaffIn(In):
    """A new member of staff, invited by email."""

    name: Line = Field(description="Full name.")
    email: EmailAddress = Field(description="Email address for the invitation.")
    job_title: Line | None = Field(default=None, description="Job title.")
    phone: Word | None = Field(default=None, description="Phone number.")
    roles: Annotated[list[GrantableRole], Field(max_length=12), EachOnce] = Field(
        description="Roles, once they accept."
    )


class StaffPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent(description="Full name.")
    job_title: Line | None = Field(default=None, description="Job title; null empties it.")
    phone: Word | None = Field(default=None, description="Phone number; null empties it.")


class CohortOut(Out):
    """The cohort of a pastoral member of staff. Empty for other roles."""

    year_groups: list[str] = Field(description="Year groups they work with.")
    registration_groups: list[str] = Field(
        description="Registration groups (forms) they work with."
    )


class MembershipListIn(ListIn):
    """Which page of the memberships."""


class InvitationOut(Out):
    """An invitation to join an organisation's staff."""

    organisation_id: UUID = Field(description="School or trust that invites you.")
    organisation: str = Field(description="Name of the school or trust.")
    kind: SchoolKindsOut = Field(description="Whether it is a school or a trust.")
    name: str = Field(description="Your name, as they entered it.")
    roles: list[RolesOut] = Field(description="Roles you would have there.")
    created_at: datetime = Field(description="When you were invited.")


class InvitationAnswerOut(Out):
    """Your answer to the invitation."""

    organisation_id: UUID = Field(description="School or trust that invited you.")
    accepted: bool = Field(description="Whether you accepted.")


class InvitationIn(In):
    """The token from an invitation email."""

    token: Annotated[str, StringConstraints(min_length=20, max_length=200)] = Field(
        description="Token from the link in the email."
    )


class MembershipOut(Out):
    """One role of one person, with its days."""

    id: UUID = Field(description="Membership ID.")
    staff_id: UUID = Field(description="Person who holds the role.")
    role: RolesOut = Field(description="Role the person holds.")
    valid_from: date = Field(description="First day of the role.")
    valid_to: date | None = Field(description="First day without the role; null: no end is set.")
    cohort: CohortOut = Field(description="Part of the school a pastoral member works with.")
    live: bool = Field(description="Whether it is current.")
    created_at: datetime = Field(description="When the membership was added.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class MembershipEndIn(In):
    """When the role ends, and who takes over open work."""

    on: Day | None = Field(default=None, description="First day without the role. Default: today.")
    hand_over_to: UUID | None = Field(
        default=None,
        description="New owner of the open work: a colleague with a safeguarding role.",
    )
