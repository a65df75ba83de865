"""What says whose sign-ins a school trusts."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.schemas import EachOnce, In, Name

ProviderKind = Literal["google", "entra", "oidc"]
Plain = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-~]+$")]
"""Visible ASCII without spaces, as identifiers of OpenID are."""
Tenants = Annotated[
    list[Plain],
    Field(
        max_length=50,
        description="Who may sign in. Google: Workspace domains (`hd`). Entra: tenant IDs (`tid`). "
        "Others: none.",
    ),
    EachOnce,
]
Values = Annotated[
    list[Plain],
    Field(
        max_length=20,
        description="Values of `amr`, `acr` or `acrs` that prove a second factor, from a closed "
        "list such as `mfa`, `otp` and `hwk`.",
    ),
    EachOnce,
]


class IdentityProviderIn(In):
    """A provider to trust."""

    kind: ProviderKind = Field(description="Type of provider; it cannot change.")
    label: Name = Field(description="Label of the sign-in button.")
    client_id: Plain = Field(
        description="Client ID from the provider. ID tokens must be issued for it."
    )
    tenants: Tenants = Field(default_factory=list)
    issuer: Plain | None = Field(
        default=None, description="Issuer for `oidc`: one the operator allows."
    )
    second_factor_values: Values = Field(default_factory=lambda: ["mfa"])
    enabled: bool = Field(
        default=True, description="Whether people can sign in with it. Default: yes."
    )
