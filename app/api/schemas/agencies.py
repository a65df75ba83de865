"""The agencies a school refers to and shares with."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.codes import (
    DeliveryRoutesIn,
    DeliveryRoutesOut,
    RecipientKindsIn,
    RecipientKindsOut,
)
from app.api.schemas.common import In, Line, NewId, Out, Word
from app.api.schemas.lists import ListIn, absent
from app.api.schemas.texts import SeveralLines


class AgencyListIn(ListIn):
    """Which agencies."""

    kind: RecipientKindsIn | None = None
    retired: bool = Field(default=False, description="`true` for those out of use.")


class AgencyIn(In):
    """A new agency."""

    id: NewId
    name: Line
    kind: RecipientKindsIn
    route: DeliveryRoutesIn = Field(description="How things usually reach it.")
    local_authority: Line | None = None
    phone: Word | None = None
    out_of_hours_phone: Word | None = None
    email: Line | None = None
    address: SeveralLines | None = None


class AgencyPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent()
    kind: RecipientKindsIn = absent()
    route: DeliveryRoutesIn = absent()
    local_authority: Line | None = None
    phone: Word | None = None
    out_of_hours_phone: Word | None = None
    email: Line | None = None
    address: SeveralLines | None = None
    retired: bool = absent()


class AgencyCard(Out):
    """An agency in a list."""

    id: UUID
    name: str
    kind: RecipientKindsOut
    route: DeliveryRoutesOut
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
