"""Roles, and the permissions they are made of."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.rights import ClassesIn, CohortClassesIn, PermissionsIn
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
        description="Roles that can be held, or those that the school ended. Default: active.",
    )


class RoleCard(Out):
    """A role, built in or defined by the school."""

    role: str = Field(description="The name that memberships and tokens carry.")
    label: str = Field(description="Name of the role.")
    built_in: bool = Field(description="Whether it comes with Cairn.")
    state: RoleStatesOut = Field(description="`ended`: nobody can be given it.")
    id: UUID | None = Field(
        default=None, description="ID of a role the school defined; null: a built-in role."
    )
    permissions: list[str] = Field(description="Labels: `GET /v1/permissions`.")
    classes: list[str] = Field(description="Classes read without any further reason.")
    cohort_classes: list[str] = Field(description="Classes read where a child is in their cohort.")
    cohort_only: bool = Field(description="Opens only children in their cohort.")
    second_factor: bool = Field(description="Whether it needs a second factor to sign in.")
    grantable: bool = Field(description="Whether this reader's role reaches far enough to give it.")
    ended_at: datetime | None = Field(
        default=None, description="When it was ended; null while it can be held."
    )


class RoleOut(RoleCard):
    """A role the school defined."""

    created_at: datetime = Field(description="When the role was added.")
    changed_at: datetime = Field(description="When the role last changed.")
    operations: list[str] = Field(description="Operations this reader may do next.")


class RoleIn(In):
    """A new role, of at most what its creator's role may do and read."""

    id: NewId
    slug: Annotated[Slug, Field(description="Permanent code, unlike any built-in role's.")]
    label: Line = Field(description="Name of the role.")
    permissions: PermissionsIn
    classes: ClassesIn = Field(default_factory=list)
    cohort_classes: CohortClassesIn = Field(default_factory=list)
    cohort_only: bool = Field(
        default=False, description="Opens only children in their cohort, and those granted."
    )


class RolePatch(In):
    """A merge patch: absent fields stay."""

    label: Line = absent(description="Name of the role.")
    permissions: PermissionsIn = absent()
    classes: ClassesIn = absent()
    cohort_classes: CohortClassesIn = absent()
    cohort_only: bool = absent(description="Whether it reaches only a part of the school.")
    hand_over_to: UUID | None = Field(
        default=None,
        description="A colleague with a safeguarding role, to own what holders can own no longer.",
    )


class RoleEndIn(In):
    """What becomes of those who hold the role."""

    end_memberships: bool = Field(
        default=False, description="Take the role from everybody who holds it."
    )
    hand_over_to: UUID | None = Field(
        default=None, description="A colleague with a safeguarding role, to own the open work."
    )
