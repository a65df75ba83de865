"""What a passkey proves, and what a vault cannot open, for the domain and its adapters."""

from dataclasses import dataclass


class PasskeyUnproved(Exception):
    """What the authenticator sent does not prove what it should."""


class VaultError(Exception):
    """The keys cannot be used as they are, or what was kept is not what was sealed."""


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
