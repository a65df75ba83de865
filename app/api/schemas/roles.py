"""Roles, and the permissions they are made of."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.rights import ClassesIn, CohortClassesIn, PermissionsIn
from app.core.codes import ConfidentialityClassesOut
from app.core.schemas import In, Line, NewId, Out, absent, words
from app.domain.people.roles import rules

Slug = Annotated[str, StringConstraints(pattern=rules.SLUG)]


class PermissionOut(Out):
    """One permission."""

    permission: str = Field(description="Code of the permission.")
    meaning: str = Field(description="What it allows.")


RoleState = Literal["active", "ended"]
RoleStatesOut: Any = words("RoleStates", get_args(RoleState))


class RoleListIn(BaseModel):
    """Which roles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: RoleState = Field(
        default="active",
        description="Roles in use, or those the school ended. Default: active.",
    )


class RoleCard(Out):
    """A role: built in or the school's own."""

    role: str = Field(description="Code that memberships and tokens carry.")
    label: str = Field(description="Name of the role.")
    built_in: bool = Field(description="Whether it comes with Cairn.")
    state: RoleStatesOut = Field(description="`ended`: nobody new can get it.")
    id: UUID | None = Field(default=None, description="Role ID; null: built in.")
    permissions: list[str] = Field(
        description="Permissions of the role, see `GET /v1/permissions`."
    )
    classes: list[ConfidentialityClassesOut] = Field(
        description="Classes of confidentiality the role always reads."
    )
    cohort_classes: list[ConfidentialityClassesOut] = Field(
        description="Classes of confidentiality it reads for children in the cohort."
    )
    cohort_only: bool = Field(description="Whether it opens only children in the cohort.")
    second_factor: bool = Field(description="Whether it needs a second factor to sign in.")
    grantable: bool = Field(description="Whether your role may give it.")
    ended_at: datetime | None = Field(default=None, description="When it was ended; null: in use.")


class RoleOut(RoleCard):
    """A role of the school's own."""

    created_at: datetime = Field(description="When the role was added.")
    changed_at: datetime = Field(description="When the role last changed.")
    operations: list[str] = Field(description="Operations you may use next.")


class RoleIn(In):
    """A new role. It cannot exceed its creator's own."""

    id: NewId
    slug: Annotated[Slug, Field(description="Permanent code. Must differ from built-in roles.")]
    label: Line = Field(description="Name of the role.")
    permissions: PermissionsIn
    classes: ClassesIn = Field(default_factory=list)
    cohort_classes: CohortClassesIn = Field(default_factory=list)
    cohort_only: bool = Field(
        default=False,
        description="Whether it opens only children in the cohort, and those granted.",
    )


class RolePatch(In):
    """A merge patch: absent fields stay."""

    label: Line = absent(description="Name of the role.")
    permissions: PermissionsIn = absent()
    classes: ClassesIn = absent()
    cohort_classes: CohortClassesIn = absent()
    cohort_only: bool = absent(
        description="Whether it opens only children in the cohort, and those granted."
    )
    hand_over_to: UUID | None = Field(
        default=None,
        description="New owner of work that holders can no longer own: a colleague with a "
        "safeguarding role; null: nobody, and refused where there is such work.",
    )


class RoleEndIn(In):
    """What happens to people with the role."""

    end_memberships: bool = Field(
        default=False, description="`true`: take it from everyone who has it."
    )
    hand_over_to: UUID | None = Field(
        default=None,
        description="New owner of the open work: a colleague with a safeguarding role.",
    )
