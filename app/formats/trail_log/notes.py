"""Checkpoints of a log as signed notes (C2SP tlog-checkpoint and signed-note), and their keys."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.formats.trail_log.entries import moment_text

ED25519 = b"\x01"
MARK = "\u2014 "
SEPARATOR = "\n\n"
MOST_CHARACTERS = 4_096


class NoteRefused(ValueError):
    """A note is malformed, or signed by nobody we know. The text says which."""


class Signer(Protocol):
    """A private key that signs notes."""

    @property
    def name(self) -> str:
        """The key's name."""
        ...

    @property
    def public(self) -> bytes:
        """The public part, 32 bytes."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The Ed25519 signature of some bytes."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A named Ed25519 public key."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        """The four bytes that say in a signature line which key made it."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def line(self) -> str:
        """The key as verifiers take it: name, hash and key, joined by plus signs."""
        text = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.hash.hex()}+{text}"

    @classmethod
    def read(cls, line: str) -> "PublicKey":
        """A key from its line. Raises `NoteRefused`."""
        parts = line.strip().split("+", 2)
        try:
            name, digest, text = parts
            raw = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            raise NoteRefused("this is no public key of a log") from None
        key = cls(name, raw[1:])
        if raw[:1] != ED25519 or len(raw) != 33 or digest != key.hash.hex() or not name:
            raise NoteRefused("this is no Ed25519 key, or its name is not its own")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed about a log: so many entries, this root, sealed then.

    `horizon` and `next_xid` are the oldest running and the next transaction as the sealer saw
    them: everything below the horizon is sealed. `not_before` is the earliest time an entry of
    this batch can have, where that is known. `epoch` rises where a restored database counts its
    transactions again.
    """

    origin: str
    size: int
    root: bytes
    number: int
    previous: bytes
    sealed_at: datetime
    epoch: int
    horizon: int
    next_xid: int
    not_before: datetime | None
    opening: bool = False

    def text(self) -> str:
        """The lines that are signed."""
        encoded = base64.b64encode
        lines = [
            self.origin,
            str(self.size),
            encoded(self.root).decode(),
            f"number {self.number}",
            f"previous {encoded(self.previous).decode()}",
            f"sealed-at {moment_text(self.sealed_at)}",
            f"epoch {self.epoch}",
            f"horizon {self.horizon}",
            f"next {self.next_xid}",
        ]
        if self.not_before is not None:
            lines.append(f"not-before {moment_text(self.not_before)}")
        if self.opening:
            lines.append("opening yes")
        return "\n".join(lines) + "\n"


def parts_of(origin: str) -> tuple[UUID, str]:
    """The school and the name of the log that an origin stands for."""
    _, school, log = origin.split("/", 2)
    return UUID(school), log


def origin_of(school_id: object, log: str) -> str:
    """The first line of every checkpoint of one log."""
    return f"cairn/{school_id}/{log}"


def signed(checkpoint: Checkpoint, signer: Signer) -> str:
    """The whole note: the checkpoint, an empty line, one signature."""
    text = checkpoint.text()
    key = PublicKey(signer.name, signer.public)
    signature = base64.b64encode(key.hash + signer.sign(text.encode())).decode()
    return f"{text}\n{MARK}{signer.name} {signature}\n"


def read_signed(note: str, keys: Mapping[str, PublicKey]) -> Checkpoint:
    """The checkpoint of a note that one of the keys has signed. Raises `NoteRefused`."""
    text, separator, signatures = note.rpartition(SEPARATOR)
    if not separator or len(note) > MOST_CHARACTERS:
        raise NoteRefused("this is no signed note")
    content = text + "\n"
    if not any(_signs(line, content, keys) for line in signatures.splitlines()):
        raise NoteRefused("no known key has signed this")
    return _read(content)


def _signs(line: str, content: str, keys: Mapping[str, PublicKey]) -> bool:
    name, _, text = line.removeprefix(MARK).partition(" ")
    key = keys.get(name)
    if key is None or not line.startswith(MARK):
        return False
    try:
        raw = base64.b64decode(text, validate=True)
        if raw[:4] != key.hash:
            return False
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], content.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def _read(content: str) -> Checkpoint:
    """Strict: what is written again has to be what was read."""
    try:
        origin, size, root, *more = content.splitlines()
        fields = dict(line.split(" ", 1) for line in more)
        checkpoint = Checkpoint(
            origin=origin,
            size=int(size),
            root=base64.b64decode(root, validate=True),
            number=int(fields["number"]),
            previous=base64.b64decode(fields["previous"], validate=True),
            sealed_at=_moment(fields["sealed-at"]),
            epoch=int(fields["epoch"]),
            horizon=int(fields["horizon"]),
            next_xid=int(fields["next"]),
            not_before=_moment(fields["not-before"]) if "not-before" in fields else None,
            opening="opening" in fields,
        )
    except (ValueError, KeyError) as error:
        raise NoteRefused("this is no checkpoint of a trail") from error
    if checkpoint.text() != content:
        raise NoteRefused("this is no checkpoint of a trail")
    return checkpoint


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
