"""Signing in: what the token endpoint answers and who one is."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.codes import (
    RolesOut,
)
from app.api.schemas.common import In, Line, Out
from app.api.schemas.texts import Password
from app.core.words import Role


class FormIn(BaseModel):
    """A form of OAuth 2, whose servers ignore fields they do not know (RFC 6749, 3.2)."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TokenIn(FormIn):
    """What the token endpoint takes; each grant names the fields it needs."""

    grant_type: Literal["password", "refresh_token"]
    username: str | None = Field(
        default=None, max_length=300, description="An e-mail address; for `password`."
    )
    password: str | None = Field(default=None, max_length=1_000, description="For `password`.")
    refresh_token: str | None = Field(
        default=None, max_length=300, description="For `refresh_token`."
    )
    organisation_id: UUID | None = Field(
        default=None, description="For `password`, where a person has several memberships."
    )
    role: Role | None = Field(
        default=None, description="For `password`, where a person has several memberships."
    )


class RevokeIn(FormIn):
    """The refresh token of the session that shall end; any other ends nothing."""

    token: str = Field(max_length=4_096)


class TokenOut(Out):
    """An access token and the refresh token that replaces it."""

    access_token: str
    token_type: str = Field(description="Always `Bearer`.")
    expires_in: int = Field(description="Seconds until the access token ends.")
    refresh_token: str = Field(description="Use once; each use answers a new one.")
    refresh_expires_at: datetime
    scope: str
    organisation_id: UUID
    organisation: str
    role: RolesOut


class MembershipOfMeOut(Out):
    """A role of mine in an organisation."""

    organisation_id: UUID
    organisation: str
    kind: str
    role: RolesOut
    valid_from: date
    valid_to: date | None


class MeOut(Out):
    """Who I am in this session, and what I may do."""

    id: UUID
    email: str
    name: str | None
    organisation_id: UUID
    role: RolesOut
    permissions: list[str]
    session_id: UUID
    memberships: list[MembershipOfMeOut]


class PasswordIn(In):
    """A new password, proved by the old one."""

    current_password: Password
    new_password: Password


class PasswordResetIn(In):
    """The address to send a link to."""

    email: Line


class PasswordResetConfirmIn(In):
    """A mailed token and the new password."""

    token: Line
    new_password: Password


class AcceptedOut(Out):
    """The wish was taken; nothing more can be said."""

    accepted: bool


class JwkOut(Out):
    """A public signing key."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class JwksOut(Out):
    """The keys that access tokens are signed with now, soon and lately."""

    keys: list[JwkOut]


class ServerMetadataOut(Out):
    """RFC 8414 metadata."""

    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    response_types_supported: list[str]
