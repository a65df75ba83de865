"""The ZIP file around a packet, written in one pass and read back with no leniency at all.

Every entry is stored, every field has one allowed value, entries touch one another, and the list
at the end must be exactly the one that follows from the entries: so nothing can overlap, hide in a
gap or be named twice, and a file that is cut off can be told from one that was changed.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from app.formats.packets import layout
from app.formats.packets.errors import Damaged, NotAPacket, TooLarge, TooMany, Truncated

LOCAL: Final = struct.Struct("<IHHHHHIIIHH")
CENTRAL: Final = struct.Struct("<IHHHHHHIIIHHHHHII")
FAR: Final = struct.Struct("<HHQ")
END64: Final = struct.Struct("<IQHHIIQQQQ")
LOCATOR: Final = struct.Struct("<IIQI")
END: Final = struct.Struct("<IHHHHIIH")

LOCAL_MARK: Final = 0x04034B50
CENTRAL_MARK: Final = 0x02014B50
NEED, NEED64, FLAGS, STORED = 20, 45, 0, 0
TIME, DATE = 0, 0x0021
"""1 January 1980, the first day a ZIP file can tell: the time is said inside, not here."""
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
LONGEST_NAME: Final = 32
ENDING: Final = "the list of entries at the end"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored entry: its name, checksum and length, and where its header and bytes begin."""

    name: str
    crc: int
    size: int
    at: int

    @property
    def starts(self) -> int:
        """Where its bytes begin."""
        return self.at + LOCAL.size + len(self.name)

    @property
    def ends(self) -> int:
        """Where the next entry has to begin."""
        return self.starts + self.size


def entry_header(entry: Entry) -> bytes:
    """The local header, which stands before the bytes of an entry."""
    name = entry.name.encode("ascii")
    size = entry.size
    fields = (LOCAL_MARK, NEED, FLAGS, STORED, TIME, DATE, entry.crc, size, size, len(name), 0)
    return LOCAL.pack(*fields) + name


def entry_of(name: str, raw: bytes, at: int) -> Entry:
    """An entry for these bytes, beginning at byte `at` of the file."""
    return Entry(name, zlib.crc32(raw), len(raw), at)


def ending(entries: Sequence[Entry]) -> bytes:
    """Everything after the last entry: the list, and the end records (Zip64 where needed)."""
    listed = b"".join(_central(entry) for entry in entries)
    at = entries[-1].ends
    count, size = len(entries), len(listed)
    end64 = b""
    if count >= FULL16 or at >= FULL32 or size >= FULL32:
        end64 = END64.pack(0x06064B50, 44, NEED64, NEED64, 0, 0, count, count, size, at)
        end64 += LOCATOR.pack(0x07064B50, 0, at + size, 1)
    written = min(count, FULL16)
    end = END.pack(0x06054B50, 0, 0, written, written, min(size, FULL32), min(at, FULL32), 0)
    return listed + end64 + end


def _central(entry: Entry) -> bytes:
    name = entry.name.encode("ascii")
    far = FAR.pack(1, 8, entry.at) if entry.at >= FULL32 else b""
    need = NEED64 if far else NEED
    fields = (
        CENTRAL_MARK, need, need, FLAGS, STORED, TIME, DATE, entry.crc, entry.size, entry.size,
        len(name), len(far), 0, 0, 0, 0, min(entry.at, FULL32),
    )  # fmt: skip
    return CENTRAL.pack(*fields) + name + far


def walk(file: BinaryIO, maximum: int, size_limit: Callable[[str], int]) -> Iterator[Entry]:
    """Every entry from the first byte on, each beginning where the one before ends; then the list.

    `size_limit` says how long an entry of this name may be; 0 for a name that is not allowed.
    Raises `NotAPacket`, `Truncated`, `Damaged`, `TooMany` and `TooLarge`.
    """
    length = file.seek(0, 2)
    entries: list[Entry] = []
    at = 0
    while (entry := _entry_at(file, at, length, entries)) is not None:
        if len(entries) == maximum:
            raise TooMany("entries", maximum)
        limit = size_limit(entry.name)
        if limit == 0:
            raise Damaged(_where(entries), "an entry follows it that does not belong in a packet")
        if entry.size > limit:
            raise TooLarge(entry.name, limit)
        if entry.ends > length:
            raise Truncated(entry.name, length)
        entries.append(entry)
        yield entry
        at = entry.ends
    _check_ending(file, at, length, entries)


