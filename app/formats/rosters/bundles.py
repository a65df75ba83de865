"""The files of a roster, found in a zip, in a folder or alone, without trusting any of them."""

import hashlib
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import orjson

from app.formats.csv_rows import CHUNK_BYTES
from app.formats.rosters.problems import ProblemLog

UNREADABLE = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
)
"""What a damaged archive makes the standard library raise."""


def reason(error: Exception) -> str:
    """The code of what is wrong with a file of which one of UNREADABLE was raised."""
    return str(getattr(error, "code", "package.unreadable_file"))


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
DRIVE = re.compile(r"[A-Za-z]:")
SMALL = 1024 * 1024
ZIP = b"PK"
END_RECORD = b"PK\x05\x06"
ZIP64_LOCATOR = b"PK\x06\x07"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may unpack to. `ratio` is unpacked to packed size; entries and archives
    below 1 MiB unpacked are exempt from it."""

    entries: int = 1_000
    total_bytes: int = 2 * 1024**3
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class Member:
    """One file as it lies in the package: `printable` is its name made safe to print."""

    path: PurePosixPath
    size: int
    source: Path | zipfile.ZipInfo

    @property
    def printable(self) -> str:
        return printable(str(self.path))

    @property
    def stem(self) -> str | None:
        """`users` for `x/Users.CSV`; None where it is no CSV file."""
        return self.path.stem.casefold() if self.path.suffix.casefold() == ".csv" else None

    @property
    def junk(self) -> bool:
        """Whether an operating system put it there."""
        return "__MACOSX" in self.path.parts or self.path.name.casefold() in JUNK


@dataclass(frozen=True, slots=True)
class Bundle:
    """What lies at a place: the files of a zip or a folder, or a file by itself."""

    path: Path
    members: tuple[Member, ...]

    @property
    def single(self) -> bool:
        """Whether the place is itself the file."""
        return len(self.members) == 1 and self.members[0].source == self.path

    @contextmanager
    def open(self, member: Member) -> Iterator[BinaryIO]:
        """Raises one of UNREADABLE, here or while reading, where the file is damaged."""
        if isinstance(member.source, Path):
            with member.source.open("rb") as stream:
                yield stream
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(member.source) as entry:
            yield cast(BinaryIO, entry)

    def fingerprint(self, member: Member) -> str:
        """SHA-256 of the file in hex; proves it readable to its end."""
        digest = hashlib.sha256()
        with self.open(member) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def digest(self) -> str:
        """SHA-256 over the names and contents of all files: the same for a zip and its folder.

        Raises one of UNREADABLE.
        """
        whole = hashlib.sha256()
        for member in sorted(self.members, key=lambda item: item.path):
            whole.update(orjson.dumps([str(member.path), self.fingerprint(member)]))
        return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Package:
    """`files` holds what can be read, by the standard's name without `.csv`."""

    bundle: Bundle
    files: dict[str, Member] = field(default_factory=dict)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Raises one of UNREADABLE, here or while reading, where the file is damaged."""
        with self.bundle.open(self.files[name]) as stream:
            yield stream

    def is_readable(self, name: str) -> bool:
        """Whether a file can be unpacked to its end."""
        try:
            self.bundle.fingerprint(self.files[name])
        except UNREADABLE:
            return False
        return True


def printable(name: str) -> str:
    """A name from the package that can be stored and printed."""
    clean = name.encode("utf-8", "replace").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in clean)[:120]


def open_bundle(path: Path, limits: Limits, log: ProblemLog) -> Bundle | None:
    """What lies at the place; None where it was refused, and the log says why."""
    try:
        if path.is_dir():
            return Bundle(path, tuple(_in_folder(path, limits)))
        with path.open("rb") as stream:
            zipped = stream.read(len(ZIP)) == ZIP
        if zipped:
            return Bundle(path, tuple(_in_zip(path, limits, log)))
        size = path.stat().st_size
        if size > limits.total_bytes:
            raise _RefusedError("package.too_large")
        return Bundle(path, (Member(PurePosixPath(path.name), size, path),))
    except _RefusedError as refused:
        log.error(printable(path.name), refused.code)
    except UNREADABLE:
        code = "package.damaged" if path.is_file() else "file.not_found"
        log.error(printable(path.name), code)
    return None


class _RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _in_folder(root: Path, limits: Limits) -> list[Member]:
    members: list[Member] = []
    seen = total = 0
    for folder, subfolders, names in os.walk(root):
        subfolders.sort()
        seen += len(subfolders) + len(names)
        if seen > limits.entries:
            raise _RefusedError("package.too_many_entries")
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_file():
                member = Member(
                    PurePosixPath(path.relative_to(root).as_posix()), path.stat().st_size, path
                )
                total += 0 if member.junk else member.size
                members.append(member)
    if total > limits.total_bytes:
        raise _RefusedError("package.too_large")
    return members


def _in_zip(path: Path, limits: Limits, log: ProblemLog) -> list[Member]:
    _check_directory_size(path, limits)
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    _check_sizes(entries, path.stat().st_size, limits)
    return [member for entry in entries if (member := _member(entry, log)) is not None]


def _check_directory_size(path: Path, limits: Limits) -> None:
    """Refuse a huge table of contents before the library reads it into memory."""
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 66_000))
        tail = stream.read()
    end = tail.rfind(END_RECORD)
    if end < 0 or len(tail) < end + 22:
        raise _RefusedError("package.damaged")
    if ZIP64_LOCATOR in tail[max(0, end - 20) : end]:
        raise _RefusedError("package.too_large")  # zip64 is for archives beyond any roster
    entries, size = struct.unpack_from("<HI", tail, end + 10)
    if entries > limits.entries or size > limits.entries * 512:
        raise _RefusedError("package.too_many_entries")


def _check_sizes(entries: list[zipfile.ZipInfo], compressed: int, limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise _RefusedError("package.too_many_entries")
    if len({entry.header_offset for entry in entries}) < len(entries):
        raise _RefusedError("package.damaged")  # two names for one content: a bomb can be made so
    pairs = [(entry.file_size, entry.compress_size) for entry in entries]
    total = sum(unpacked for unpacked, _ in pairs)
    if total > limits.total_bytes:
        raise _RefusedError("package.too_large")
    for unpacked, size in [*pairs, (total, compressed)]:
        if unpacked > SMALL and unpacked > limits.ratio * max(size, 1):
            raise _RefusedError("package.suspicious_ratio")


def _member(entry: zipfile.ZipInfo, log: ProblemLog) -> Member | None:
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or DRIVE.match(name)
    if outside or not path.name or not name.isprintable():
        log.error(printable(name), "package.unsafe_name")
        return None
    if entry.flag_bits & 0x1:
        log.error(printable(name), "package.encrypted")
        return None
    if entry.compress_type not in METHODS:
        log.error(printable(name), "package.unreadable_file")
        return None
    return Member(path, entry.file_size, entry)


def package_of(bundle: Bundle, names: Mapping[str, str], log: ProblemLog) -> Package:
    """The nearest and best spelt file for each name of a format; `names` maps what they may be
    called, in lower case and without `.csv`, to what they are."""
    chosen: dict[str, Member] = {}

    def spelling(member: Member) -> tuple[int, bool, PurePosixPath]:
        return len(member.path.parts), not _well_spelt(member, names), member.path

    for member in sorted((item for item in bundle.members if not item.junk), key=spelling):
        name = names.get(member.stem or "")
        if name is None:
            log.warn(member.printable, "package.unknown_file")
        elif name in chosen:
            log.error(member.printable, "package.duplicate_file")
        else:
            chosen[name] = member
            if not _well_spelt(member, names):
                log.warn(member.printable, "package.file_name_spelling")
    deep = next((m for m in chosen.values() if len(m.path.parts) > 1), None)
    if deep is not None:
        log.warn(printable(str(deep.path.parent)), "package.inside_folder")
    return Package(bundle, dict(sorted(chosen.items())))


def _well_spelt(member: Member, names: Mapping[str, str]) -> bool:
    return member.path.name == f"{names.get(member.stem or '')}.csv"
