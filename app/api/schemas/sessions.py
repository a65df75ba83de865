"""Signing in: what the token endpoint answers and who one is."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.address_changes import NewReachOut
from app.api.schemas.known_words import SchoolKindsOut, SecondFactorsOut
from app.core.codes import RolesOut
from app.core.schemas import In, Line, Out, Password, absent

PASSKEY_GRANT = "urn:cairn:params:oauth:grant-type:passkey"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - the name of a kind
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
SECOND_FACTOR = Field(
    description="`none`: not needed. `enrol`: set one up before doing anything else. `prove`: use "
    "yours to step up first."
)


class FormIn(BaseModel):
    """A form of OAuth 2, whose servers ignore fields they do not know (RFC 6749, 3.2)."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TokenIn(FormIn):
    """A token request. Each grant needs its own fields."""

    grant_type: Literal[
        "password",
        "refresh_token",
        "client_credentials",
        "urn:cairn:params:oauth:grant-type:passkey",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] = Field(description="How you prove your identity; it decides which fields are needed.")
    username: str | None = Field(
        default=None, max_length=300, description="Email address. For `password`."
    )
    password: str | None = Field(
        default=None, max_length=1_000, description="Password. For `password`."
    )
    refresh_token: str | None = Field(
        default=None, max_length=300, description="Refresh token. For `refresh_token`."
    )
    otp: str | None = Field(
        default=None,
        max_length=100,
        description="Code from the authenticator app, or a recovery code. Only if needed.",
    )
    credential: str | None = Field(
        default=None,
        max_length=20_000,
        description="Passkey answer from the browser, as JSON text. For the passkey grant.",
    )
    organisation_id: UUID | None = Field(
        default=None, description="School or trust to work in. Required with several memberships."
    )
    role: str | None = Field(
        default=None,
        max_length=60,
        pattern="^[a-z][a-z0-9_]*$",
        description="Role to work in. Required with several memberships.",
    )
    client_id: str | None = Field(
        default=None,
        max_length=100,
        description="Client ID of a service key. For `client_credentials`, unless sent by HTTP "
        "Basic.",
    )
    client_secret: str | None = Field(
        default=None,
        max_length=300,
        description="Client secret of a service key. For `client_credentials`, unless sent by HTTP "
        "Basic.",
    )
    scope: str | None = Field(
        default=None,
        max_length=1_000,
        description="Fewer scopes than the key has, separated by spaces. For `client_credentials`. "
        "Default: all.",
    )
    subject_token: str | None = Field(
        default=None, max_length=16_384, description="ID token. For token exchange (RFC 8693)."
    )
    subject_token_type: str | None = Field(
        default=None,
        max_length=100,
        description="`urn:ietf:params:oauth:token-type:id_token`. For token exchange.",
    )
    nonce_verifier: str | None = Field(
        default=None,
        max_length=100,
        description="`nonce_verifier` you got with the nonce. For token exchange.",
    )


class RevokeIn(FormIn):
    """Refresh token of the session to end. Any other token ends nothing."""

    token: str = Field(max_length=4_096, description="Refresh token to revoke.")


class TokenOut(Out):
    """An access token and the refresh token that replaces it."""

    access_token: str = Field(
        description="Access token, to send as `Authorization: Bearer`. Lasts for `expires_in`."
    )
    token_type: str = Field(description="Always `Bearer`.")
    expires_in: int = Field(description="Seconds until the access token ends.")
    refresh_token: Annotated[
        str, Field(description="Works once: each use returns a new one. Absent for a service key.")
    ] = absent()
    refresh_expires_at: datetime = absent(
        description="When the refresh token expires; absent without one."
    )
    issued_token_type: Annotated[
        str, Field(description="Type of the token. Only for token exchange.")
    ] = absent()
    scope: str = Field(description="Scopes of the token, separated by spaces.")
    organisation_id: UUID = Field(description="School or trust the session is in.")
    organisation: str = Field(description="Name of the school or trust.")
    role: RolesOut = Field(description="Role the session works in.")
    second_factor: Annotated[SecondFactorsOut, SECOND_FACTOR] = absent()


