"""What a verified passkey tells, in words that the domain and its authenticators share."""

from dataclasses import dataclass


class PasskeyUnproved(Exception):
    """What the authenticator sent does not prove what it should."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential whose making was verified."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class UsedCredential:
    """A use of a credential that was verified."""

    sign_count: int
    backed_up: bool
