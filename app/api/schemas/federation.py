"""Signing in with a school's own identity provider."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.known_words import LinkedByOut, ProviderKindsOut
from app.core.schemas import In, ListIn, Name, Out, PersonOut, absent
from app.domain.people.federation.schemas import Plain, Tenants, Values


class IdentityProviderListIn(ListIn):
    """Which page of the providers."""


class IdentityProviderPatch(In):
    """A merge patch: absent fields stay. `kind` and `issuer` cannot change."""

    label: Name = absent(description="Name to show on the sign-in page.")
    client_id: Plain = absent(description="Client ID at the provider.")
    tenants: Tenants = absent()
    second_factor_values: Values = absent()
    enabled: bool = absent(description="Whether people can sign in with it.")


class IdentityProviderCard(Out):
    """A provider in a list."""

    id: UUID = Field(description="Provider ID.")
    kind: ProviderKindsOut = Field(description="Type of provider.")
    label: str = Field(description="Name to show on the sign-in page.")
    issuer: str = Field(
        description="Issuer of ID tokens. For Entra, `{tid}` stands for the tenant."
    )
    client_id: str = Field(description="Client ID at the provider.")
    tenants: list[str] = Field(description="Tenants or domains whose people may sign in.")
    second_factor_values: list[str] = Field(
        description="`amr` values that count as a second factor."
    )
    enabled: bool = Field(description="Whether people can sign in with it.")
    created_by: PersonOut = Field(description="Person who added it.")
    created_at: datetime = Field(description="When the provider was added.")
    changed_at: datetime = Field(description="When the provider last changed.")
    changed_by: PersonOut = Field(description="Person who last changed it.")
    approved_by: PersonOut | None = Field(
        description="Person who approved it. Nobody can sign in with it before that; null: not yet."
    )
    approved_at: datetime | None = Field(description="When it was approved; null until then.")


class IdentityProviderOut(IdentityProviderCard):
    """A sign-in provider with all its settings."""

    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class SignInProviderOut(Out):
    """A sign-in provider of an organisation. Public."""

    kind: ProviderKindsOut = Field(description="Type of provider.")
    label: str = Field(description="Name to show on the sign-in page.")
    client_id: str = Field(description="Client ID to send to the provider.")
    issuers: list[str] = Field(
        description="Issuers for OpenID discovery. For Entra, one per tenant."
    )


class NonceOut(Out):
    """A nonce for one ID token."""

    nonce: str = Field(description="Send it to the provider with the authorization request.")
    nonce_verifier: str = Field(description="Keep it, and send it to Cairn with the ID token.")
    expires_at: datetime = Field(description="When it expires.")


class IdentityIn(In):
    """An ID token of the identity to link."""

    id_token: Annotated[str, StringConstraints(min_length=1, max_length=16_384)] = Field(
        description="ID token of the provider."
    )
    nonce_verifier: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="`nonce_verifier` of the nonce you got."
    )


class IdentityOut(Out):
    """One of your identities at a sign-in provider."""

    id: UUID = Field(description="Identity ID.")
    issuer: str = Field(description="Issuer of the ID token.")
    subject: str = Field(description="Your ID at the provider.")
    linked_by: LinkedByOut = Field(description="How it was linked.")
    linked_at: datetime = Field(description="When it was linked.")
    last_used_at: datetime | None = Field(
        description="When you last signed in with it; null: never."
    )
