"""My sessions, and switching between my roles."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import NetworksOut
from app.core.codes import RolesOut
from app.core.schemas import In, ListIn, Out


class SessionListIn(ListIn):
    """Which page of my sessions."""


class SessionCard(Out):
    """One of your open sessions."""

    id: UUID = Field(description="Session ID.")
    current: bool = Field(description="Whether it is this session.")
    device: str | None = Field(
        description="Name the program gives itself, such as `Firefox 128`; null: none."
    )
    network: NetworksOut | None = Field(description="Kind of network; null: not known.")
    organisation_id: UUID = Field(description="School or trust it is in.")
    organisation: str | None = Field(
        description="Name of the school or trust; null: you have no role there now."
    )
    role: RolesOut = Field(description="Role the session works in.")
    amr: list[str] = Field(description="How it was authenticated (RFC 8176).")
    created_at: datetime = Field(description="When you signed in.")
    seen_at: datetime = Field(description="When it was last started, refreshed or proved.")
    expires_at: datetime = Field(description="When it expires.")


class SessionsEndedOut(Out):
    """How many sessions were ended."""

    ended: int = Field(description="How many sessions were ended.")


class SwitchIn(In):
    """Another of your roles, to work in."""

    organisation_id: UUID = Field(description="School or trust to work in.")
    role: str = Field(max_length=60, pattern="^[a-z][a-z0-9_]*$", description="Role to work in.")
