"""Keeps the Ed25519 keys that sign checkpoints of the trail: files outside the database."""

import hashlib
import re
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.integrations.folder_locks import locked
from app.integrations.key_files import STAMP, stamp_after, write_whole

FOLDER = "seals"
"""Within the folder of keys."""
_NAME = re.compile(r"(?P<since>\d{8}T\d{6}\d{6}Z)-(?P<id>[0-9a-f]{16})\.(?P<kind>key|pub)")


class SealKeyError(Exception):
    """The folder of sealing keys cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key pair that signs; `name` stands in every signature it makes."""

    id: str
    public: bytes
    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def name(self) -> str:
        """The key's name in signed notes."""
        return name_of(self.id)

    def sign(self, content: bytes) -> bytes:
        """The Ed25519 signature of some bytes."""
        return self._private.sign(content)


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """What everybody may know of a key, for ever: checkpoints of many years name it."""

    id: str
    public: bytes
    since: datetime
    retired: bool

    @property
    def name(self) -> str:
        """The key's name in signed notes."""
        return name_of(self.id)


class SealKeys(Protocol):
    """Where the sealer gets its key and a reader all public ones."""

    def ensure(self) -> SealKey:
        """The key that signs now; the first one is made."""
        ...

    def published(self) -> list[PublishedKey]:
        """Every public key there ever was, oldest first."""
        ...


def name_of(key_id: str) -> str:
    """The name of a key in signed notes."""
    return f"cairn-seal-{key_id}"


def _id_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def _public_of(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )


def key_of(private: Ed25519PrivateKey) -> SealKey:
    """The sealing key of a private key, named by the hash of its public part."""
    public = _public_of(private)
    return SealKey(_id_of(public), public, private)


class SealKeyFolder:
    """Keys in a folder (0700): `<since>-<id>.key` (0600) of the one that signs, `.pub` of all.

    Rotating makes a new key and destroys the old private one; its public part stays.
    """

    def __init__(self, keys_dir: Path) -> None:
        self._folder = keys_dir / FOLDER

    def ensure(self) -> SealKey:
        """The key that signs now; of many processes at once, one makes the first.

        Raises `SealKeyError`.
        """
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        _refuse_open(self._folder)
        with locked(self._folder):
            return self._newest() or self._make()

    def rotate(self) -> SealKey:
        """Sign with a new key from now on, and destroy the private part of the old one."""
        self.ensure()
        with locked(self._folder):
            old = self._files("key")
            made = self._make()
            for path in old:
                path.unlink()
            return made

    def published(self) -> list[PublishedKey]:
        """Every public key there ever was, oldest first. Raises `SealKeyError`."""
        if not self._folder.is_dir():
            return []
        signing = [_parsed(path)["id"] for path in self._files("key")]
        return [_read_public(path, signing[-1:]) for path in self._files("pub")]

    def _files(self, kind: str) -> list[Path]:
        return sorted(self._folder.glob(f"*.{kind}"))

    def _newest(self) -> SealKey | None:
        files = self._files("key")
        return _read_private(files[-1]) if files else None

    def _make(self) -> SealKey:
        private = Ed25519PrivateKey.generate()
        key = key_of(private)
        since = stamp_after(self._files("pub"))
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        # The public part first: a checkpoint whose key nobody can find would look forged.
        write_whole(self._folder / f"{since}-{key.id}.pub", key.public.hex().encode() + b"\n")
        write_whole(self._folder / f"{since}-{key.id}.key", pem)
        return key


def _parsed(path: Path) -> re.Match[str]:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise SealKeyError(f"{path}: expected a name like 20261125T120000000000Z-<id>.pub")
    return named


def _read_public(path: Path, signing: list[str]) -> PublishedKey:
    named = _parsed(path)
    try:
        public = bytes.fromhex(path.read_text().strip())
    except ValueError:
        raise SealKeyError(f"{path}: not a public key in hex") from None
    if len(public) != 32 or _id_of(public) != named["id"]:
        raise SealKeyError(f"{path}: the key inside has another id than the name")
    since = datetime.strptime(named["since"], STAMP).replace(tzinfo=UTC)
    return PublishedKey(named["id"], public, since, retired=named["id"] not in signing)


def _read_private(path: Path) -> SealKey:
    named = _parsed(path)
    _refuse_open(path)
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise SealKeyError(f"{path}: not an unencrypted PEM private key") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SealKeyError(f"{path}: not an Ed25519 key")
    key = key_of(private)
    if key.id != named["id"]:
        raise SealKeyError(f"{path}: the key inside has another id than the name")
    return key


def _refuse_open(path: Path) -> None:
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        wanted = "0700" if stat.S_ISDIR(status.st_mode) else "0600"
        raise SealKeyError(
            f"{path} has mode {mode:04o}: sealing keys must be closed to group and others "
            f"(chmod {wanted}), and a key that others could read should be replaced"
        )
