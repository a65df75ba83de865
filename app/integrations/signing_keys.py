"""Keeps the keys that sign access tokens: files outside the database, published and rotated."""

import base64
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwk
from jose.backends.base import Key

from app.core import clock
from app.integrations.folder_locks import locked
from app.integrations.key_files import write_whole

ALGORITHM = "ES256"
KEEP_RETIRED = timedelta(hours=24)
PUBLISH_AHEAD = timedelta(minutes=10)
LOOK_EVERY = timedelta(seconds=3)
LOOK_FOR_UNKNOWN_EVERY = timedelta(seconds=1)

_NAME = re.compile(r"(?P<activates>\d{8}T\d{6}Z)-(?P<kid>[A-Za-z0-9_-]{43})\.pem")
_STAMP = "%Y%m%dT%H%M%SZ"
_FOR_EVER = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)


class SigningKeyError(Exception):
    """The directory of signing keys cannot be used as it is."""


class UnsafeKeyStore(SigningKeyError):
    """Somebody other than the owner may read or write the keys."""


class BrokenKeyFile(SigningKeyError):
    """A file in the directory is not the P-256 key that its name promises."""


class NoSigningKey(SigningKeyError):
    """No key is active: `ensure` was not called, or the clock went back."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One P-256 key pair; `kid` is its RFC 7638 thumbprint, `needed_until` the end of its use."""

    kid: str
    activates_at: datetime
    private: Key = field(repr=False)
    public: Key = field(repr=False)
    jwk: Mapping[str, str] = field(repr=False)
    path: Path = field(repr=False)
    needed_until: datetime = _FOR_EVER
    algorithm: str = ALGORITHM

    def is_needed(self, now: datetime) -> bool:
        """Whether a token signed by this key may still have to be verified."""
        return now < self.needed_until


class KeyRing:
    """The signing keys of one directory (mode 0700, files 0600), as every process sees them.

    A key signs from its activation until the next one's, and is published before and after: from
    the moment its file exists until `keep` after it was replaced. `keep` has to be longer than
    the life of a token.
    """

    def __init__(
        self,
        directory: Path,
        *,
        keep: timedelta = KEEP_RETIRED,
        look_every: timedelta = LOOK_EVERY,
        look_for_unknown_every: timedelta = LOOK_FOR_UNKNOWN_EVERY,
    ) -> None:
        self._directory = directory
        self._keep = keep
        self._look_every = look_every.total_seconds()
        self._look_for_unknown_every = look_for_unknown_every.total_seconds()
        self._looked_at = float("-inf")
        self._looked_for_unknown_at = float("-inf")
        self._listing: tuple[str, ...] | None = None
        self._keys: Mapping[str, SigningKey] = {}

    def ensure(self) -> SigningKey:
        """Make the first key if there is none; of many processes at once, one makes it."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_unsafe(self._directory, self._directory.stat())
        with locked(self._directory):
            if not _key_files(self._directory):
                self._make_key(clock.now())
        self._reload()
        return self.current()

    def rotate(self, publish_ahead: timedelta = PUBLISH_AHEAD) -> SigningKey:
        """Add a key that takes over after `publish_ahead`, and delete those nobody needs."""
        self._reload()
        self.current()
        with locked(self._directory):
            kid = self._make_key(clock.now() + publish_ahead)
            self._reload()
            now = clock.now()
            for key in self.all():
                if not key.is_needed(now):
                    key.path.unlink()
        self._reload()
        return self._keys[kid]

    def current(self) -> SigningKey:
        """The newest key whose time has come. Raises NoSigningKey."""
        self._read_again()
        now = clock.now()
        active = [key for key in self._keys.values() if key.activates_at <= now]
        if not active:
            raise NoSigningKey(f"no active signing key in {self._directory}")
        return active[-1]

    def find(self, kid: str) -> SigningKey | None:
        """The key by that id while it is needed; an unknown id makes us look for new files."""
        if kid not in self.keys():
            self._look_for_unknown()
        key = self._keys.get(kid)
        return key if key is not None and key.is_needed(clock.now()) else None

    def keys(self) -> Mapping[str, SigningKey]:
        """All keys on file by id, oldest first; a new object whenever the files changed."""
        self._read_again()
        return self._keys

    def all(self) -> list[SigningKey]:
        """All keys on file, oldest first, needed or not."""
        return list(self.keys().values())

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JSON Web Key Set (RFC 7517)."""
        now = clock.now()
        return {"keys": [dict(key.jwk) for key in self.all() if key.is_needed(now)]}

    def _look_for_unknown(self) -> None:
        now = time.monotonic()
        if now - self._looked_for_unknown_at >= self._look_for_unknown_every:
            self._looked_for_unknown_at = now
            self._take_up_changes()

    def _read_again(self) -> None:
        if time.monotonic() - self._looked_at >= self._look_every:
            self._take_up_changes()

    def _take_up_changes(self) -> None:
        """Read the keys if the directory changed; where it is broken, report and keep them."""
        first_time = self._listing is None
        self._looked_at = time.monotonic()
        try:
            if first_time or _key_files(self._directory) != self._listing:
                self._reload()
        except (SigningKeyError, OSError) as problem:
            if first_time:
                raise
            log.error("signing_keys_not_reloaded", problem=type(problem).__name__)

    def _reload(self) -> None:
        if not self._directory.is_dir():
            raise NoSigningKey(f"{self._directory} does not exist")
        _refuse_unsafe(self._directory, self._directory.stat())
        listing = _key_files(self._directory)
        read = [_read_key(self._directory / name) for name in listing]
        self._keys = {key.kid: key for key in _with_ends(read, self._keep)}
        self._listing = listing
        self._looked_at = time.monotonic()

    def _make_key(self, activates_at: datetime) -> str:
        private = ec.generate_private_key(ec.SECP256R1())
        kid = _thumbprint(_public_jwk(private))
        stamp = self._free_stamp(activates_at.astimezone(UTC))
        write_whole(self._directory / f"{stamp}-{kid}.pem", _to_pem(private))
        return kid

    def _free_stamp(self, at: datetime) -> str:
        """The first second from then on in which no other key activates: one key must be newest."""
        taken = {name.partition("-")[0] for name in _key_files(self._directory)}
        while (stamp := at.strftime(_STAMP)) in taken:
            at += timedelta(seconds=1)
        return stamp


