"""Schools, and the trusts they belong to."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.known_words import NationsOut, SchoolKindsOut
from app.core.codes import RolesOut
from app.core.schemas import In, Line, ListIn, Out, Word, absent

RoleName = Annotated[str, StringConstraints(max_length=60, pattern="^[a-z][a-z0-9_]*$")]
Nation = Literal["england", "wales", "scotland", "northern_ireland"]


class SchoolListIn(ListIn):
    """Which page of the schools."""


class SchoolCard(Out):
    """A school in a list."""

    id: UUID = Field(description="School ID.")
    kind: SchoolKindsOut = Field(description="Whether it is a school or a trust.")
    name: str = Field(description="Name of the school.")
    urn: str | None = Field(description="Unique reference number; null: none.")
    laestab: str | None = Field(description="LAESTAB number; null: none.")
    nation: NationsOut = Field(description="Nation whose rules apply.")
    created_at: datetime = Field(description="When the school was added.")


class SchoolOut(SchoolCard):
    """A school with all its settings."""

    trust_id: UUID | None = Field(description="Trust it belongs to; null: none.")
    local_authority: str | None = Field(
        description="Local authority, by code or name; null: not set."
    )
    phone: str | None = Field(description="Phone number; null: not set.")
    second_factor_roles: list[RolesOut] = Field(
        description="Roles that need a second factor here, besides those that always do."
    )
    roster_leaving_percent: int = Field(
        description="Percentage of pupils a roster may take off the roll without approval. "
        "Default: 10."
    )
    roster_identifier_percent: int = Field(
        description="Percentage of identifiers a roster may replace without approval. Default: 10."
    )
    roster_stale_days: int = Field(
        description="School days without an import until a roster source is out of date. Default: "
        "3."
    )
    changed_at: datetime = Field(description="When the school last changed.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class SchoolPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent(description="Name of the school.")
    urn: Word | None = Field(
        default=None, description="Unique reference number: six digits (GIAS); null empties it."
    )
    laestab: Word | None = Field(
        default=None, description="LAESTAB number, as 123/4567; null empties it."
    )
    local_authority: Line | None = Field(
        default=None, description="Local authority, by code or name; null empties it."
    )
    nation: Nation = absent(description="Nation whose rules apply.")
    phone: Word | None = Field(default=None, description="Phone number; null empties it.")
    second_factor_roles: Annotated[
        list[RoleName],
        Field(
            max_length=50,
            description="Roles that need a second factor. Send the whole list. Leads, heads and "
            "administrators always do.",
        ),
    ] = absent()
    roster_leaving_percent: Annotated[
        int,
        Field(ge=0, le=100, description="Percentage of pupils a roster may take off the roll."),
    ] = absent()
    roster_identifier_percent: Annotated[
        int, Field(ge=0, le=100, description="Percentage of identifiers a roster may replace.")
    ] = absent()
    roster_stale_days: Annotated[
        int, Field(ge=1, le=60, description="School days until a roster source is out of date.")
    ] = absent()
