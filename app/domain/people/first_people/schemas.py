"""The people a new school of a trust begins with, and how far they have come."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import RolesOut
from app.core.schemas import EachOnce, Out
from app.domain.people.foundings.schemas import NamedPersonIn, SchoolFactsIn

FirstRole = Literal["school_admin", "dsl", "headteacher", "chair_of_governors"]


class FirstPersonIn(NamedPersonIn):
    """Somebody a school begins with."""

    roles: Annotated[list[FirstRole], Field(min_length=1, max_length=4), EachOnce] = Field(
        description="Roles the person gets."
    )


class SchoolFoundingIn(SchoolFactsIn):
    """A new school of the trust, and its first people."""

    people: list[FirstPersonIn] = Field(
        max_length=20,
        description="At least an administrator, a safeguarding lead and a headteacher. One "
        "person may hold several roles. Cairn invites each by email.",
    )


class FirstAppointmentIn(NamedPersonIn):
    """Somebody to be asked, in place of those who were asked and have not joined."""

    role: FirstRole = Field(description="Role the person gets.")


class InvitedOut(Out):
    """Somebody who was asked and has not joined."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Full name.")
    email: str = Field(description="Email address.")
    invited_at: datetime = Field(description="When they were invited.")


class FirstRoleOut(Out):
    """Whether a school has somebody in a role it begins with."""

    role: RolesOut = Field(description="The role.")
    joined: bool = Field(description="Whether a holder has joined.")
    invited: list[InvitedOut] = Field(description="Those asked who have not joined.")


class FirstPeopleOut(Out):
    """How far the founding of a school has come."""

    school_id: UUID = Field(description="School they join.")
    ready: bool = Field(description="Whether administrator, lead and headteacher have joined.")
    appoints: bool = Field(
        description="Whether the trust still appoints: until the school has its first pupil."
    )
    roles: list[FirstRoleOut] = Field(description="Roles a school begins with.")
