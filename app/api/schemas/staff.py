"""Staff, and the roles they hold."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from app.api.schemas.codes import (
    RolesOut,
)
from app.api.schemas.common import In, Line, NewId, Out, Told, Word, distinct
from app.api.schemas.lists import ListIn, absent
from app.api.schemas.texts import Day
from app.domain.staff import rules

EmailAddress = Annotated[
    str, StringConstraints(max_length=rules.LONGEST_ADDRESS, pattern=rules.ADDRESS)
]
GRANTABLE = [role.value for role in rules.GRANTABLE]


def _grantable(value: str) -> str:
    if value not in GRANTABLE:
        raise Told("not a role that can be granted")
    return value


GrantableRole = Annotated[
    str,
    StringConstraints(max_length=80),
    AfterValidator(_grantable),
    WithJsonSchema(
        {
            "type": "string",
            "enum": GRANTABLE,
            "description": "A role of `GET /v1/vocabularies/roles` that a person can be given.",
        },
        mode="validation",
    ),
]


def _without_repeats(values: list[Any]) -> list[Any]:
    if not distinct(values):
        raise Told("a value comes twice")
    return values


class StaffListIn(ListIn):
    """Which staff."""

    q: Annotated[Word | None, Field(description="Any part of the name.")] = None
    role: Annotated[
        GrantableRole | None, Field(description="Only people who hold this role today.")
    ] = None


class StaffCard(Out):
    """A person in a list."""

    id: UUID
    name: str
    job_title: str | None
    roles: list[RolesOut] = Field(description="Roles held today.")


class StaffOut(StaffCard):
    """A member of staff."""

    email: str
    phone: str | None
    created_at: datetime
    changed_at: datetime
    permissions: list[str] = Field(description="Operations this reader may do next.")


class StaffIn(In):
    """A new member of staff; they are invited by e-mail."""

    name: Line
    email: EmailAddress
    job_title: Line | None = None
    phone: Word | None = None
    roles: Annotated[list[GrantableRole], Field(max_length=12), AfterValidator(_without_repeats)]


class StaffPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent()
    job_title: Line | None = None
    phone: Word | None = None


Groups = Annotated[list[Word], Field(max_length=100), AfterValidator(_without_repeats)]


class CohortIn(In):
    """The part of the school a pastoral member works with."""

    year_groups: Groups = Field(default_factory=list)
    registration_groups: Groups = Field(default_factory=list)


class CohortOut(Out):
    """The part of the school a pastoral member works with; empty for other roles."""

    year_groups: list[str]
    registration_groups: list[str]


class MembershipListIn(ListIn):
    """Which page of the memberships."""


class MembershipIn(In):
    """A role from a day until the first day without it."""

    id: NewId
    role: GrantableRole
    valid_from: Day | None = Field(default=None, description="Today, where it is left out.")
    valid_to: Day | None = Field(default=None, description="The first day without the role.")
    cohort: CohortIn = CohortIn()


class MembershipOut(Out):
    """One role of one person, from a day until a day."""

    id: UUID
    staff_id: UUID
    role: RolesOut
    valid_from: date
    valid_to: date | None
    cohort: CohortOut
    live: bool = Field(description="Whether it holds today.")
    created_at: datetime


class MembershipEndIn(In):
    """What becomes of the person's open work."""

    hand_over_to: UUID | None = Field(
        default=None, description="A colleague with a safeguarding role, to own the open work."
    )
