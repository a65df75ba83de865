"""Looks into a file that is to be kept, and keeps a picture's copy without its metadata."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from app.formats.macros import flags_of
from app.formats.sniffing import Refused, judge
from app.integrations.images import STRIPPED_TYPES, Pictures
from app.integrations.storage import Storage, Stored

PIECE_BYTES: Final = 256 * 1024
LARGEST_COPY: Final = 100_000_000
"""A copy of a picture can be larger than what was sent."""


class Unfit(Exception):
    """We take no such file; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file is, what was found in it, and the stored copy of a picture."""

    content_type: str
    flags: tuple[str, ...]
    stripped: Stored | None


async def look_into(
    copy: BinaryIO, file_name: str, declared: str | None, *, bare: str, storage: Storage,
    pictures: Pictures,
) -> Looked:  # fmt: skip
    """Hold a file against the allow-list, look into it, and keep a picture's copy under `bare`.

    Raises `Unfit`, OSError where this machine has no room for a copy, StorageError.
    """
    copy.flush()
    result = await asyncio.to_thread(judge, copy, declared_type=declared, file_name=file_name)
    if isinstance(result, Refused):
        raise Unfit(result.code)
    flags = tuple(await asyncio.to_thread(flags_of, copy, result.content_type))
    stripped = None
    if result.content_type in STRIPPED_TYPES:
        stripped = await _strip(copy, bare, storage, pictures)
    return Looked(result.content_type, flags, stripped)


async def _strip(copy: BinaryIO, key: str, storage: Storage, pictures: Pictures) -> Stored | None:
    """The stored copy of a picture; None for one that is too broken to be read."""
    done = await pictures.strip(copy)
    if done.outcome == "too_large":
        raise Unfit("picture_too_large")
    if done.copy is None:
        return None
    with done.copy as bare:
        return await storage.put(key, pieces_of(bare), limit=LARGEST_COPY)


async def pieces_of(file: BinaryIO) -> AsyncIterator[bytes]:
    """The rest of a file, piece by piece."""
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece
