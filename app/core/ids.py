"""Identifiers: UUIDv7 made here or by a client, and their checks."""

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: sorts by the time it was made."""
    return uuid7()


def new_account_id() -> uuid.UUID:
    """A UUIDv7 whose time is drawn at random from 34 years: an id of a person, which must not

    tell that they had an account before.
    """
    drawn = bytearray(uuid.uuid4().bytes)
    drawn[0] = 0x01
    drawn[6] = 0x70 | drawn[6] & 0x0F
    return uuid.UUID(bytes=bytes(drawn))


NIL = uuid.UUID(int=0)
