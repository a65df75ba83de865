"""Makes a packet in one pass: bytes go in, bytes to send on come out, and memory stays flat."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from app.formats.packets import archive, jose, layout, names, signatures
from app.formats.packets.errors import PacketMisuse, TooLarge, TooMany
from app.formats.packets.keys import Passphrase, public_key, thumbprint
from app.formats.packets.manifest import Header, Manifest, PacketFile, sha256, whole_second

Lock = ECKey | Passphrase
"""The receiver's public key, or a passphrase that travels by another route."""


@dataclass
class _Open:
    """The file being written."""

    name: str
    media_type: str
    waiting: bytearray = field(default_factory=bytearray)
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    parts: list[str] = field(default_factory=list)


class PacketWriter:
    """One packet. Each call returns bytes to send on, in order; `finish` returns the last.

    For each file `begin`, `write` as often as needed, `end`; after the last file `finish`. A
    passphrase is stretched when the writer is made, which takes about half a second of a CPU.
    """

    def __init__(self, signer: ECKey, lock: Lock, *, packet_id: UUID, made_at: datetime) -> None:
        _check_keys(signer, lock)
        self._signer = signer
        receiver = thumbprint(lock) if isinstance(lock, ECKey) else layout.PASSPHRASE
        self.header = Header(packet_id, whole_second(made_at), thumbprint(signer), receiver)
        self._content_key = secrets.token_bytes(32)
        self._key_token = _locked(self._content_key, lock, self._bound(layout.TYP_KEY))
        self._header = self.header.write()
        self._entries: list[archive.Entry] = []
        self._files: list[PacketFile] = []
        self._folded = names.Taken()
        self._open: _Open | None = None
        self._manifest: Manifest | None = None

    def begin(self, name: str, media_type: str) -> bytes:
        """Begin the next file. Raises `PacketMisuse` for a name that no packet can hold."""
        if self._open or self._manifest:
            raise PacketMisuse("a file can only begin after the one before has ended")
        names.check_file(name, media_type)
        if len(self._files) == layout.MAX_FILES:
            raise TooMany("files", layout.MAX_FILES)
        if not self._folded.add(name):
            raise PacketMisuse("a file of this name is in the packet already")
        self._open = _Open(name, media_type)
        return self._beginning()

    def write(self, chunk: bytes) -> bytes:
        """More of the file; gives back whole parts, or nothing yet."""
        file = self._current()
        file.digest.update(chunk)
        file.size += len(chunk)
        file.waiting += chunk
        sent: list[bytes] = []
        while len(file.waiting) > layout.PART_SIZE:
            sent.append(self._part(file, layout.PART_SIZE))
        return b"".join(sent)

    def end(self) -> bytes:
        """The last part of the file; every file has at least one, even an empty file."""
        file = self._current()
        sent = self._part(file, len(file.waiting))
        self._files.append(
            PacketFile(
                len(self._files) + 1,
                file.name,
                file.media_type,
                file.size,
                file.digest.hexdigest(),
                tuple(file.parts),
            )
        )
        self._open = None
        return sent

    def add(self, name: str, media_type: str, content: bytes) -> bytes:
        """A whole small file at once."""
        return self.begin(name, media_type) + self.write(content) + self.end()

    def finish(self) -> bytes:
        """The signed manifest and the end of the archive."""
        if self._open or self._manifest:
            raise PacketMisuse("a packet is finished once, after its last file has ended")
        beginning = self._beginning()
        self._manifest = Manifest(
            self.header, sha256(self._header), sha256(self._key_token), tuple(self._files)
        )
        payload = self._manifest.write()
        if len(payload) > layout.MAX_MANIFEST:
            raise TooLarge(layout.MANIFEST_ENTRY, layout.MAX_MANIFEST)
        signed = signatures.sign(payload, self._signer, layout.TYP_MANIFEST)
        token = jose.encrypt(signed, self._content_key, self._bound(layout.TYP_MANIFEST))
        last = self._entry(layout.MANIFEST_ENTRY, token)
        return beginning + last + archive.ending(self._entries)

    @property
    def manifest(self) -> Manifest:
        """What was signed, once the packet is finished."""
        if self._manifest is None:
            raise PacketMisuse("the packet is not finished")
        return self._manifest

    @property
    def manifest_sha256(self) -> str:
        """The hash of the packet: what a receipt has to return."""
        return sha256(self.manifest.write())

    def _beginning(self) -> bytes:
        if self._entries:
            return b""
        first = self._entry(layout.HEADER_ENTRY, self._header)
        return first + self._entry(layout.KEY_ENTRY, self._key_token)

    def _current(self) -> _Open:
        if self._open is None:
            raise PacketMisuse("no file has begun")
        return self._open

    def _part(self, file: _Open, size: int) -> bytes:
        if len(self._entries) >= layout.MAX_PARTS + 2:
            raise TooMany("parts", layout.MAX_PARTS)
        plain = bytes(memoryview(file.waiting)[:size])
        del file.waiting[:size]
        number, part = len(self._files) + 1, len(file.parts) + 1
        bound = self._bound(layout.TYP_PART) | {"file": number, "part": part}
        token = jose.encrypt(plain, self._content_key, bound)
        file.parts.append(sha256(token))
        return self._entry(layout.part_entry(number, part), token)

    def _entry(self, name: str, raw: bytes) -> bytes:
        at = self._entries[-1].ends if self._entries else 0
        entry = archive.entry_of(name, raw, at)
        self._entries.append(entry)
        return archive.entry_header(entry) + raw

    def _bound(self, typ: str) -> dict[str, Any]:
        return bound(typ, self.header.packet_id)


def _check_keys(signer: ECKey, lock: Lock) -> None:
    if not signer.is_private or signer.get("use", "sig") != "sig":
        raise PacketMisuse("a packet is signed with a private key that is meant for signing")
    if isinstance(lock, ECKey) and lock.get("use", "enc") != "enc":
        raise PacketMisuse("a packet is locked to a key that is meant for encrypting")


def bound(typ: str, packet_id: UUID) -> dict[str, Any]:
    """What the header of every token of a packet says beside its algorithms."""
    return {"typ": typ, "packet": str(packet_id)}


def _locked(content_key: bytes, lock: Lock, header: dict[str, Any]) -> bytes:
    if isinstance(lock, ECKey):
        return jose.lock_to_key(content_key, public_key(lock), header | {"kid": thumbprint(lock)})
    salt = secrets.token_bytes(16)
    return jose.lock_to_passphrase(content_key, lock.raw, salt, lock.iterations, header)
