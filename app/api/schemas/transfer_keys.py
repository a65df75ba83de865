"""The public keys of a school: packets are encrypted to them and proved by them."""

from pydantic import Field

from app.api.schemas.known_words import KeyUsesOut
from app.core.schemas import Out


class TransferKeyOut(Out):
    """A public key (RFC 7517). `sig` verifies packets and receipts; `enc` locks packets."""

    kty: str = Field(description="Key type (RFC 7517).")
    crv: str = Field(description="Curve.")
    x: str = Field(description="X coordinate, base64url.")
    y: str = Field(description="Y coordinate, base64url.")
    kid: str = Field(description="RFC 7638 thumbprint.")
    use: KeyUsesOut = Field(description="`sig`: checks signatures. `enc`: encrypts.")
    alg: str = Field(description="Algorithm.")


class TransferKeysOut(Out):
    """The public keys of a school, as a JWKS."""

    keys: list[TransferKeyOut] = Field(description="The public keys.")
