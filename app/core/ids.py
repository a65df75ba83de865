"""Identifiers: UUIDv7 made here or by a client, and their checks."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: sorts by the time it was made."""
    return uuid7()


NIL = uuid.UUID(int=0)
