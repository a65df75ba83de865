"""The agencies a school refers to and shares with."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.api.schemas.service_keys import Networks
from app.core.codes import DeliveryRoutesIn, DeliveryRoutesOut, RecipientKindsIn, RecipientKindsOut
from app.core.schemas import (
    In,
    Line,
    ListIn,
    Moment,
    Name,
    Out,
    PersonOut,
    SeveralLines,
    Word,
    absent,
    words,
)
from app.domain.sharing.agencies.schemas import FormVariants

AgencyState = Literal["active", "retired"]
AgencyStatesOut: Any = words("AgencyStates", get_args(AgencyState))


class AgencyListIn(ListIn):
    """Which agencies."""

    kind: RecipientKindsIn | None = Field(default=None, description="Only agencies of this kind.")
    state: AgencyState = Field(
        default="active", description="Agencies in use, or retired ones. Default: active."
    )


class AgencyPatch(In):
    """A merge patch: absent fields stay, null empties."""

    name: Line = absent(description="Name of the agency.")
    kind: RecipientKindsIn = absent(description="Type of agency.")
    route: DeliveryRoutesIn = absent(description="How to send referrals to it.")
    local_authority: Line | None = Field(
        default=None, description="Local authority, by code or name; null empties it."
    )
    phone: Word | None = Field(
        default=None, description="Phone number in office hours; null empties it."
    )
    out_of_hours_phone: Word | None = Field(
        default=None, description="Phone number out of hours; null empties it."
    )
    email: Line | None = Field(default=None, description="Email address; null empties it.")
    address: SeveralLines | None = Field(
        default=None, description="Postal address; null empties it."
    )
    form_variants: FormVariants = absent()
    state: AgencyState = absent(description="`retired` takes it out of use; `active` puts it back.")


class AgencyCard(Out):
    """An agency in a list."""

    id: UUID = Field(description="Agency ID.")
    name: str = Field(description="Name of the agency.")
    kind: RecipientKindsOut = Field(description="Type of agency.")
    route: DeliveryRoutesOut = Field(description="How to send referrals to it.")
    local_authority: str | None = Field(description="Local authority, by code or name; null: none.")
    phone: str | None = Field(description="Phone number in office hours; null: none.")
    out_of_hours_phone: str | None = Field(description="Phone number out of hours; null: none.")
    email: str | None = Field(description="Email address; null: none.")
    state: AgencyStatesOut = Field(description="`active`: in use. `retired`: out of use.")
    retired_at: datetime | None = Field(
        description="When it was taken out of use; null while in use."
    )
    created_at: datetime = Field(description="When the agency was added.")


class AgencyOut(AgencyCard):
    """An agency with all its details."""

    address: str | None = Field(description="Postal address; null: none.")
    form_variants: dict[str, str] = Field(description="Local form for each kind of referral.")
    webhook_url: str | None = Field(description="Address Cairn sends alerts to; null: none.")
    changed_at: datetime = Field(description="When the agency last changed.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class AgencyKeyIn(In):
    """A new key for the agency's own system."""

    name: Name = Field(description="What the key is for, such as the name of the agency's system.")
    networks: Networks = Field(default_factory=list)
    expires_at: Moment | None = Field(
        default=None, description="When it expires, at most two years ahead. Default: in a year."
    )


class AgencyKeyOut(Out):
    """An agency's key. It reads what schools sent to the agency, and answers."""

    id: UUID = Field(description="Client ID of the key.")
    name: str = Field(description="What the key is for.")
    networks: list[str] = Field(
        description="Networks that may use it, as `192.0.2.0/24`; empty: any."
    )
    expires_at: datetime | None = Field(description="When it expires; null: never.")
    last_used_at: datetime | None = Field(description="When it was last used; null: never.")
    created_by: PersonOut = Field(description="Person who created it.")
    created_at: datetime = Field(description="When the key was added.")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it works.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")


class AgencyKeySecretOut(Out):
    """A new key with its secret, shown only once."""

    id: UUID = Field(description="Client ID of the key.")
    name: str = Field(description="What the key is for.")
    secret: str = Field(description="Client secret. Shown only once.")
    expires_at: datetime | None = Field(description="When it expires; null: never.")


class AgencyWebhookIn(In):
    """Where Cairn alerts the agency's own system to new items."""

    url: Line = Field(description="Address (https) Cairn sends alerts to.")


class AgencyWebhookOut(Out):
    """The address, and the secret that signs each message."""

    webhook_url: str = Field(description="Address Cairn sends alerts to.")
    secret: str = Field(
        description="Signing secret. Shown only once; setting the address again makes a new one."
    )
