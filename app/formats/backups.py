"""A backup, or a school that leaves, as one file: lines of tokens, each encrypted and in its place.

The first line says in the clear what the file is, and holds the content key, locked to a public
key as in transfer packets. Every further line is a compact JWE of a part. The last part is the
manifest: a file that was cut short has none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import orjson
from joserfc.jwk import ECKey

from app.formats.packets import jose
from app.formats.packets.keys import thumbprint

FORMAT: Final = "cairn-backup"
SCHOOL: Final = "cairn-school"
NAMES: Final = {FORMAT: "backup", SCHOOL: "file of a school"}
VERSION: Final = 1
CHUNK = 1 << 20
"""Bytes of one part."""
LONGEST_LINE = 2 * CHUNK
MEMBER, DATA, END = b"M", b"D", b"E"
CONTENT_KEY_BYTES = 32


class BackupRefused(ValueError):
    """A backup cannot be used; the text says why."""


class NotABackup(BackupRefused):
    """The file is something else, or of a later version."""


class WrongBackupKey(BackupRefused):
    """The file is encrypted to another key."""


class BackupDamaged(BackupRefused):
    """A part was changed, moved or taken out, or the end is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a line holds: a member's beginning with its name, a piece of it, or the manifest."""

    name: str | None = None
    data: bytes = b""
    manifest: dict[str, Any] | None = None


class BackupWriter:
    """Writes a backup, part by part."""

    def __init__(
        self,
        target: BinaryIO,
        backup_id: str,
        made_at: str,
        key: ECKey,
        content: bytes,
        of: str = FORMAT,
    ) -> None:
        self._target, self._id, self._content = target, backup_id, content
        self._number = 0
        lock = jose.lock_to_key(content, key, {"kid": thumbprint(key), "packet": backup_id})
        head = {
            "format": of, "version": VERSION, "id": backup_id, "made_at": made_at,
            "lock": lock.decode(),
        }  # fmt: skip
        self._target.write(json.dumps(head).encode() + b"\n")

    def member(self, name: str) -> None:
        """Begin a member; what follows belongs to it."""
        self._put(MEMBER + name.encode())

    def data(self, piece: bytes) -> None:
        """Some bytes of the member."""
        for start in range(0, len(piece), CHUNK):
            self._put(DATA + piece[start : start + CHUNK])

    def end(self, manifest: dict[str, Any]) -> None:
        """Write the manifest; nothing may follow."""
        content = orjson.dumps(manifest)
        pieces = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]
        self.member("")
        for piece in pieces:
            self._put(DATA + piece)
        self._put(END)

    def _put(self, plain: bytes) -> None:
        header = {"packet": self._id, "part": self._number}
        self._target.write(jose.encrypt(plain, self._content, header) + b"\n")
        self._number += 1


class BackupReader:
    """Reads a backup; nothing of a part is handed out before the part is proved."""

    def __init__(self, source: BinaryIO, of: str = FORMAT) -> None:
        self._source = source
        head = _head(source.readline(LONGEST_LINE), of)
        self.id: str = head["id"]
        self.made_at: str = head["made_at"]
        self._lock: str = head["lock"]

    def content_key(self, keys: dict[str, ECKey]) -> bytes:
        """The content key, by whichever private key it is locked to. Raises `WrongBackupKey`."""
        token = self._lock.encode()
        try:
            key = keys.get(str(jose.protected_header(token, 4).get("kid")))
            if key is not None:
                return jose.unlock_by_key(token, key)
        except jose.TokenRefused:
            raise WrongBackupKey("the key does not open this backup") from None
        raise WrongBackupKey("the backup is encrypted to another key than those given")

    def parts(self, content: bytes) -> Iterator[Part]:
        """Every part in order, the manifest last. Raises `BackupDamaged`."""
        name: str | None = None
        manifest = bytearray()
        for number, line in enumerate(iter(lambda: self._source.readline(LONGEST_LINE), b"")):
            kind, rest = _split(line, content, {"packet": self.id, "part": number})
            if kind == MEMBER:
                name = rest.decode()
                if name:
                    yield Part(name=name)
            elif kind == DATA and name:
                yield Part(data=rest)
            elif kind == DATA:
                manifest += rest
            else:
                self._refuse_more()
                yield Part(manifest=orjson.loads(manifest))
                return
        raise BackupDamaged("the end of the backup is missing")

    def _refuse_more(self) -> None:
        if self._source.read(1):
            raise BackupDamaged("something was put behind the end of the backup")


def _head(line: bytes, of: str) -> dict[str, Any]:
    try:
        head: dict[str, Any] = orjson.loads(line)
        known = head["format"] == of and head["version"] == VERSION
        texts = all(isinstance(head[name], str) for name in ("id", "made_at", "lock"))
    except (ValueError, KeyError, TypeError):
        known = texts = False
    if not (known and texts):
        raise NotABackup(f"this is no {NAMES[of]} that this version of Cairn can read")
    return head


def _split(line: bytes, content: bytes, header: dict[str, Any]) -> tuple[bytes, bytes]:
    try:
        plain = jose.decrypt(line.rstrip(b"\n"), content, header)
    except jose.TokenRefused:
        raise BackupDamaged(f"part {header['part']} was changed, moved or cut") from None
    if not line.endswith(b"\n") or plain[:1] not in (MEMBER, DATA, END):
        raise BackupDamaged(f"part {header['part']} was changed, moved or cut")
    return plain[:1], plain[1:]
