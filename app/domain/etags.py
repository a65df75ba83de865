"""Record versions: ETag and If-Match."""

from typing import Final, Protocol

from app.domain.errors import VersionStale

NOT_AN_ETAG: Final = (
    "If-Match must be the ETag of this record, with its quotation marks and without W/. "
    "Your changes are not saved."
)


class Versioned(Protocol):
    """A row that counts its changes."""

    @property
    def version(self) -> int:
        """Number of versions so far, from 1."""


def etag(version: int) -> str:
    """Format a version for If-Match."""
    return f'"{version}"'


def check_version(row: Versioned, seen: int) -> None:
    """Raise `VersionStale` unless the sender has read the present version; -1 is no version."""
    if row.version != seen:
        raise _stale(seen)


def check_was_read(row: Versioned, seen: int) -> None:
    """Raise `VersionStale` for a future version or a tag that is not a version.

    Steps that stop a leak accept every older version: changes by others must not delay them.
    """
    if seen < 0 or row.version < seen:
        raise _stale(seen)


def _stale(seen: int) -> VersionStale:
    return VersionStale(NOT_AN_ETAG if seen < 0 else None)
