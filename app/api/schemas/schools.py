"""Schools, and the trusts they belong to."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.codes import RolesOut
from app.core.schemas import In, Line, ListIn, Out, Word, absent

RoleName = Annotated[str, StringConstraints(max_length=60, pattern="^[a-z][a-z0-9_]*$")]
Nation = Literal["england", "wales", "scotland", "northern_ireland"]


class SchoolListIn(ListIn):
    """Which page of the schools."""


class SchoolCard(Out):
    """A school in a list."""

    id: UUID
    kind: str
    name: str
    urn: str | None
    laestab: str | None
    nation: str
    created_at: datetime


class SchoolOut(SchoolCard):
    """All that is kept about a school."""

    trust_id: UUID | None
    local_authority: str | None
    phone: str | None
    second_factor_roles: list[RolesOut] = Field(
        description="Roles that need a second factor here, beyond those that need one anywhere."
    )
    roster_leaving_percent: int = Field(
        description="A roster that would take more of the pupils off the roll is held. Default: 10."
    )
    roster_identifier_percent: int = Field(
        description="A roster that would replace more of the identifiers is held. Default: 10."
    )
    roster_stale_days: int = Field(
        description="School days without a good import after which a roster source is stale. "
        "Default: 3."
    )
    changed_at: datetime
    permissions: list[str] = Field(description="Operations this reader may do next.")


class SchoolPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent()
    urn: Word | None = Field(default=None, description="Six digits (GIAS).")
    laestab: Word | None = Field(default=None, description="The DfE number, as 123/4567.")
    local_authority: Line | None = None
    nation: Nation = absent()
    phone: Word | None = None
    second_factor_roles: Annotated[
        list[RoleName],
        Field(max_length=50, description="The whole list; leads, heads and admins always do."),
    ] = absent()
    roster_leaving_percent: Annotated[
        int,
        Field(ge=0, le=100, description="Share of pupils that a roster may take off the roll."),
    ] = absent()
    roster_identifier_percent: Annotated[
        int, Field(ge=0, le=100, description="Share of identifiers that a roster may replace.")
    ] = absent()
    roster_stale_days: Annotated[
        int, Field(ge=1, le=60, description="School days after which a roster source is stale.")
    ] = absent()
