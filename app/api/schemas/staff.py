"""Staff, and the roles they hold."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from app.core.codes import (
    RolesOut,
)
from app.core.schemas import (
    Day,
    EmailAddress,
    In,
    Line,
    ListIn,
    NewId,
    Out,
    Told,
    Word,
    absent,
    distinct,
)

GrantableRole = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,39}$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[a-z][a-z0-9_]{2,39}$",
            "examples": ["staff", "pastoral"],
            "description": "A role of `GET /v1/roles`: built in, or defined by the school.",
        },
        mode="validation",
    ),
]


NEW_EMAIL = (
    "An e-mail address that others gave. It counts once the person or the present address "
    "confirms it; until then messages go to both. Null: none waits."
)
NEW_PHONE = (
    "The same for a phone number. Empty: the present number is to be taken away. Null: none waits."
)


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


class FormerNameOut(Out):
    """A name somebody had here; what they wrote before that moment was written under it."""

    name: str
    until: datetime


class StaffOut(StaffCard):
    """A member of staff."""

    email: str
    phone: str | None
    new_email: str | None = Field(description=NEW_EMAIL)
    new_phone: str | None = Field(description=NEW_PHONE)
    created_at: datetime
    changed_at: datetime
    accepted_at: datetime | None = Field(
        description="When they agreed to be on this staff; until then no role of theirs counts."
    )
    declined_at: datetime | None
    former_names: list[FormerNameOut]
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


class InvitationOut(Out):
    """An organisation that asks the signed-in person to join its staff."""

    organisation_id: UUID
    organisation: str
    kind: str
    name: str = Field(description="The name they entered you under.")
    roles: list[RolesOut] = Field(description="Roles you would have there.")
    created_at: datetime


class InvitationAnswerOut(Out):
    """What was answered."""

    organisation_id: UUID
    accepted: bool


class InvitationIn(In):
    """The token of a mailed invitation."""

    token: Annotated[str, StringConstraints(min_length=20, max_length=200)]


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
    etag: str


class MembershipEndIn(In):
    """When the role ends, and what becomes of the person's open work."""

    on: Day | None = Field(
        default=None, description="The first day without the role; today where it is left out."
    )
    hand_over_to: UUID | None = Field(
        default=None, description="A colleague with a safeguarding role, to own the open work."
    )
