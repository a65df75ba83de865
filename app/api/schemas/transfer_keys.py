"""The public keys of a school: packets are encrypted to them and proved by them."""

from pydantic import Field

from app.core.schemas import Out


class TransferKeyOut(Out):
    """A public key (RFC 7517): `sig` proves packets and receipts, to `enc` packets are locked."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str = Field(description="RFC 7638 thumbprint.")
    use: str
    alg: str


class TransferKeysOut(Out):
    """The public keys of a school, as a JWKS."""

    keys: list[TransferKeyOut]
