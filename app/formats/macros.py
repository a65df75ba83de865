"""Finds in a file what may act by itself when somebody opens it, or hides what is inside.

A finding is a flag for people, not a verdict: anyone who wants to deceive can hide from this, and a
scanner looks beside it. Everything is read in bounds, since files are hostile.
"""

import io
import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, Literal, TypeAlias, cast

import olefile  # type: ignore[import-untyped]

Flag = Literal["macros", "encrypted", "active_content", "external_content", "formulas"]
Content: TypeAlias = "bytes | mmap.mmap"

OLE_START: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_START: Final = b"PK\x03\x04"
MOST_ENTRIES: Final = 4_000
MOST_PART_BYTES: Final = 4_000_000
MOST_OBJECT_BYTES: Final = 26_000_000
MOST_INFLATED_BYTES: Final = 64_000_000
MOST_STREAMS: Final = 5_000
WINDOW_BYTES: Final = 256 * 1024
OVERLAP_BYTES: Final = 1_024
"""Longer than anything that is looked for."""

_UNREADABLE = (
    zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, OSError, RuntimeError,
    UnicodeError, ValueError, zlib.error, IndexError, TypeError, AttributeError,
)  # fmt: skip


def flags_of(file: BinaryIO, content_type: str) -> list[Flag]:
    """What is found in a seekable file, in alphabetical order; a broken file has what was seen."""
    flags: set[Flag] = set()
    with _mapped(file) as content:
        start = bytes(content[:8])
        if content_type == "application/pdf":
            flags |= _of_pdf(content)
        elif content_type == "application/rtf":
            flags |= _of_rtf(content)
        elif content_type == "text/csv":
            flags |= _of_csv(content)
        elif start.startswith(OLE_START):
            flags |= _of_ole(file)
        elif start.startswith(ZIP_START):
            flags |= _of_zip(file)
    return sorted(flags)


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[Content]:
    """The content without a copy of it in memory, where the file is one of the disk."""
    file.seek(0)
    try:
        number = file.fileno()
    except (OSError, AttributeError):
        yield file.read()
        return
    file.flush()
    try:
        mapped = mmap.mmap(number, 0, access=mmap.ACCESS_READ)
    except ValueError:  # an empty file cannot be mapped
        yield b""
        return
    with mapped:
        yield mapped


def _windows(content: Content) -> Iterator[tuple[int, bytes]]:
    """Parts that overlap, each with where it begins.

    One search of a hostile file would hold this process up for seconds: nothing else runs
    meanwhile.
    """
    for start in range(0, len(content), WINDOW_BYTES):
        yield start, bytes(content[start : start + WINDOW_BYTES + OVERLAP_BYTES])


_END = rb"(?=[\s/<>\[\]()%]|$)"


def _name(word: bytes) -> bytes:
    """A name of PDF, each letter of which may be written as #xx."""
    return b"".join(rb"(?:%c|#%02x|#%02X)" % (letter, letter, letter) for letter in word)


_PDF_ACTS = re.compile(
    rb"/(?=[#JLERXIG])(?:"
    + b"|".join(
        _name(word) + _END
        for word in (
            b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"XFA",
            b"ImportData", b"Rendition", b"GoToE",
        )
    )
    + rb"|" + _name(b"JS") + rb"\s*(?:\(|<|\d{1,9}\s+\d{1,5}\s+R)"
    + rb")"
)  # fmt: skip
_PDF_REACHES = re.compile(
    rb"/(?:" + b"|".join(_name(word) + _END for word in (b"SubmitForm", b"GoToR")) + rb")"
)
_PDF_LOCKED = re.compile(rb"/" + _name(b"Encrypt") + rb"\s*(?:<<|\d{1,9}\s+\d{1,5}\s+R)")
_PDF_PACKED = re.compile(rb"/" + _name(b"ObjStm") + _END + rb"[^>]{0,600}>>\s*stream\r?\n")


