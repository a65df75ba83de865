"""A place in a school's events as clients carry it: sealed, and good in one school only.

What is in it counts the transactions of the whole database, so that nobody may read it: it would
tell how much other schools write.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.exchange.events.reading import Place

LAYOUT = struct.Struct(">BQBq")
VERSION = 2
CONTEXT = b"cairn.events/"


class Seal(Protocol):
    """What seals places, always the same way."""

    def seal(self, place: bytes, bound_to: bytes) -> bytes:
        """Encrypt and bind to a context."""
        ...

    def open(self, sealed: bytes, bound_to: bytes) -> bytes | None:
        """Decrypt; None for what was not sealed for this context."""
        ...


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes places for clients, and reads what they send back."""

    seal: Seal

    def written(self, school_id: UUID, place: Place) -> str:
        """The place as clients carry it."""
        packed = LAYOUT.pack(VERSION, place.xid, place.log, place.seq)
        sealed = self.seal.seal(packed, CONTEXT + school_id.bytes)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, school_id: UUID, text: str, pointer: str) -> Place:
        """The place a client sent back. Raises `ValidationFailed` for any other text."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            packed = self.seal.open(whole, CONTEXT + school_id.bytes)
            version, xid, log, seq = LAYOUT.unpack(packed or b"")
        except (binascii.Error, ValueError, struct.error):
            raise _unknown(pointer) from None
        place = Place(xid, log, seq)
        if version != VERSION or self.written(school_id, place) != text:
            raise _unknown(pointer)
        return place


def _unknown(pointer: str) -> ValidationFailed:
    problem = FieldProblem(pointer, "cursor_invalid", "This cursor was not made for this school.")
    return ValidationFailed(problems=[problem])
