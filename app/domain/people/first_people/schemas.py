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
    """A person a school starts with."""

    roles: Annotated[list[FirstRole], Field(min_length=1, max_length=4), EachOnce] = Field(
        description="Roles the person gets."
    )


class SchoolFoundingIn(SchoolFactsIn):
    """A new school of the trust, and its first staff."""

    people: list[FirstPersonIn] = Field(
        max_length=20,
        description="At least an administrator, a safeguarding lead and a headteacher. One person "
        "may have several roles. Cairn emails each an invitation.",
    )


class FirstAppointmentIn(NamedPersonIn):
    """A person to invite instead of those who have not joined."""

    role: FirstRole = Field(description="Role the person gets.")


class InvitedOut(Out):
    """A person invited who has not joined."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Full name.")
    email: str = Field(description="Email address.")
    invited_at: datetime = Field(description="When they were invited.")


class FirstRoleOut(Out):
    """A role a school needs at the start."""

    role: RolesOut = Field(description="The role.")
    joined: bool = Field(description="Whether someone in this role has joined.")
    invited: list[InvitedOut] = Field(description="People invited who have not joined.")


class FirstPeopleOut(Out):
    """Progress of setting up a school."""

    school_id: UUID = Field(description="School they join.")
    ready: bool = Field(
        description="Whether an administrator, a lead and a headteacher have joined."
    )
    appoints: bool = Field(
        description="Whether the trust can still appoint: until the school has its first pupil."
    )
    roles: list[FirstRoleOut] = Field(description="Roles a school needs at the start.")