def read_at(file: BinaryIO, at: int, size: int) -> bytes:
    """Up to `size` bytes from `at`, however small the pieces the file gives."""
    file.seek(at)
    pieces: list[bytes] = []
    while size > 0 and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_entry(file: BinaryIO, entry: Entry) -> bytes:
    """The bytes of an entry, as its checksum says they were. Raises `Truncated`, `Damaged`."""
    raw = read_at(file, entry.starts, entry.size)
    if len(raw) < entry.size:
        raise Truncated(entry.name, entry.starts + len(raw))
    if zlib.crc32(raw) != entry.crc:
        raise Damaged(entry.name, "its bytes do not match its checksum")
    return raw


def _where(entries: Sequence[Entry]) -> str:
    return entries[-1].name if entries else "the beginning"


def _entry_at(file: BinaryIO, at: int, length: int, before: Sequence[Entry]) -> Entry | None:
    """The entry that begins here, or none where the list begins."""
    raw = read_at(file, at, LOCAL.size + LONGEST_NAME)
    if not before:
        _check_beginning(raw)
    mark = raw[:4]
    if mark == struct.pack("<I", CENTRAL_MARK):
        return None
    if len(mark) < 4:
        raise Truncated("what follows " + _where(before), length)
    if mark != struct.pack("<I", LOCAL_MARK):
        raise Damaged(_where(before), "what follows its bytes is no entry, or its length is wrong")
    if len(raw) < LOCAL.size:
        raise Truncated("what follows " + _where(before), length)
    return _read_header(raw, at, length, before)


def _read_header(raw: bytes, at: int, length: int, before: Sequence[Entry]) -> Entry:
    _, _, flags, method, _, _, crc, _, size, name_size, _ = LOCAL.unpack_from(raw)
    after = f"the entry after {_where(before)}"
    if not 0 < name_size <= LONGEST_NAME:
        raise Damaged(after, "the length of its name is not allowed")
    name = raw[LOCAL.size : LOCAL.size + name_size]
    if len(name) < name_size:
        raise Truncated(after, length)
    if not all(32 < letter < 127 for letter in name):
        raise Damaged(after, "its name is not allowed")
    entry = Entry(name.decode("ascii"), crc, size, at)
    if method != STORED or flags & 1:
        raise Damaged(entry.name, "it is compressed or encrypted as ZIP, which a packet never is")
    if raw[: LOCAL.size + name_size] != entry_header(entry):
        raise Damaged(entry.name, "a field before its bytes has a value that is not allowed")
    return entry


def _check_beginning(raw: bytes) -> None:
    """Tell another file from a packet that is cut off or damaged."""
    if not raw:
        raise NotAPacket("the file is empty")
    name = layout.HEADER_ENTRY.encode()
    mark = struct.pack("<I", LOCAL_MARK)
    if not raw.startswith(mark[: len(raw)]):
        raise NotAPacket("this is not a packet: it does not begin as one")
    if len(raw) < LOCAL.size + len(name):
        raise Truncated("the beginning", len(raw))
    if raw[LOCAL.size : LOCAL.size + len(name)] != name:
        raise NotAPacket(
            f"this is a ZIP file, but no packet: {name.decode()} is not its first entry"
        )


def _check_ending(file: BinaryIO, at: int, length: int, entries: Sequence[Entry]) -> None:
    expected = ending(entries)
    result = read_at(file, at, len(expected) + 1)
    if result == expected:
        return
    if expected.startswith(result):
        raise Truncated(ENDING, length)
    if result.startswith(expected):
        more = length - at - len(expected)
        raise Damaged(ENDING, f"{more:,} bytes follow it that do not belong to the packet")
    raise Damaged(_first_difference(entries, result), "the list at the end tells it differently")


def _first_difference(entries: Sequence[Entry], content: bytes) -> str:
    at = 0
    for entry in entries:
        line = _central(entry)
        if content[at : at + len(line)] != line:
            return entry.name
        at += len(line)
    return ENDING
