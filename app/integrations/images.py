"""Takes out of a picture what it says of its maker: place, device, names, notes and thumbnails."""

import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol, cast

STRIPPED_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""Pictures that can be written again; HEIC and TIFF cannot, and keep what they say."""
SECONDS: Final = 30.0
AT_ONCE: Final = 2
"""Pictures that one process has read at the same time; each may take more than a gigabyte."""
PROGRAM: Final = Path(__file__).with_name("picture_stripping.py")
DONE, TOO_LARGE, UNREADABLE, NO_ROOM = 0, 3, 4, 5
"""How it ends, as it says itself. It is not imported: a server never loads Pillow."""

Outcome = Literal["stripped", "too_large", "unreadable"]


@dataclass(frozen=True, slots=True)
class Stripped:
    """The result; `copy` is an open file at its beginning, which the caller closes."""

    outcome: Outcome
    copy: BinaryIO | None = None


class Pictures(Protocol):
    """What strips pictures."""

    async def strip(self, file: BinaryIO) -> Stripped:
        """A copy of a picture of `STRIPPED_TYPES`, a file of the disk, without its metadata."""
        ...


@dataclass(slots=True)
class ConfinedPictures:
    """Reads each picture in a process of its own, with bounded memory and time and no settings."""

    seconds: float = SECONDS
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def strip(self, file: BinaryIO) -> Stripped:
        """Raises OSError where there is no room for the copy, or no process can be started."""
        copy = cast(BinaryIO, tempfile.TemporaryFile(prefix="cairn-picture-"))  # noqa: SIM115
        try:
            async with self._turn:
                status = await self._run(file, copy)
        except BaseException:
            copy.close()
            raise
        if status == NO_ROOM:
            copy.close()
            raise OSError("there is no room for the copy of a picture")
        if status == DONE and copy.seek(0, os.SEEK_END):
            copy.seek(0)
            return Stripped("stripped", copy)
        copy.close()
        return Stripped("unreadable" if status == UNREADABLE else "too_large")

    async def _run(self, file: BinaryIO, copy: BinaryIO) -> int:
        """The exit status; whatever ended the process by force had it take too much."""
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(PROGRAM), stdin=file.fileno(), stdout=copy.fileno(),
            stderr=asyncio.subprocess.DEVNULL, env={}, cwd="/", start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self.seconds):
                return await process.wait()
        except TimeoutError:
            return TOO_LARGE
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
