"""The agencies a school refers to and shares with."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.common import In, Line, NewId, Out, Word, code_of, open_code, text_of
from app.api.schemas.lists import ListIn, absent


class AgencyListIn(ListIn):
    """Which agencies."""

    kind: code_of("recipient_kinds") | None = None  # type: ignore[valid-type]
    retired: bool = Field(default=False, description="`true` for those out of use.")


class AgencyIn(In):
    """A new agency."""

    id: NewId
    name: Line
    kind: code_of("recipient_kinds")  # type: ignore[valid-type]
    route: code_of("delivery_routes") = Field(  # type: ignore[valid-type]
        description="How things usually reach it."
    )
    local_authority: Line | None = None
    phone: Word | None = None
    out_of_hours_phone: Word | None = None
    email: Line | None = None
    address: text_of(1_000) | None = None  # type: ignore[valid-type]


class AgencyPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent()
    kind: code_of("recipient_kinds") = absent()  # type: ignore[valid-type]
    route: code_of("delivery_routes") = absent()  # type: ignore[valid-type]
    local_authority: Line | None = None
    phone: Word | None = None
    out_of_hours_phone: Word | None = None
    email: Line | None = None
    address: text_of(1_000) | None = None  # type: ignore[valid-type]
    retired: bool = absent()


class AgencyCard(Out):
    """An agency in a list."""

    id: UUID
    name: str
    kind: open_code("recipient_kinds")  # type: ignore[valid-type]
    route: open_code("delivery_routes")  # type: ignore[valid-type]
    local_authority: str | None
    phone: str | None
    out_of_hours_phone: str | None
    retired_at: datetime | None
    created_at: datetime


class AgencyOut(AgencyCard):
    """All that is kept about an agency."""

    email: str | None
    address: str | None
    changed_at: datetime
    permissions: list[str] = Field(description="Operations this reader may do next.")