def _of_pdf(content: Content) -> set[Flag]:
    result = _of_pdf_text(content)
    left = MOST_INFLATED_BYTES
    for number, start in enumerate(_packed_streams(content)):
        if number == MOST_STREAMS or left <= 0:
            break
        text = _inflated(content, start, min(left, MOST_PART_BYTES))
        left -= len(text)
        result |= _of_pdf_text(text)
    return result


def _packed_streams(content: Content) -> Iterator[int]:
    """Where the packed parts begin that hold objects."""
    for start, text in _windows(content):
        for match in _PDF_PACKED.finditer(text):
            if match.start() < WINDOW_BYTES:
                yield start + match.end()


def _of_pdf_text(content: Content) -> set[Flag]:
    flags: set[Flag] = set()
    for _, text in _windows(content):
        if _PDF_ACTS.search(text):
            flags.add("active_content")
        if _PDF_REACHES.search(text):
            flags.add("external_content")
        if _PDF_LOCKED.search(text):
            flags.add("encrypted")
    return flags


def _inflated(content: Content, start: int, limit: int) -> bytes:
    """What a packed stream begins with, up to `limit` bytes; nothing where it is broken."""
    try:
        return zlib.decompressobj().decompress(content[start : start + limit], limit)
    except zlib.error:
        return b""


_RTF_ACTS = re.compile(rb"\\obj(?:data|ocx|emb|link|autlink|update|html)(?![a-z])")
_RTF_REACHES = re.compile(rb"\\\*\s*\\template\s|\\field\b[^}]{0,200}INCLUDE(?:PICTURE|TEXT)")


def _of_rtf(content: Content) -> set[Flag]:
    flags: set[Flag] = set()
    for _, text in _windows(content):
        if _RTF_ACTS.search(text):
            flags.add("active_content")
        if _RTF_REACHES.search(text):
            flags.add("external_content")
    return flags


_SIGN = rb"[+-]|\xef\xbc[\x8b\x8d]"
_NUMBER = rb"[0-9 .()/+-]{0,40}(?:[\",;|\t\r\n]|\Z)"
_CSV_FORMULA = re.compile(
    rb"[,;|\t\r\n] {0,40}(?:"
    rb"\"[\t\r]"
    rb"|\"?[ \t]{0,40}'?(?:[=@]|\xef\xbc[\x9d\xa0]|(?:" + _SIGN + rb")(?!" + _NUMBER + rb")))"
)
"""A cell that a spreadsheet may work out: it begins with `=`, `@` (wide ones too), a tab or a line

end in quotes, or with a sign that no number follows, as in a phone number.
"""


def _of_csv(content: Content) -> set[Flag]:
    for start, text in _windows(content):
        first = b"\n" + text.removeprefix(b"\xef\xbb\xbf") if start == 0 else text
        if _CSV_FORMULA.search(first):
            return {"formulas"}
    return set()


_MACRO_PART = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml)$|(^|/)macrosheets/|^(basic|scripts)/", re.IGNORECASE
)
_OBJECT_PART = re.compile(r"/(embeddings|activex)/[^/]+$|\.(ole|bin)$", re.IGNORECASE)
_ACTIVE_PART = re.compile(r"/(embeddings|activex)/", re.IGNORECASE)
_MACRO_TYPES = re.compile(rb"macroenabled|macrosheet|vbaproject", re.IGNORECASE)
_EXTERNAL = re.compile(
    rb"<Relationship\b[^>]*\bTargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE
)
_HARMLESS_LINK = re.compile(rb"/relationships/hyperlink[\"']", re.IGNORECASE)
_DDE = re.compile(rb"<ddeLink\b|\bDDE(?:AUTO)?\s+[\"\\a-z]", re.IGNORECASE)
_ODF_LOCKED = re.compile(rb"encryption-data\b")
_INSIDE: Final[frozenset[Flag]] = frozenset({"active_content"})
_TEXT_PART = re.compile(r"(\.rels|content_types\]\.xml|manifest\.xml|externallink[^/]*\.xml)$")


