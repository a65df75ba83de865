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
        description="Google: Workspace domains (`hd`). Entra: tenant ids (`tid`). Others: none.",
    ),
    EachOnce,
]
Values = Annotated[
    list[Plain],
    Field(
        max_length=20,
        description="Values of `amr`, `acr` or `acrs` that prove a second factor, of a closed "
        "list: `mfa`, `otp`, `hwk`, and others that say so.",
    ),
    EachOnce,
]


class IdentityProviderIn(In):
    """A provider to trust."""

    kind: ProviderKind = Field(description="Type of provider; it cannot change.")
    label: Name = Field(description="What the button says.")
    client_id: Plain = Field(description="As the provider gave it; ID tokens have to be for it.")
    tenants: Tenants = Field(default_factory=list)
    issuer: Plain | None = Field(
        default=None, description="For `oidc`: one of those the operator allows."
    )
    second_factor_values: Values = Field(default_factory=lambda: ["mfa"])
    enabled: bool = Field(
        default=True, description="Whether people can sign in by it. Default: yes."
    )
