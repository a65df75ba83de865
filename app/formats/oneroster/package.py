"""The files of a package, found in a zip or a folder without trusting either."""

import hashlib
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from app.formats.csv_rows import BOM, CHUNK_BYTES
from app.formats.oneroster.columns import FILE_ALIASES, FILES
from app.formats.oneroster.problems import ProblemLog

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

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
STANDARD_NAMES = {
    name.casefold(): name for name in ("manifest", *FILES["1.1"], *FILES["1.2"])
} | FILE_ALIASES
DRIVE = re.compile(r"[A-Za-z]:")
SMALL = 1024 * 1024
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
    """One file as it lies in the package: `shown` is its name made safe to print."""

    path: PurePosixPath
    size: int
    place: Path | zipfile.ZipInfo

    @property
    def shown(self) -> str:
        return shown(str(self.path))

    @property
    def standard_name(self) -> str | None:
        """`users` for `x/Users.CSV`; None where the standard has no such file."""
        if self.path.suffix.casefold() != ".csv":
            return None
        return STANDARD_NAMES.get(self.path.stem.casefold())

    @property
    def well_spelt(self) -> bool:
        return self.path.name == f"{self.standard_name}.csv"


@dataclass(frozen=True, slots=True)
class Package:
    """`files` holds what can be read, by the standard's name without `.csv`."""

    place: Path
    files: dict[str, Member] = field(default_factory=dict)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Raises one of UNREADABLE, here or while reading, where the file is damaged."""
        where = self.files[name].place
        if isinstance(where, Path):
            with where.open("rb") as stream:
                yield stream
            return
        with zipfile.ZipFile(self.place) as archive, archive.open(where) as entry:
            yield cast(BinaryIO, entry)

    def fingerprint(self, name: str) -> tuple[str, bytes]:
        """SHA-256 of the file in hex and its first bytes; proves it readable to its end."""
        digest = hashlib.sha256()
        with self.open(name) as stream:
            head = stream.read(len(BOM) + 1)
            digest.update(head)
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest(), head


def shown(name: str) -> str:
    """A name from the package that can be stored and printed."""
    clean = name.encode("utf-8", "replace").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in clean)[:120]


def find_package(place: Path, limits: Limits, log: ProblemLog) -> Package:
    """What can be read of the package; empty where it was refused, and the log says why."""
    try:
        members = _in_folder(place, limits) if place.is_dir() else _in_zip(place, limits, log)
    except _RefusedError as refused:
        log.error(shown(place.name), refused.code)
        return Package(place)
    except UNREADABLE:
        code = "package.not_a_zip" if place.is_file() else "package.not_found"
        log.error(shown(place.name), code)
        return Package(place)
    return Package(place, _choose(members, log))


class _RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _in_folder(place: Path, limits: Limits) -> list[Member]:
    members: list[Member] = []
    seen = total = 0
    for folder, subfolders, names in os.walk(place):
        subfolders.sort()
        seen += len(subfolders) + len(names)
        if seen > limits.entries:
            raise _RefusedError("package.too_many_entries")
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_file():
                member = Member(
                    PurePosixPath(path.relative_to(place).as_posix()), path.stat().st_size, path
                )
                total += member.size if member.standard_name else 0
                members.append(member)
    if total > limits.total_bytes:
        raise _RefusedError("package.too_large")
    return members


def _in_zip(place: Path, limits: Limits, log: ProblemLog) -> list[Member]:
    _check_directory_size(place, limits)
    with zipfile.ZipFile(place) as archive:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    _check_sizes(entries, place.stat().st_size, limits)
    return [member for entry in entries if (member := _member(entry, log)) is not None]


def _check_directory_size(place: Path, limits: Limits) -> None:
    """Refuse a huge table of contents before the library reads it into memory."""
    with place.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 66_000))
        tail = stream.read()
    end = tail.rfind(END_RECORD)
    if end < 0 or len(tail) < end + 22:
        raise _RefusedError("package.not_a_zip")
    if ZIP64_LOCATOR in tail[max(0, end - 20) : end]:
        raise _RefusedError("package.too_large")  # zip64 is for archives beyond any roster
    entries, size = struct.unpack_from("<HI", tail, end + 10)
    if entries > limits.entries or size > limits.entries * 512:
        raise _RefusedError("package.too_many_entries")


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise _RefusedError("package.too_many_entries")
    pairs = [(entry.file_size, entry.compress_size) for entry in entries]
    total = sum(unpacked for unpacked, _ in pairs)
    if total > limits.total_bytes:
        raise _RefusedError("package.too_large")
    for unpacked, size in [*pairs, (total, packed)]:
        if unpacked > SMALL and unpacked > limits.ratio * max(size, 1):
            raise _RefusedError("package.suspicious_ratio")


def _member(entry: zipfile.ZipInfo, log: ProblemLog) -> Member | None:
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or DRIVE.match(name)
    if outside or not path.name or not name.isprintable():
        log.error(shown(name), "package.unsafe_name")
        return None
    if entry.flag_bits & 0x1:
        log.error(shown(name), "package.encrypted")
        return None
    if entry.compress_type not in METHODS:
        log.error(shown(name), "package.unreadable_file")
        return None
    return Member(path, entry.file_size, entry)


def _choose(members: list[Member], log: ProblemLog) -> dict[str, Member]:
    """The nearest and best spelt file for each name of the standard."""
    chosen: dict[str, Member] = {}
    for member in sorted(members, key=lambda m: (len(m.path.parts), not m.well_spelt, m.path)):
        name = member.standard_name
        if "__MACOSX" in member.path.parts or member.path.name.casefold() in JUNK:
            continue
        if name is None:
            log.warn(member.shown, "package.unknown_file")
        elif name in chosen:
            log.error(member.shown, "package.duplicate_file")
        else:
            chosen[name] = member
            if not member.well_spelt:
                log.warn(member.shown, "package.file_name_spelling")
    deep = next((m for m in chosen.values() if len(m.path.parts) > 1), None)
    if deep is not None:
        log.warn(shown(str(deep.path.parent)), "package.inside_folder")
    return dict(sorted(chosen.items()))
