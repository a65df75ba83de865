"""Service keys: how programs sign in."""

from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.core.schemas import (
    BodyFault,
    EachOnce,
    In,
    ListIn,
    Moment,
    Name,
    Out,
    PersonOut,
    absent,
    words,
)
from app.domain.exchange.imports.schemas import SourceName

ServiceScope = Literal[
    "alert:intake",
    "attendance:send",
    "history:prepare",
    "roster:import",
    "roster:read",
    "school:export",
    "staff:provision",
]


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise BodyFault(
            "a network is an address, or like 198.51.100.0/24 or 2001:db8::/32"
        ) from error


Network = Annotated[str, StringConstraints(min_length=2, max_length=49), AfterValidator(_network)]
Scopes = Annotated[
    list[ServiceScope],
    Field(min_length=1, max_length=10, description="What the program may do."),
    EachOnce,
]
Networks = Annotated[
    list[Network],
    Field(max_length=50, description="Networks it may connect from (CIDR); empty: any."),
    EachOnce,
]
RosterSources = Annotated[
    list[SourceName],
    Field(
        max_length=50,
        description="Sources whose rosters it may read, and the only ones it may send to. Empty: "
        "those it sends.",
    ),
    EachOnce,
]


KeyState = Literal["active", "revoked"]
KeyStatesOut: Any = words("KeyStates", get_args(KeyState))


class ServiceKeyListIn(ListIn):
    """Which keys."""

    state: KeyState = Field(
        default="active", description="Keys in use, or revoked ones. Default: active."
    )


class ServiceKeyIn(In):
    """A new key for a program."""

    name: Name = Field(description="What the key is for.")
    scopes: Scopes
    networks: Networks = Field(default_factory=list)
    roster_sources: RosterSources = Field(default_factory=list)
    expires_at: Moment | None = Field(
        default=None, description="When it expires, at most two years ahead. Default: in a year."
    )


class ServiceKeyPatch(In):
    """A merge patch: absent fields stay."""

    name: Name = absent(description="What the key is for.")
    scopes: Scopes = absent()
    networks: Networks = absent()
    roster_sources: RosterSources = absent()
    expires_at: Moment = absent(description="When it expires.")


class RotateServiceKeyIn(In):
    """A new secret, and how long the present one keeps working."""

    overlap_minutes: int = Field(
        default=1_440,
        ge=0,
        le=10_080,
        description="Minutes the present secret keeps working, at most a week.",
    )


class ServiceKeyCard(Out):
    """A key in a list."""

    id: UUID = Field(description="OAuth 2 client ID of the key.")
    name: str = Field(description="What the key is for.")
    state: KeyStatesOut = Field(
        description="`active`: not revoked. `expires_at` says when it ends."
    )
    scopes: list[str] = Field(description="What the program may do.")
    networks: list[str] = Field(
        description="Networks that may use it, as `192.0.2.0/24`; empty: any."
    )
    roster_sources: list[str] = Field(
        description="Sources whose rosters it may read, and the only ones it may send to; empty: "
        "those it sends."
    )
    expires_at: datetime | None = Field(description="When it expires; null: never.")
    former_until: datetime | None = Field(
        description="When the previous secret stops working; null: there is none."
    )
    rotated_at: datetime | None = Field(
        description="When its secret was last changed; null: never."
    )
    last_used_at: datetime | None = Field(description="When it last got a token; null: never.")
    last_used_from: str | None = Field(
        description="Network it was last used from; null: never used."
    )
    created_by: PersonOut = Field(description="Person who created it.")
    created_at: datetime = Field(description="When the key was added.")
    changed_at: datetime = Field(description="When the key last changed.")
    revoked_at: datetime | None = Field(description="When it was revoked; null while it works.")


class ServiceKeyOut(ServiceKeyCard):
    """A service key with all its settings."""

    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class ServiceKeySecretOut(ServiceKeyOut):
    """A key with its secret, shown only once."""

    client_id: UUID = Field(description="Client ID for the token endpoint.")
    client_secret: str = Field(description="Client secret for the token endpoint; keep it safe.")
