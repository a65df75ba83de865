"""A school that leaves, as a folder or as one encrypted file: the same members in both.

Every member is named in the manifest with its size and SHA-256, so a program of ten lines can check
a folder. An encrypted file has the form of a backup (`app.formats.backups`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from app.formats.backups import SCHOOL, BackupDamaged, BackupReader, NotABackup

FORMAT: Final = "cairn-school/1"
MANIFEST: Final = "manifest.json"
README: Final = "README.txt"
VOCABULARIES: Final = "vocabularies.json"
SCHEMAS, FILES, KEYS = "schemas/", "files/", "trail/keys/"
PIECE = 1 << 20
READ_ME: Final = """\
A school's whole safeguarding record, as Cairn wrote it. Handle it like the record itself.

manifest.json        what is here: the school, when, every file with its size and SHA-256
records/NAME.ndjson  the record: one JSON object a line, by id. A value that is empty is left out
trail/NAME.ndjson    who did what and when, with the seals that prove it; trail/keys has the
                     public keys
adults/NAME.ndjson   the register of concerns about adults, with its log: in a file of its own
server/NAME.ndjson   what a server needs to go on: who may sign in, the last numbers given
files/               attachments and other files; `key` in a record is the path below this folder
schemas/NAME.json    what the fields of a line are (JSON Schema)
vocabularies.json    what the codes mean

A field such as `child_id` names the `id` of a line in another file; `$comment` in the schema says
which. Times are UTC. Passwords, second factors and keys of other programs are not here; in the
place of such a key stands its SHA-256.

Where the record vouches for a line, its SHA-256 (base64) stands in trail/row_trail.ndjson, in
`details`, by table and id: the last one of a row counts.
"""


class Target(Protocol):
    """What members are written to, one after the other; `BackupWriter` is one as well."""

    def member(self, name: str) -> None:
        """Begin a member."""
        ...

    def data(self, piece: bytes) -> None:
        """Some bytes of the member."""
        ...

    def end(self, manifest: dict[str, Any]) -> None:
        """Write the manifest; nothing may follow."""
        ...


class FolderTarget:
    """Writes members as files of a new folder, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder
        self._open: Any = None

    def member(self, name: str) -> None:
        """Begin a file."""
        self.close()
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open = path.open("xb")

    def data(self, piece: bytes) -> None:
        """Some bytes of the file."""
        self._open.write(piece)

    def end(self, manifest: dict[str, Any]) -> None:
        """Write the manifest."""
        self.member(MANIFEST)
        self.data(json.dumps(manifest, indent=1).encode())
        self.close()

    def close(self) -> None:
        """Let the open file go."""
        if self._open is not None:
            self._open.close()


@dataclass
class SchoolWriter:
    """Writes members and remembers of each what the manifest says."""

    target: Target
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a whole member."""
        counted = self.begin(name)
        for piece in pieces:
            counted(piece)

    def begin(self, name: str) -> "Counted":
        """Begin a member; what it answers takes the pieces."""
        self.target.member(name)
        return Counted(self, name)

    def end(self, about: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest, and answer it."""
        manifest = {"format": FORMAT, **about, "files": self.members}
        self.target.end(manifest)
        return manifest


class Counted:
    """Takes the pieces of one member; its size, digest and lines stand in the manifest."""

    def __init__(self, writer: SchoolWriter, name: str) -> None:
        self._target, self._digest = writer.target, hashlib.sha256()
        self._entry = writer.members[name] = {"size": 0, "sha256": self._digest.hexdigest()}
        if name.endswith(".ndjson"):
            self._entry["rows"] = 0

    def __call__(self, piece: bytes) -> None:
        self._target.data(piece)
        self._digest.update(piece)
        self._entry["size"] += len(piece)
        self._entry["sha256"] = self._digest.hexdigest()
        if "rows" in self._entry:
            self._entry["rows"] += piece.count(b"\n")


class SchoolSource(Protocol):
    """A school's file to read, member by member, any number of times."""

    def manifest(self) -> dict[str, Any]:
        """What is in it. Raises `NotABackup` and `BackupDamaged`."""
        ...

    def members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Every member with its pieces, which have to be read before the next."""
        ...


@dataclass(frozen=True)
class FolderSource:
    """A folder."""

    folder: Path

    def manifest(self) -> dict[str, Any]:
        """What is in it. Raises `NotABackup`."""
        content: Any = None
        with suppress(OSError, ValueError):
            content = json.loads((self.folder / MANIFEST).read_bytes())
        return known(content)

    def members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """In the order of the manifest. Raises `BackupDamaged` for a file that is not there."""
        for name in self.manifest()["files"]:
            path = self.folder / name
            if not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
                raise BackupDamaged(f"{name} is missing")
            yield name, _pieces(path)


@dataclass(frozen=True)
class EncryptedSource:
    """One encrypted file, with its content key."""

    path: Path
    content: bytes

    def manifest(self) -> dict[str, Any]:
        """What is in it. Raises `NotABackup` and `BackupDamaged`."""
        for part in self._parts():
            if part.manifest is not None:
                return known(part.manifest)
        raise BackupDamaged("the end of the file is missing")

    def members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """In the order of the file. Raises `BackupDamaged`."""
        parts = self._parts()
        held = [next(parts, None)]

        def pieces() -> Iterator[bytes]:
            while held[0] is not None and held[0].name is None and held[0].manifest is None:
                yield held[0].data
                held[0] = next(parts, None)

        while held[0] is not None and held[0].name is not None:
            name = held[0].name
            held[0] = next(parts, None)
            yield name, pieces()
            for _ in pieces():
                pass

    def _parts(self) -> Iterator[Any]:
        with self.path.open("rb") as stream:
            yield from BackupReader(stream, SCHOOL).parts(self.content)


def known(manifest: Any) -> dict[str, Any]:
    """A manifest of ours. Raises `NotABackup`."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise NotABackup("this is no school that this version of Cairn can read")
    return manifest


def digest_of(manifest: dict[str, Any]) -> str:
    """SHA-256 of what a manifest says of its files."""
    content = json.dumps(manifest["files"], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def prove(source: SchoolSource) -> dict[str, Any]:
    """Read every byte and hold it against the manifest, which it answers.

    Raises `BackupDamaged`, which names the member.
    """
    manifest = source.manifest()
    left = dict(manifest["files"])
    for name, pieces in source.members():
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
        listed = left.pop(name, None)
        if listed is None or (listed["sha256"], listed["size"]) != (digest.hexdigest(), size):
            raise BackupDamaged(f"{name} is not as it was written")
    if left:
        raise BackupDamaged(f"{next(iter(left))} is missing")
    return manifest


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece
