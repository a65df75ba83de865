"""Identifiers: UUIDv7 made here or by a client, and their checks."""

import hashlib
import uuid
from contextvars import ContextVar

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
maker: ContextVar[uuid.UUID] = ContextVar("maker", default=NIL)
"""Whose ids those are that a request brings for what it makes."""


def made_by(maker_id: uuid.UUID, sent: uuid.UUID) -> uuid.UUID:
    """The id of what somebody makes under an id of their own: a UUIDv7 of the same moment.

    Two people never make the same one, so that no id tells what others have made. The same person
    and id always come to the same, so that what is sent twice is known again.
    """
    made = bytearray(hashlib.sha256(b"cairn id\0" + maker_id.bytes + sent.bytes).digest()[:16])
    made[:6] = sent.bytes[:6]
    made[6] = 0x70 | made[6] & 0x0F
    made[8] = 0x80 | made[8] & 0x3F
    return uuid.UUID(bytes=bytes(made))
