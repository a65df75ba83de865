"""A log as one file that anybody can check without us: entries, leaves, checkpoints and keys."""

import binascii
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from app.formats.trail_log.checking import Known, LogCheck, StoredCheckpoint, StoredLeaf
from app.formats.trail_log.entries import EntryUnreadable, moment_text, read_entry
from app.formats.trail_log.notes import NoteRefused, PublicKey, origin_of, read_signed

FORMAT = "cairn-trail/1"
ABOUT = "about.json"
KEYS = "keys.txt"
ENTRIES = "entries.ndjson"
LEAVES = "leaves.txt"
CHECKPOINTS = "checkpoints.ndjson"
LONGEST_LINE = 4_000_000
README = """Trail of one organisation, exported from Cairn.

about.json                whose trail this is, and when it was exported
keys.txt                  the public keys that have signed, one a line (C2SP signed note)
<log>/entries.ndjson      the entries in the order of the log, exactly as they were hashed, one a
                          line; an empty line is an entry that was no longer there
<log>/leaves.txt          the hash each was sealed with: SHA-256 of a zero byte and the line, in hex
<log>/checkpoints.ndjson  the signed checkpoints (C2SP tlog-checkpoint), each one JSON string

To check it: cairn audit verify THIS_FILE --key KEY --checkpoints FILE
or write a program of your own: the root in each checkpoint is that of RFC 6962 over the leaves.
Compare the keys with those that you were given another way; the maker of this file chose keys.txt.
"""


class BundleBroken(Exception):
    """A file is no bundle, or not a whole one. The text says what is wrong."""


class BundleWriter:
    """Writes a bundle; the parts of each log have to come in the order of their methods."""

    def __init__(self, target: Path, organisation: str, logs: Sequence[str], at: datetime) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        about = {
            "format": FORMAT,
            "organisation": organisation,
            "logs": list(logs),
            "exported_at": moment_text(at),
        }
        self._zip.writestr("README.txt", README)
        self._zip.writestr(ABOUT, json.dumps(about, indent=2) + "\n")

    def keys(self, keys: Iterable[PublicKey]) -> None:
        """The public keys."""
        self._zip.writestr(KEYS, "".join(f"{key.line}\n" for key in keys))

    async def checkpoints(self, log: str, notes: AsyncIterator[str]) -> None:
        """The signed notes."""
        await self._lines(f"{log}/{CHECKPOINTS}", notes, lambda note: json.dumps(note).encode())

    async def entries(self, log: str, entries: AsyncIterator[bytes | None]) -> None:
        """The canonical bytes of each entry; None for one that is gone."""
        await self._lines(f"{log}/{ENTRIES}", entries, lambda entry: entry or b"")

    async def leaves(self, log: str, hashes: AsyncIterator[bytes]) -> None:
        """The hash of each leaf."""
        await self._lines(f"{log}/{LEAVES}", hashes, lambda item: item.hex().encode())

    async def _lines(self, name: str, things: AsyncIterator[Any], line_of: Any) -> None:
        with self._zip.open(name, "w", force_zip64=True) as file:
            async for thing in things:
                file.write(line_of(thing) + b"\n")

    def close(self) -> None:
        """End the file."""
        self._zip.close()


class Bundle:
    """A bundle that is read, a line at a time. Raises `BundleBroken`."""

    def __init__(self, source: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(source)
            about = json.loads(self._read(ABOUT))
            self.organisation = str(about["organisation"])
            self.logs = [str(log) for log in about["logs"]]
            version = about["format"]
        except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
            raise BundleBroken(f"{source} is no bundle of a trail") from error
        if version != FORMAT:
            raise BundleBroken(f"{source} is written as {version}, which this version cannot read")

    def keys(self) -> dict[str, PublicKey]:
        """The public keys that the bundle itself names."""
        try:
            keys = [PublicKey.read(line) for line in self._read(KEYS).decode().splitlines()]
        except (NoteRefused, UnicodeDecodeError):
            raise BundleBroken("keys.txt holds something that is no key") from None
        return {key.name: key for key in keys}

    def check(
        self, log: str, keys: Mapping[str, PublicKey], outside: Mapping[int, Known] | None
    ) -> LogCheck:
        """Check one log."""
        check = LogCheck(origin_of(self.organisation, log), keys, outside)
        with ExitStack() as stack:
            notes, entries, hashes = (
                self._lines(stack, f"{log}/{name}") for name in (CHECKPOINTS, ENTRIES, LEAVES)
            )
            leaves = _paired(entries, hashes)
            ahead = next(leaves, None)
            for number, line in enumerate(notes, start=1):
                if not check.begin(_stored(number, line, keys)):
                    continue
                while ahead is not None and ahead.index < check.size:
                    check.leaf(ahead)
                    ahead = next(leaves, None)
                check.end()
            while ahead is not None:
                check.beyond(ahead)
                ahead = next(leaves, None)
        check.finish()
        return check

    def _read(self, name: str) -> bytes:
        try:
            with self._zip.open(name) as file:
                return file.read(LONGEST_LINE)
        except (KeyError, zipfile.BadZipFile):
            raise BundleBroken(f"the bundle has no whole {name}") from None

    def _lines(self, stack: ExitStack, name: str) -> Iterator[bytes]:
        try:
            file = stack.enter_context(self._zip.open(name))
        except KeyError:
            raise BundleBroken(f"the bundle has no {name}") from None
        return _lines_of(file, name)


def _lines_of(file: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        while line := file.readline(LONGEST_LINE):
            yield line.rstrip(b"\n")
    except zipfile.BadZipFile:
        raise BundleBroken(f"{name} is damaged") from None


def _paired(entries: Iterator[bytes], hashes: Iterator[bytes]) -> Iterator[StoredLeaf]:
    """Entries with their hashes; where one list ends early the other goes on alone."""
    index = 0
    while True:
        entry, line = next(entries, None), next(hashes, None)
        if entry is None and line is None:
            return
        yield StoredLeaf(index, _id_of(entry), _hash_of(line), entry or None)
        index += 1


def _id_of(entry: bytes | None) -> str | None:
    try:
        return read_entry(entry).id if entry else None
    except EntryUnreadable:
        return None


def _hash_of(line: bytes | None) -> bytes | None:
    try:
        return bytes.fromhex(line.decode()) if line else None
    except (ValueError, binascii.Error):
        return b""


def _stored(number: int, line: bytes, keys: Mapping[str, PublicKey]) -> StoredCheckpoint:
    """A line as a checkpoint; what it says of itself is all there is, and is proved when begun."""
    try:
        note = str(json.loads(line))
        signed = read_signed(note, keys)
    except (ValueError, NoteRefused, RecursionError):
        return StoredCheckpoint(number, 0, b"", line.decode(errors="replace"))
    return StoredCheckpoint(signed.number, signed.size, signed.root, note)
