"""What the domain needs of a vault."""

from typing import Protocol


class Vault(Protocol):
    """Seals what the database must not be able to read by itself."""

    def seal(self, secret: bytes, bound_to: bytes) -> bytes:
        """Encrypt, bound to a context."""

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypt within the same context."""

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this."""
