"""Names the small files that hold keys, and writes them whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core import clock

STAMP = "%Y%m%dT%H%M%S%fZ"
"""How the name of a key's file begins: the moment from which it is used, in UTC."""


def stamp_after(taken: Iterable[Path]) -> str:
    """A stamp of now, or just after the latest of these files if a clock went back since.

    The key with the last stamp is the one in use: a new key must never sort before an old one.
    """
    now = clock.now().astimezone(UTC)
    latest = max((path.name.partition("-")[0] for path in taken), default="")
    if now.strftime(STAMP) > latest:
        return now.strftime(STAMP)
    last = datetime.strptime(latest, STAMP).replace(tzinfo=UTC)
    return (last + timedelta(microseconds=1)).strftime(STAMP)


def write_whole(path: Path, content: bytes) -> None:
    """Write so that no reader ever sees a part, and a power cut loses nothing acknowledged."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
