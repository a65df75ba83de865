"""What becomes of a file after a look at it; which bytes anybody gets is said by `bytes_of`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.domain.sharing.record_redaction import rules

QUARANTINED, AVAILABLE, HELD = rules.QUARANTINED, rules.AVAILABLE, rules.HELD
NOT_SCANNED = rules.NOT_SCANNED
CLEAN, FOUND, FAILED, TOO_LARGE = "clean", "found", "failed", "too_large"
METADATA_KEPT: Final = "metadata_kept"
WITHOUT_METADATA: Final = frozenset({"text/plain", "text/csv"})
"""Types that hold nothing beside what they show."""
HIDDEN_INSIDE: Final = {
    "Heuristics.Encrypted": "encrypted",
    "Heuristics.OLE2.ContainsMacros": "macros",
}
"""What the scanner says of a file in which it knows no malware: a flag, not a verdict."""
WAITED_LONG: Final = timedelta(hours=1)
"""A file that waits longer for the scanner is something an operator has to look at."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at a file: the scanner's outcome, the name it gave, and its signatures."""

    outcome: str
    signature: str | None
    version: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look makes of a file."""

    state: str
    result: str


def flags_with(found: list[str], content_type: str, *, stripped: bool) -> list[str]:
    """The flags of a new file: what was found, and whether it still says who made it."""
    if stripped or content_type in WITHOUT_METADATA:
        return sorted(found)
    return sorted({*found, METADATA_KEPT})


def flag_of_signature(signature: str | None) -> str | None:
    """The flag that stands for what the scanner could not look into or warns of."""
    for start, flag in HIDDEN_INSIDE.items():
        if signature is not None and signature.startswith(start):
            return flag
    return None


def verdict_on(state: str, result: str, scan: Scan) -> Verdict:
    """The state after a look. It fails closed: only a clean look lets a file out of quarantine.

    What was found stays held whatever newer signatures say. What the scanner cannot cope with
    stays where it is: in quarantine if it was never clean.
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
