"""Schools, and the trusts they belong to."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.common import In, Line, Out, Word
from app.api.schemas.lists import ListIn, absent

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
