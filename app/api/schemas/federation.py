"""Signing in with a school's own identity provider."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.core.schemas import In, ListIn, Name, Out, Told, absent, distinct

ProviderKind = Literal["google", "entra", "oidc"]
Plain = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
"""Visible ASCII without spaces, as identifiers of OpenID are."""


def _distinct(values: list[str]) -> list[str]:
    if not distinct(values):
        raise Told("nothing may come twice")
    return values


Tenants = Annotated[
    list[Plain],
    Field(
        max_length=50,
        description="Google: Workspace domains (`hd`). Entra: tenant ids (`tid`). Others: none.",
    ),
    AfterValidator(_distinct),
]
Values = Annotated[
    list[Plain],
    Field(
        max_length=20,
        description="Values of `amr`, `acr` or `acrs` that prove a second factor, of a closed "
        "list: `mfa`, `otp`, `hwk`, and others that say so.",
    ),
    AfterValidator(_distinct),
]


class IdentityProviderListIn(ListIn):
    """Which page of the providers."""


class IdentityProviderIn(In):
    """A provider to trust."""

    kind: ProviderKind
    label: Name = Field(description="What the button says.")
    client_id: Plain = Field(description="As the provider gave it; ID tokens have to be for it.")
    tenants: Tenants = Field(default_factory=list)
    issuer: Plain | None = Field(
        default=None, description="For `oidc`: one of those the operator allows."
    )
    second_factor_values: Values = Field(default_factory=lambda: ["mfa"])
    enabled: bool = True


class IdentityProviderPatch(In):
    """A merge patch: absent fields stay. Kind and issuer stay for good."""

    label: Name = absent()
    client_id: Plain = absent()
    tenants: Tenants = absent()
    second_factor_values: Values = absent()
    enabled: bool = absent()


class IdentityProviderCard(Out):
    """A provider in a list."""

    id: UUID
    kind: str
    label: str
    issuer: str = Field(description="For Entra with `{tid}` where the tenant stands.")
    client_id: str
    tenants: list[str]
    second_factor_values: list[str]
    enabled: bool
    created_by: UUID
    created_at: datetime
    changed_at: datetime
    changed_by: UUID
    approved_by: UUID | None = Field(
        description="Who let it count; nobody is let in by it before that."
    )
    approved_at: datetime | None


class IdentityProviderOut(IdentityProviderCard):
    """All that is kept about a provider."""

    permissions: list[str] = Field(description="Operations this reader may do next.")


class SignInProviderOut(Out):
    """Where people of an organisation can sign in; public."""

    kind: str
    label: str
    client_id: str
    issuers: list[str] = Field(description="For OpenID discovery; one a tenant for Entra.")


class NonceOut(Out):
    """A nonce for one ID token."""

    nonce: str = Field(description="Send it with the authorization request to the provider.")
    nonce_verifier: str = Field(description="Keep it, and send it with the ID token to us.")
    expires_at: datetime


class IdentityIn(In):
    """An ID token of the identity to link."""

    id_token: Annotated[str, StringConstraints(min_length=1, max_length=16_384)]
    nonce_verifier: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class IdentityOut(Out):
    """An identity of mine at a provider."""

    id: UUID
    issuer: str
    subject: str
    linked_by: str = Field(description="`email`, `directory` or `person`.")
    linked_at: datetime
    last_used_at: datetime | None
