"""Seals places in what happened with AES-SIV, by one key of the folder of keys.

The same place of the same school is always sealed to the same bytes, so that any process
can answer a client that comes back with it. Without the key's file, clients begin again.
"""

import fcntl
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from app.core.credentials import VaultError
from app.integrations.key_files import write_whole

FOLDER, NAME = "places", "places.key"
"""Within the folder of keys."""
KEY_BYTES = 64


class PlaceKey:
    """One key in a folder (0700) of its own, a file (0600) that the first process makes."""

    def __init__(self, keys_dir: Path) -> None:
        self._folder = keys_dir / FOLDER
        self._key: AESSIV | None = None

    def seal(self, place: bytes, bound_to: bytes) -> bytes:
        """Encrypt and bind to a context. Raises `VaultError` where the key cannot be used."""
        return self._ready().encrypt(place, [bound_to])

    def open(self, sealed: bytes, bound_to: bytes) -> bytes | None:
        """Decrypt; None for what was not sealed for this context."""
        try:
            return self._ready().decrypt(sealed, [bound_to])
        except (InvalidTag, ValueError):
            return None

    def _ready(self) -> AESSIV:
        if self._key is None:
            self._key = AESSIV(self._read())
        return self._key

    def _read(self) -> bytes:
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / NAME
        lock = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                write_whole(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
        finally:
            os.close(lock)
        for item in (self._folder, path):
            if stat.S_IMODE(item.stat().st_mode) & 0o077:
                raise VaultError(f"{item} must be closed to group and others")
        return _key_in(path)


def _key_in(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultError(f"{path}: not a key of {KEY_BYTES} bytes in hex")
    return key
