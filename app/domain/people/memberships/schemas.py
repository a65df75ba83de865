"""What gives somebody a role."""

from typing import Annotated

from pydantic import Field, StringConstraints, WithJsonSchema

from app.core.schemas import Day, EachOnce, In, NewId, Word

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

Groups = Annotated[list[Word], Field(max_length=100), EachOnce]


class CohortIn(In):
    """The cohort of a pastoral member of staff."""

    year_groups: Groups = Field(default_factory=list, description="Year groups they work with.")
    registration_groups: Groups = Field(
        default_factory=list, description="Registration groups (forms) they work with."
    )


class MembershipIn(In):
    """A role, from its first day until the first day without it."""

    id: NewId = None
    role: GrantableRole
    valid_from: Day | None = Field(default=None, description="First day. Default: today.")
    valid_to: Day | None = Field(
        default=None, description="First day without the role. Default: no end."
    )
    cohort: CohortIn = Field(
        default=CohortIn(), description="Part of the school a pastoral member works with."
    )
