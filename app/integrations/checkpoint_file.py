"""Keeps every checkpoint outside the database, so that a cut end of a log shows."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

MOST_IN_A_LINE = 16_384


class CheckpointFileBroken(Exception):
    """A line of the file is no checkpoint. The text says which line."""


class Outside(Protocol):
    """Where checkpoints go."""

    def append(self, notes: Sequence[str]) -> None:
        """Add signed notes, durably."""
        ...

    def notes(self) -> Iterator[str]:
        """Every note, oldest first."""
        ...


class CheckpointFile:
    """A file that is only ever appended to: one JSON string, a signed note, in each line.

    A last line that a crash cut short is passed over, and ended before the next is added.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, notes: Sequence[str]) -> None:
        """Add signed notes and wait until they are on the disk."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = "".join(json.dumps(note) + "\n" for note in notes).encode()
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = os.fstat(file).st_size
            if end and os.pread(file, 1, end - 1) != b"\n":
                content = b"\n" + content
            written = 0
            while written < len(content):
                written += os.write(file, content[written:])
            os.fsync(file)
        finally:
            os.close(file)

    def notes(self) -> Iterator[str]:
        """Every note, oldest first. Raises `CheckpointFileBroken`."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            number = 0
            while line := file.readline(MOST_IN_A_LINE):
                number += 1
                try:
                    note = json.loads(line)
                except ValueError:
                    if _is_cut(line):
                        continue
                    raise CheckpointFileBroken(
                        f"{self._path}, line {number}: this is no checkpoint"
                    ) from None
                yield str(note)


def _is_cut(line: bytes) -> bool:
    """Whether a write ended in the middle of a line: it began well and has no closing quote."""
    text = line.rstrip(b"\n")
    return text.startswith(b'"') and (len(text) == 1 or not text.endswith(b'"'))
