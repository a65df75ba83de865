"""Public keys of other people, as they are sent."""

from typing import Annotated, Literal

from pydantic import Field

from app.core.schemas import In, Word

Coordinate = Annotated[str, Field(min_length=43, max_length=43, pattern="^[A-Za-z0-9_-]{43}$")]


class PublicKeyIn(In):
    """A public key: P-256, as a JWK."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate = Field(description="X coordinate, base64url.")
    y: Coordinate = Field(description="Y coordinate, base64url.")
    kid: Word | None = Field(default=None, description="Key ID.")
    use: Literal["enc", "sig"] | None = None
    alg: Word | None = Field(default=None, description="Algorithm.")
