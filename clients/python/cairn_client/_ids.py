"""Ids that a client makes."""

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A new UUIDv7: later ones of one program sort after earlier ones."""
    global _last  # noqa: PLW0603
    with _lock:
        moment = max(time.time_ns() // 1_000_000 << 12, _last + 1)
        _last = moment
    number = (moment >> 12) << 80 | 7 << 76 | (moment & 0xFFF) << 64
    return str(UUID(int=number | 2 << 62 | secrets.randbits(62)))
