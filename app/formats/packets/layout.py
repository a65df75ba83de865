"""The fixed measures of a packet: names of entries, limits, and what each token must say it is."""

import re
from typing import Final

FORMAT: Final = "cairn-packet/1"
MANIFEST_FORMAT: Final = "cairn-packet-manifest/1"
RECEIPT_FORMAT: Final = "cairn-packet-receipt/1"
MEDIA_TYPE: Final = "application/vnd.cairn.packet+zip"

HEADER_ENTRY: Final = "packet.json"
KEY_ENTRY: Final = "key.jwe"
MANIFEST_ENTRY: Final = "manifest.jwe"
PART_ENTRY: Final = re.compile(r"parts/([0-9]{6})-([0-9]{6})\.jwe")

TYP_KEY: Final = "cairn-packet-key"
TYP_PART: Final = "cairn-packet-part"
TYP_MANIFEST: Final = "cairn-packet-manifest"
TYP_RECEIPT: Final = "cairn-packet-receipt"
PASSPHRASE: Final = "passphrase"  # noqa: S105 - the word, in place of a thumbprint

PART_SIZE: Final = 4 * 1024 * 1024
MAX_FILES: Final = 10_000
MAX_PARTS: Final = 100_000
MAX_HEADER: Final = 4_096
MAX_KEY: Final = 4_096
MAX_TOKEN_HEADER: Final = 1_024
MAX_PART: Final = (PART_SIZE * 4 + 2) // 3 + MAX_TOKEN_HEADER
MAX_MANIFEST: Final = 16 * 1024 * 1024
MAX_SIGNED: Final = (MAX_MANIFEST * 4 + 2) // 3 + MAX_TOKEN_HEADER
MAX_MANIFEST_ENTRY: Final = (MAX_SIGNED * 4 + 2) // 3 + MAX_TOKEN_HEADER
MAX_RECEIPT: Final = 8_192

ITERATIONS: Final = 600_000
MAX_ITERATIONS: Final = 1_000_000
SHORTEST_PASSPHRASE: Final = 16


def part_entry(file: int, part: int) -> str:
    """Where one part of a file lies; both counted from 1."""
    return f"parts/{file:06}-{part:06}.jwe"


def size_limit(entry: str) -> int:
    """The most an entry of this name may measure; nothing for a name no packet has."""
    if PART_ENTRY.fullmatch(entry):
        return MAX_PART
    return {HEADER_ENTRY: MAX_HEADER, KEY_ENTRY: MAX_KEY, MANIFEST_ENTRY: MAX_MANIFEST_ENTRY}.get(
        entry, 0
    )
