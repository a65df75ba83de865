"""Which bytes of a file in our store anybody gets, here or elsewhere."""

from dataclasses import dataclass
from typing import Final, Protocol

QUARANTINED: Final = "quarantined"
AVAILABLE: Final = "available"
HELD: Final = "held"
NOT_SCANNED: Final = "not_scanned"
"""What is known of a file where there was no scanner to look at it."""


class Kept(Protocol):
    """What decides what is given out of a file."""

    @property
    def state(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def stripped_key(self) -> str | None: ...
    @property
    def stripped_size(self) -> int | None: ...
    @property
    def stripped_sha256(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Bytes:
    """Where bytes lie, how many they are, and what they have to hash to."""

    key: str
    size: int
    sha256: str


def may_leave(attachment: Kept) -> bool:
    """Whether a file may be read by anybody, or go out in a share, a referral or a transfer."""
    return attachment.state == AVAILABLE


def bytes_of(attachment: Kept, *, original: bool = False) -> Bytes:
    """What is given out: of a picture the copy without metadata, unless the original is meant."""
    if (
        original
        or attachment.stripped_key is None
        or attachment.stripped_size is None
        or attachment.stripped_sha256 is None
    ):
        return Bytes(attachment.key, attachment.size, attachment.sha256)
    return Bytes(attachment.stripped_key, attachment.stripped_size, attachment.stripped_sha256)