def _of_zip(file: BinaryIO) -> set[Flag]:
    flags: set[Flag] = set()
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            left = MOST_INFLATED_BYTES
            for entry in archive.infolist()[:MOST_ENTRIES]:
                flags |= _of_name(entry)
                if left > 0 and not entry.flag_bits & 1:
                    left -= _look_into(archive, entry, flags)
    except _UNREADABLE:
        pass  # what cannot be read was refused or cannot be opened by anybody
    return flags


def _of_name(entry: zipfile.ZipInfo) -> set[Flag]:
    flags: set[Flag] = set()
    name = entry.filename.replace("\\", "/")
    if entry.flag_bits & 1:
        flags.add("encrypted")
    if _MACRO_PART.search(name):
        flags.add("macros")
    if _ACTIVE_PART.search(f"/{name}"):
        flags.add("active_content")
    return flags


def _look_into(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, flags: set[Flag]) -> int:
    """How many bytes were inflated."""
    name = entry.filename.replace("\\", "/").lower()
    if _TEXT_PART.search(name):
        text = _part(archive, entry, MOST_PART_BYTES)
        flags |= _of_office_text(text)
        return len(text)
    if _OBJECT_PART.search(f"/{name}"):
        inner = _part(archive, entry, MOST_OBJECT_BYTES)
        flags |= _of_object(inner)
        return len(inner)
    return 0


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    try:
        with archive.open(entry) as part:
            return part.read(limit)
    except _UNREADABLE:
        return b""


def _of_office_text(text: bytes) -> set[Flag]:
    flags: set[Flag] = set()
    if _MACRO_TYPES.search(text):
        flags.add("macros")
    if any(not _HARMLESS_LINK.search(link) for link in _EXTERNAL.findall(text)):
        flags.add("external_content")
    if _DDE.search(text):
        flags.add("active_content")
    if _ODF_LOCKED.search(text):
        flags.add("encrypted")
    return flags


def _of_object(inner: bytes) -> set[Flag]:
    """What stands inside another file: one level deep, by its names alone where it is a zip."""
    if inner.startswith(OLE_START):
        return _of_ole(io.BytesIO(inner)) | _INSIDE
    if inner.startswith(ZIP_START):
        try:
            with zipfile.ZipFile(io.BytesIO(inner)) as archive:
                result = set(_INSIDE)
                for entry in archive.infolist()[:MOST_ENTRIES]:
                    result |= _of_name(entry)
                return result
        except _UNREADABLE:
            return set(_INSIDE)
    return set()


_OLE_MACROS = frozenset({"vba", "_vba_project", "_vba_project_cur", "macros"})
_OLE_LOCKED = frozenset({"encryptedpackage", "encryptioninfo"})
_OLE_OBJECTS = frozenset({"objectpool", "\x01ole10native"})
_WORD_LOCKED, _WORD_FLAGS_AT = 0x0100, 10


def _of_ole(file: BinaryIO) -> set[Flag]:
    """Flags of a compound file (Word, Excel and PowerPoint before 2007, and locked newer ones)."""
    flags: set[Flag] = set()
    file.seek(0)
    try:
        with olefile.OleFileIO(file) as compound:
            parts = {part.lower() for path in compound.listdir(storages=True) for part in path}
            if parts & _OLE_MACROS:
                flags.add("macros")
            if parts & _OLE_LOCKED or _is_locked_word(compound):
                flags.add("encrypted")
            if parts & _OLE_OBJECTS:
                flags.add("active_content")
    except _UNREADABLE:
        pass
    return flags


def _is_locked_word(compound: olefile.OleFileIO) -> bool:
    if not compound.exists("WordDocument"):
        return False
    head = cast(bytes, compound.openstream("WordDocument").read(_WORD_FLAGS_AT + 2))
    return bool(int.from_bytes(head[_WORD_FLAGS_AT:], "little") & _WORD_LOCKED)