class StepUpOut(Out):
    """A fresh access token for this session, which you have just proved."""

    access_token: str = Field(
        description="Access token, to send as `Authorization: Bearer` from now on."
    )
    token_type: str = Field(description="Always `Bearer`.")
    expires_in: int = Field(description="Seconds until the access token ends.")
    amr: list[str] = Field(description="How this session was authenticated (RFC 8176).")
    auth_time: datetime = Field(description="When you last proved your identity.")
    second_factor: SecondFactorsOut = SECOND_FACTOR


class MembershipOfMeOut(Out):
    """One of your roles in an organisation."""

    organisation_id: UUID = Field(description="School or trust.")
    organisation: str = Field(description="Name of the school or trust.")
    kind: SchoolKindsOut = Field(description="Whether it is a school or a trust.")
    role: RolesOut = Field(description="Role you hold there.")
    valid_from: date = Field(description="First day of the role.")
    valid_to: date | None = Field(description="First day without the role; null: no end is set.")


class FactorsOut(Out):
    """Second factors you have set up."""

    totp: bool = Field(description="Whether an authenticator app is in use.")
    passkeys: int = Field(description="Number of passkeys.")
    recovery_codes: int = Field(description="Number of recovery codes left.")


class MeOut(Out):
    """Your account, role and permissions in this session."""

    id: UUID = Field(description="Your staff ID, also as an `owner_id`.")
    email: str = Field(description="Your email address.")
    name: str | None = Field(description="Your full name; null: not set in this organisation.")
    new_reach: NewReachOut | None = Field(
        description="Contact details others entered for you, to confirm or decline; null: none."
    )
    organisation_id: UUID = Field(description="School or trust this session is in.")
    role: RolesOut = Field(description="Role this session works in.")
    permissions: list[str] = Field(description="What you may do in this session.")
    session_id: UUID = Field(description="Session ID.")
    memberships: list[MembershipOfMeOut] = Field(
        description="All roles you hold, in every organisation."
    )
    amr: list[str] = Field(description="How this session was authenticated (RFC 8176).")
    auth_time: datetime = Field(description="When you last proved your identity in this session.")
    second_factor: SecondFactorsOut = SECOND_FACTOR
    factors: FactorsOut = Field(description="Your ways to sign in beyond a password.")


class PasswordIn(In):
    """A new password, and the present one."""

    current_password: Password = Field(description="Your present password.")
    new_password: Password = Field(description="Your new password.")


class PasswordResetIn(In):
    """The address to email a link to."""

    email: Line = Field(description="Email address of the account.")


class PasswordResetConfirmIn(In):
    """The emailed token and a new password."""

    token: Line = Field(description="Token from the link in the email.")
    new_password: Password = Field(description="New password.")


class AcceptedOut(Out):
    """Confirms the request. Says nothing about whether the account exists."""

    accepted: bool = Field(description="Always `true`, whether the account exists or not.")


class JwkOut(Out):
    """A public signing key."""

    kty: str = Field(description="Key type (RFC 7517).")
    crv: str = Field(description="Curve.")
    x: str = Field(description="X coordinate, base64url.")
    y: str = Field(description="Y coordinate, base64url.")
    kid: str = Field(description="Key ID, as in a token's header.")
    use: str = Field(description="What it is for: `sig`.")
    alg: str = Field(description="Algorithm: `ES256`.")


class JwksOut(Out):
    """Keys that sign access tokens: current, next and recent."""

    keys: list[JwkOut] = Field(description="The public keys.")


class ServerMetadataOut(Out):
    """RFC 8414 metadata."""

    issuer: str = Field(description="Issuer of the tokens.")
    token_endpoint: str = Field(description="Address of the token endpoint.")
    revocation_endpoint: str = Field(description="Address of the revocation endpoint.")
    jwks_uri: str = Field(description="Address of the public keys.")
    grant_types_supported: list[str] = Field(description="Grants the token endpoint takes.")
    token_endpoint_auth_methods_supported: list[str] = Field(
        description="How clients may authenticate."
    )
    response_types_supported: list[str] = Field(
        description="Always empty: there is no authorization endpoint."
    )
    scopes_supported: list[str] = Field(description="Scopes a service key can have.")
