"""Seals small secrets for the database with AES-256-GCM, by keys that stay outside it."""

import re
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.credentials import VaultError
from app.integrations.folder_locks import locked
from app.integrations.key_files import stamp_after, write_whole

FOLDER = "secrets"
"""Within the folder of keys."""
FORMAT = b"\x01"
KEY_BYTES, ID_BYTES, NONCE_BYTES = 32, 8, 12
_NAME = re.compile(r"(?P<since>\d{8}T\d{12}Z)-(?P<id>[0-9a-f]{16})\.key")


class Vault:
    """Keys in a folder (0700), one a file (0600); the newest seals, all of them open.

    What is sealed names its key, so that it can be opened after a rotation and sealed again.
    """

    def __init__(self, keys_dir: Path) -> None:
        self._folder = keys_dir / FOLDER
        self._keys: dict[bytes, AESGCM] = {}
        self._newest = b""

    def seal(self, secret: bytes, bound_to: bytes) -> bytes:
        """Encrypt and bind to a context, without which it cannot be opened. Raises `VaultError`."""
        self._ensure()
        self._read()  # another process may have rotated
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = FORMAT + self._newest
        return head + nonce + self._keys[self._newest].encrypt(nonce, secret, head + bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypt. Raises `VaultError` where the key is gone or anything was changed."""
        start = len(FORMAT) + ID_BYTES
        head, nonce = sealed[:start], sealed[start : start + NONCE_BYTES]
        key = self._find(head[len(FORMAT) :]) if head.startswith(FORMAT) else None
        if key is None:
            raise VaultError("no key of ours sealed this")
        try:
            return key.decrypt(nonce, sealed[start + NONCE_BYTES :], head + bound_to)
        except (InvalidTag, ValueError):
            raise VaultError("not what was sealed") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this."""
        self._read()
        return sealed.startswith(FORMAT + self._newest)

    def rotate(self) -> None:
        """Seal with a new key from now on; the old ones still open what they sealed."""
        self._ensure()
        with locked(self._folder):
            self._make()
        self._read()

    def _find(self, key_id: bytes) -> AESGCM | None:
        if key_id not in self._keys:
            self._read()  # another process may have rotated
        return self._keys.get(key_id)

    def _ensure(self) -> None:
        if self._newest:
            return
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with locked(self._folder):
            if not self._files():
                self._make()
        self._read()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.key"))

    def _read(self) -> None:
        if not self._folder.is_dir():
            return
        _refuse_open(self._folder)
        result: dict[bytes, AESGCM] = {}
        for path in self._files():
            key_id, key = _read_key(path)
            result[key_id] = key
        self._keys, self._newest = result, next(reversed(result), b"")

    def _make(self) -> None:
        name = f"{stamp_after(self._files())}-{secrets.token_hex(ID_BYTES)}.key"
        write_whole(self._folder / name, secrets.token_hex(KEY_BYTES).encode() + b"\n")


def _read_key(path: Path) -> tuple[bytes, AESGCM]:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise VaultError(f"{path}: expected a name like 20261125T120000000000Z-<id>.key")
    _refuse_open(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        raise VaultError(f"{path}: not a key in hex") from None
    if len(key) != KEY_BYTES:
        raise VaultError(f"{path}: not a key of {KEY_BYTES} bytes")
    return bytes.fromhex(named["id"]), AESGCM(key)


def _refuse_open(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise VaultError(f"{path} has mode {mode:04o}: it must be closed to group and others")
