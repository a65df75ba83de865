"""The agencies a school refers to and shares with."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.api.schemas.referrals import Variant
from app.api.schemas.service_keys import Networks
from app.core.codes import (
    DeliveryRoutesIn,
    DeliveryRoutesOut,
    RecipientKindsIn,
    RecipientKindsOut,
    ReferralKindsIn,
)
from app.core.schemas import In, Line, ListIn, Moment, Name, NewId, Out, SeveralLines, Word, absent

FormVariants = Annotated[
    dict[ReferralKindsIn, Variant],
    Field(
        max_length=40,
        description="The local form this agency wants for a kind of referral.",
        json_schema_extra={"additionalProperties": False},
    ),
]


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
    form_variants: FormVariants = Field(default_factory=dict)


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
    form_variants: FormVariants = absent()
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
    form_variants: dict[str, str] = Field(description="Kind of referral to local form.")
    webhook_url: str | None = Field(description="Where its own system is told, if it is.")
    changed_at: datetime
    permissions: list[str] = Field(description="Operations this reader may do next.")


class AgencyKeyIn(In):
    """A key for the agency's own system."""

    name: Name
    networks: Networks = Field(default_factory=list)
    expires_at: Moment | None = Field(
        default=None, description="At most two years ahead; a year where it is left out."
    )


class AgencyKeyOut(Out):
    """A key of an agency; it reads what was sent to the agency, and answers."""

    id: UUID = Field(description="Its client id.")
    name: str
    networks: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_by: UUID
    created_at: datetime
    revoked_at: datetime | None
    etag: str


class AgencyKeySecretOut(Out):
    """A new key."""

    id: UUID = Field(description="Its client id.")
    name: str
    secret: str = Field(description="Shown this once.")
    expires_at: datetime | None


class AgencyWebhookIn(In):
    """Where the agency's own system is told that something waits."""

    url: Line


class AgencyWebhookOut(Out):
    """The address and the secret of its signatures."""

    webhook_url: str
    secret: str = Field(description="Shown this once; setting the address anew makes another.")
