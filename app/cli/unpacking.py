"""Writes the files of an open packet to disk: a new folder, for one reader, whole or not at all."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.failures import CommandFailed
from app.formats.packets import Damaged, PacketError, PacketFile, PacketReader, Truncated

SPARE = 16 * 1024 * 1024
"""Bytes a disk should have left afterwards."""


@dataclass
class Unpacked:
    """How many files were written, and what was wrong with the others."""

    written: int = 0
    damaged: list[PacketError] = field(default_factory=list)


def unpack(reader: PacketReader, to: Path, *, salvage: bool = False) -> Unpacked:
    """Write every file below `to`, which must not exist; readable by its owner only.

    The folder appears under its name when everything in it is complete. A damaged file ends the
    work and leaves nothing, unless `salvage`: then it is left out and the others are kept.
    Raises the packet's errors, and `CommandFailed` where there is no room or no place.
    """
    if to.exists() or to.is_symlink():
        raise CommandFailed(f"{to} exists already; name a folder that does not")
    parent = to.absolute().parent
    if not parent.is_dir():
        raise CommandFailed(f"{parent} is no folder")
    _check_room(parent, sum(file.size for file in reader.files))
    made = Path(tempfile.mkdtemp(prefix=f".{to.name}.", dir=parent))
    try:
        done = _write_all(reader, made, salvage)
        made.rename(to)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return done


def _check_room(parent: Path, needed: int) -> None:
    free = shutil.disk_usage(parent).free
    if needed + SPARE > free:
        raise CommandFailed(
            f"there is no room in {parent}: {needed:,} bytes are needed, {free:,} are free"
        )


def _write_all(reader: PacketReader, folder: Path, salvage: bool) -> Unpacked:
    done = Unpacked()
    for file in reader.files:
        try:
            _write(reader, file, _path_for(folder, file.name))
            done.written += 1
        except (Damaged, Truncated) as error:
            if not salvage:
                raise
            (folder / file.name).unlink(missing_ok=True)
            done.damaged.append(error)
    return done


def _path_for(folder: Path, name: str) -> Path:
    """Where a file goes; the folders on the way are made. Names were checked with the manifest."""
    *above, last = name.split("/")
    for step in above:
        folder = folder / step
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder / last


def _write(reader: PacketReader, file: PacketFile, to: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    number = os.open(to, flags, 0o600)
    with os.fdopen(number, "wb") as stream:
        for piece in reader.read(file):
            stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())
