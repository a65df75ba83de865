"""Versions as they leave and come back."""

from typing import Protocol

from app.domain.errors import VersionStale


class Versioned(Protocol):
    """A row that counts its changes."""

    @property
    def version(self) -> int:
        """How often it was changed, from 1."""


def etag(version: int) -> str:
    """A version as If-Match takes it."""
    return f'"{version}"'


def check_version(row: Versioned, seen: int) -> None:
    """Raise `VersionStale` unless the sender has read the present version."""
    if row.version != seen:
        raise VersionStale


def check_was_read(row: Versioned, seen: int) -> None:
    """Raise `VersionStale` for a version that is still to come, or for a tag that is none.

    What stops a leak takes every older one: what others did since must not hold it up.
    """
    if seen < 0 or row.version < seen:
        raise VersionStale
