"""Stands in for what Cairn talks to, in memory. None of it can be chosen by a setting."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore

from app.core import clock
from app.integrations.antivirus import AntivirusUnavailable, Verdict
from app.integrations.id_tokens import ProviderKey
from app.integrations.mail import Message, checked_sender, compose
from app.integrations.oidc import KeyUnknown, ProviderUnavailable, find
from app.integrations.seal_keys import PublishedKey, SealKey, key_of
from app.integrations.storage import ObjectStorage


class MemoryStorage(ObjectStorage):
    """Keeps objects."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())


class MemoryMail:
    """Keeps what it was given, in order, in `sent`."""

    def __init__(self, sender: str = "cairn@cairn.example") -> None:
        self._sender = checked_sender(sender)
        self.sent: list[Message] = []

    async def send(self, message: Message) -> None:
        compose(message, self._sender)
        self.sent.append(message)


@dataclass(slots=True)
class MemoryAntivirus:
    """Finds the byte sequences it is told of; away while `gone`."""

    signatures: dict[bytes, str] = field(default_factory=dict)
    known_as: str = "memory/1"
    most_bytes: int = 100_000_000
    gone: bool = False
    scanned: int = 0

    async def version(self) -> str:
        """Whatever the test says."""
        self._check()
        return self.known_as

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """Look for each sequence in the whole file."""
        self._check()
        content = b""
        async for chunk in chunks:
            content += chunk
            if len(content) > self.most_bytes:
                return Verdict("too_large")
        self._check()
        self.scanned += 1
        return self._verdict(content, self.signatures)

    def _verdict(self, content: bytes, signatures: Mapping[bytes, str]) -> Verdict:
        for sequence, name in signatures.items():
            if sequence in content:
                return Verdict("found", name)
        return Verdict("clean")

    def _check(self) -> None:
        if self.gone:
            raise AntivirusUnavailable("the scanner is told to be away")


@dataclass(slots=True)
class MemoryProviderKeys:
    """Keys that were put in, by issuer; None for a provider that is down."""

    keys: dict[str, Sequence[ProviderKey] | None] = field(default_factory=dict)

    async def key_of(self, issuer: str, kid: str | None, alg: str) -> ProviderKey:
        """The key that was put in."""
        known = self.keys.get(issuer, ())
        if known is None:
            raise ProviderUnavailable
        found = find(known, kid, alg)
        if found is None:
            raise KeyUnknown
        return found


class MemorySealKeys:
    """Keys that end with the process."""

    def __init__(self) -> None:
        self._made: list[tuple[SealKey, datetime]] = []

    def ensure(self) -> SealKey:
        """The key that signs now."""
        return self._made[-1][0] if self._made else self.rotate()

    def rotate(self) -> SealKey:
        """Sign with a new key from now on."""
        key = key_of(Ed25519PrivateKey.generate())
        self._made.append((key, clock.now()))
        return key

    def published(self) -> list[PublishedKey]:
        """Every public key there was, oldest first."""
        newest = self._made[-1][0].id if self._made else ""
        return [
            PublishedKey(key.id, key.public, since, retired=key.id != newest)
            for key, since in self._made
        ]


class MemoryCheckpoints:
    """Keeps checkpoints."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def append(self, notes: Sequence[str]) -> None:
        """Add signed notes."""
        self.kept.extend(notes)

    def notes(self) -> Iterator[str]:
        """Every note, oldest first."""
        yield from list(self.kept)