def _key_files(directory: Path) -> tuple[str, ...]:
    """Names of the key files, the earliest to activate first."""
    return tuple(sorted(name for name in os.listdir(directory) if name.endswith(".pem")))


def _with_ends(keys: list[SigningKey], keep: timedelta) -> list[SigningKey]:
    """Say of every key but the last how long it is needed after its successor activates."""
    ended = [replace(key, needed_until=after.activates_at + keep) for key, after in pairwise(keys)]
    return ended + keys[-1:]


def _read_key(path: Path) -> SigningKey:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise BrokenKeyFile(f"{path}: expected a name like 20261125T120000Z-<kid>.pem")
    with path.open("rb") as file:
        _refuse_unsafe(path, os.fstat(file.fileno()))
        pem = file.read()
    public_jwk = _public_jwk(_from_pem(path, pem))
    if _thumbprint(public_jwk) != named["kid"]:
        raise BrokenKeyFile(f"{path}: the key inside has another id than the name")
    private = jwk.construct(pem, ALGORITHM)
    return SigningKey(
        kid=named["kid"],
        activates_at=_read_stamp(path, named["activates"]),
        private=private,
        public=private.public_key(),
        jwk={**public_jwk, "kid": named["kid"], "use": "sig", "alg": ALGORITHM},
        path=path,
    )


def _read_stamp(path: Path, stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise BrokenKeyFile(f"{path}: {stamp} is not a moment in time") from None


def _from_pem(path: Path, pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise BrokenKeyFile(f"{path}: not an unencrypted PEM private key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise BrokenKeyFile(f"{path}: not a P-256 key")
    return key


def _to_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _base64url(numbers.x.to_bytes(32, "big")),
        "y": _base64url(numbers.y.to_bytes(32, "big")),
    }


def _thumbprint(public_jwk: Mapping[str, str]) -> str:
    """RFC 7638: SHA-256 over the required members in lexical order, without spaces."""
    members = json.dumps(public_jwk, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(members.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _refuse_unsafe(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        wanted = "0700" if stat.S_ISDIR(status.st_mode) else "0600"
        raise UnsafeKeyStore(
            f"{path} has mode {mode:04o}: signing keys must be closed to group and others "
            f"(chmod {wanted}), and a key that others could read should be replaced"
        )
