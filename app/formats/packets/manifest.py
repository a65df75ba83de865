"""The signed list of everything in a packet, and the short note in the clear before it."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.formats.packets import layout, names
from app.formats.packets.canonical import NotCanonical, read_canonical, read_strict, write_canonical
from app.formats.packets.errors import Damaged, TooMany, UnsupportedVersion

HASH = re.compile(r"[0-9a-f]{64}")
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True)
class Header:
    """What anybody may read: which packet, when, whose key signs, and how it is locked."""

    packet_id: UUID
    made_at: datetime
    sender: str
    """RFC 7638 thumbprint of the key that signs."""
    receiver: str
    """RFC 7638 thumbprint of the key it is encrypted to, or `passphrase`."""

    def write(self) -> bytes:
        """The bytes of `packet.json`."""
        lock = {"kind": "key", "receiver": self.receiver}
        if self.receiver == layout.PASSPHRASE:
            lock = {"kind": "passphrase"}
        return write_canonical({"format": layout.FORMAT, "lock": lock, **self.common()})

    def common(self) -> dict[str, str]:
        """What the note and the manifest both say."""
        return {
            "packet_id": str(self.packet_id),
            "made_at": moment_text(self.made_at),
            "sender": self.sender,
        }

    @classmethod
    def read(cls, raw: bytes) -> "Header":
        """Raises `Damaged` and `UnsupportedVersion`."""
        rendered = _rendered(layout.HEADER_ENTRY, layout.FORMAT, raw, read_strict)
        lock = rendered.get("lock")
        kind = lock.get("kind") if isinstance(lock, dict) else None
        receiver = layout.PASSPHRASE
        if isinstance(lock, dict) and kind == "key":
            receiver = _text(lock, "receiver", THUMBPRINT, layout.HEADER_ENTRY)
        elif kind != "passphrase":
            raise Damaged(layout.HEADER_ENTRY, "it does not say how the packet is locked")
        return cls(*_common(rendered, layout.HEADER_ENTRY), receiver)


@dataclass(frozen=True)
class PacketFile:
    """One file of a packet: its number from 1, and what its sender says of it."""

    number: int
    name: str
    media_type: str
    size: int
    sha256: str
    """Of the file itself, in hex."""
    parts: tuple[str, ...]
    """SHA-256 of the bytes of each part as it lies in the packet, in hex."""

    def as_json(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return {
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
            "parts": list(self.parts),
        }


@dataclass(frozen=True)
class Manifest:
    """What a sender vouches for. `sha256` of its bytes is the hash a receipt returns."""

    header: Header
    header_sha256: str
    key_sha256: str
    files: tuple[PacketFile, ...]

    def write(self) -> bytes:
        """The canonical bytes that are signed and hashed."""
        return write_canonical(
            {
                "format": layout.MANIFEST_FORMAT,
                **self.header.common(),
                "receiver": self.header.receiver,
                "header_sha256": self.header_sha256,
                "key_sha256": self.key_sha256,
                "files": [file.as_json() for file in self.files],
            }
        )

    @classmethod
    def read(cls, raw: bytes) -> "Manifest":
        """Raises `Damaged`, `UnsupportedVersion` and `TooMany`."""
        entry = layout.MANIFEST_ENTRY
        rendered = _rendered(entry, layout.MANIFEST_FORMAT, raw, read_canonical)
        receiver = rendered.get("receiver")
        if receiver != layout.PASSPHRASE:
            receiver = _text(rendered, "receiver", THUMBPRINT, entry)
        listed = rendered.get("files")
        if not isinstance(listed, list):
            raise Damaged(entry, "it lists no files")
        if len(listed) > layout.MAX_FILES:
            raise TooMany("files", layout.MAX_FILES)
        files = tuple(_read_file(number, item) for number, item in enumerate(listed, 1))
        taken = names.Taken()
        if not all(taken.add(file.name) for file in files):
            raise Damaged(entry, "two files in it have the same name")
        return cls(
            Header(*_common(rendered, entry), receiver),
            _text(rendered, "header_sha256", HASH, entry),
            _text(rendered, "key_sha256", HASH, entry),
            files,
        )


def moment_text(at: datetime) -> str:
    """RFC 3339 in UTC, in whole seconds, ending in Z."""
    return whole_second(at).isoformat().replace("+00:00", "Z")


def whole_second(at: datetime) -> datetime:
    """A moment as a packet can tell it."""
    return at.astimezone(UTC).replace(microsecond=0)


def read_moment(text: str) -> datetime:
    """Raises `ValueError`."""
    if not MOMENT.fullmatch(text):
        raise ValueError("not a moment in UTC")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def sha256(raw: bytes) -> str:
    """In hex."""
    return hashlib.sha256(raw).hexdigest()


def _rendered(
    entry: str, version: str, raw: bytes, read: Callable[[bytes], dict[str, Any]]
) -> dict[str, Any]:
    try:
        content = read(raw)
    except NotCanonical as error:
        raise Damaged(entry, str(error)) from None
    result = content.get("format")
    if result != version:
        family = version.rsplit("/", 1)[0]
        if isinstance(result, str) and re.fullmatch(rf"{family}/[0-9]{{1,9}}", result):
            raise UnsupportedVersion(result)
        raise Damaged(entry, "it does not say that it belongs to a packet")
    return content


def _common(content: Mapping[str, Any], entry: str) -> tuple[UUID, datetime, str]:
    try:
        packet_id = UUID(str(content.get("packet_id")))
        made_at = read_moment(str(content.get("made_at")))
    except ValueError:
        raise Damaged(entry, "its packet_id or made_at cannot be read") from None
    if str(packet_id) != content.get("packet_id"):
        raise Damaged(entry, "its packet_id is not written in small letters with hyphens")
    return packet_id, made_at, _text(content, "sender", THUMBPRINT, entry)


def _text(content: Mapping[str, Any], name: str, form: re.Pattern[str], entry: str) -> str:
    result = content.get(name)
    if not isinstance(result, str) or not form.fullmatch(result):
        raise Damaged(entry, f"its {name} is missing or not in its form")
    return result


def _read_file(number: int, content: Any) -> PacketFile:
    entry = layout.MANIFEST_ENTRY
    if not isinstance(content, dict):
        raise Damaged(entry, f"file {number} in it is not described")
    name, media_type = content.get("name"), content.get("media_type")
    if not isinstance(name, str) or names.why_refused(name):
        raise Damaged(entry, f"the name of file {number} is not allowed")
    if not isinstance(media_type, str) or not names.MEDIA_TYPE.fullmatch(media_type):
        raise Damaged(entry, f"the media type of file {number} is not allowed")
    size, parts = content.get("size"), content.get("parts")
    if type(size) is not int or size < 0 or not isinstance(parts, list) or not parts:
        raise Damaged(entry, f"the size or the parts of file {number} are missing")
    if not all(isinstance(part, str) and HASH.fullmatch(part) for part in parts):
        raise Damaged(entry, f"a hash of a part of file {number} is not in its form")
    whole = _text(content, "sha256", HASH, entry)
    return PacketFile(number, name, media_type, size, whole, tuple(parts))
