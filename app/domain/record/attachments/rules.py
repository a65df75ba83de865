"""Rules for a file after its scan, and for which of its bytes people get."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

QUARANTINED: Final = "quarantined"
AVAILABLE: Final = "available"
HELD: Final = "held"
NOT_SCANNED: Final = "not_scanned"
"""Result for a file when there was no scanner."""
CLEAN, FOUND, FAILED, TOO_LARGE = "clean", "found", "failed", "too_large"
METADATA_KEPT: Final = "metadata_kept"
WITHOUT_METADATA: Final = frozenset({"text/plain", "text/csv"})
"""Types whose files hold only what they show."""
HIDDEN_INSIDE: Final = {
    "Heuristics.Encrypted": "encrypted",
    "Heuristics.OLE2.ContainsMacros": "macros",
}
"""Scanner findings without known malware: each becomes a flag, not a verdict."""
WAITED_LONG: Final = timedelta(hours=1)
"""A file that waits longer for the scanner needs an operator."""


class StoredFile(Protocol):
    """Facts that decide what people get of a file."""

    @property
    def state(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def stripped_key(self) -> str | None: ...
    @property
    def stripped_size(self) -> int | None: ...
    @property
    def stripped_sha256(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Bytes:
    """Location, size and expected hash of some bytes."""

    key: str
    size: int
    sha256: str


def may_leave(attachment: StoredFile) -> bool:
    """Whether anyone may read a file, or it may go out in a share, a referral or a transfer."""
    return attachment.state == AVAILABLE


def bytes_of(attachment: StoredFile, *, original: bool = False) -> Bytes:
    """The bytes to serve: for a picture the copy without metadata, unless `original` is set."""
    if (
        original
        or attachment.stripped_key is None
        or attachment.stripped_size is None
        or attachment.stripped_sha256 is None
    ):
        return Bytes(attachment.key, attachment.size, attachment.sha256)
    return Bytes(attachment.stripped_key, attachment.stripped_size, attachment.stripped_sha256)


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: the scanner's outcome, the name it gave, and its signatures."""

    outcome: str
    signature: str | None
    version: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a scan for a file."""

    state: str
    result: str


def flags_with(words: list[str], content_type: str, *, stripped: bool) -> list[str]:
    """Flags of a new file: the findings, and whether it still holds its maker's metadata."""
    if stripped or content_type in WITHOUT_METADATA:
        return sorted(words)
    return sorted({*words, METADATA_KEPT})


def flag_of_signature(signature: str | None) -> str | None:
    """The flag for what the scanner could not look into or warns of."""
    for start, flag in HIDDEN_INSIDE.items():
        if signature is not None and signature.startswith(start):
            return flag
    return None


def verdict_on(state: str, result: str, scan: Scan) -> Verdict:
    """The state after a scan. It fails closed: only a clean scan releases a file from quarantine.

    A finding stays, whatever newer signatures say. A file that the scanner cannot handle stays as
    it is: in quarantine if it was never clean.
    """
    if state == HELD and result == FOUND:
        return Verdict(HELD, FOUND)
    if scan.outcome == FOUND and flag_of_signature(scan.signature) is None:
        return Verdict(HELD, FOUND)
    if scan.outcome == TOO_LARGE:
        return Verdict(HELD, TOO_LARGE)
    if scan.outcome == FAILED:
        return Verdict(state, FAILED if state == QUARANTINED else result)
    return Verdict(AVAILABLE, CLEAN)
