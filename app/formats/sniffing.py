"""Decides from its bytes what an uploaded file really is, and whether we take such files at all."""

import re
import unicodedata
import zipfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Literal
from urllib.parse import quote

import filetype  # type: ignore[import-untyped]

RefusalCode = Literal[
    "file_empty",
    "file_type_not_allowed",
    "file_type_mismatch",
    "file_type_unclear",
    "file_disguised",
    "file_not_text",
    "file_container_broken",
    "file_expands_too_much",
    "file_encrypted",
    "file_has_macros",
]


HEAD_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A type we take: `content_type` without parameters, `extension` without a dot."""

    content_type: str
    extension: str


@dataclass(frozen=True, slots=True)
class Refused:
    code: RefusalCode


@dataclass(frozen=True, slots=True)
class _Kind:
    """A row of the allow-list. The first extension is the one we give."""

    content_type: str
    extensions: tuple[str, ...]
    also_declared_as: tuple[str, ...] = ()

    def sniffed(self) -> Sniffed:
        return Sniffed(self.content_type, self.extensions[0])


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_ZIP_NAMES = ("application/zip", "application/x-zip-compressed")
_RTF_NAMES = ("text/rtf", "application/x-rtf", "application/msword")
_CSV_NAMES = ("application/csv", "text/plain", "application/vnd.ms-excel")

_PDF = _Kind("application/pdf", ("pdf",), ("application/x-pdf",))
_PNG = _Kind("image/png", ("png",))
_JPEG = _Kind("image/jpeg", ("jpg", "jpeg", "jfif"), ("image/jpg", "image/pjpeg"))
_WEBP = _Kind("image/webp", ("webp",))
_GIF = _Kind("image/gif", ("gif",))
_HEIC = _Kind("image/heic", ("heic", "heif"), ("image/heif",))
_TIFF = _Kind("image/tiff", ("tif", "tiff"))
_RTF = _Kind("application/rtf", ("rtf",), _RTF_NAMES)
_MP3 = _Kind("audio/mpeg", ("mp3",), ("audio/mp3",))
_WAV = _Kind("audio/wav", ("wav",), ("audio/x-wav", "audio/wave", "audio/vnd.wave"))
_M4A = _Kind("audio/mp4", ("m4a",), ("audio/x-m4a", "audio/m4a", "audio/aac"))
_MP4 = _Kind("video/mp4", ("mp4", "m4v"), ("video/x-m4v",))
_MOV = _Kind("video/quicktime", ("mov", "qt"))
_TXT = _Kind("text/plain", ("txt",))
_CSV = _Kind("text/csv", ("csv",), _CSV_NAMES)
_DOCX = _Kind(f"{_OOXML}wordprocessingml.document", ("docx",), _ZIP_NAMES)
_XLSX = _Kind(f"{_OOXML}spreadsheetml.sheet", ("xlsx",), _ZIP_NAMES)
_PPTX = _Kind(f"{_OOXML}presentationml.presentation", ("pptx",), _ZIP_NAMES)
_ODT = _Kind(f"{_ODF}text", ("odt",), _ZIP_NAMES)
_ODS = _Kind(f"{_ODF}spreadsheet", ("ods",), _ZIP_NAMES)

_OFFICE = (_DOCX, _XLSX, _PPTX, _ODT, _ODS)
_TEXTS = (_TXT, _CSV)

# What the signature says, and which rows of the allow-list can look like that. Recorders of phones
# write sound into files that call themselves MP4.
_BY_SIGNATURE: dict[str, tuple[_Kind, ...]] = {
    "application/pdf": (_PDF,),
    "image/png": (_PNG,),
    "image/jpeg": (_JPEG,),
    "image/webp": (_WEBP,),
    "image/gif": (_GIF,),
    "image/heic": (_HEIC,),
    "image/tiff": (_TIFF,),
    "application/rtf": (_RTF,),
    "audio/mpeg": (_MP3,),
    "audio/x-wav": (_WAV,),
    "audio/mp4": (_M4A,),
    "video/mp4": (_MP4, _M4A),
    "video/x-m4v": (_MP4,),
    "video/quicktime": (_MOV,),
}

_EXTENSIONS: dict[str, str] = {
    kind.content_type: kind.extensions[0]
    for kind in (*_OFFICE, *_TEXTS, *(item for kinds in _BY_SIGNATURE.values() for item in kinds))
}
_NO_STATEMENT = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_MARKUP = re.compile(rb"<\s*(script|html|svg|body|iframe|!doctype\s+html)", re.IGNORECASE)
_MARKUP_WITHIN = 1024
_TEXT_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def extension_of(content_type: str) -> str:
    """The extension we give a type of the allow-list, without a dot; empty for any other."""
    return _EXTENSIONS.get(content_type, "")


def sniff(head: bytes, *, declared_type: str | None, file_name: str) -> Sniffed | Refused:
    """Bytes, file name and declared type must agree on one row of the allow-list.

    `head` is the file's beginning, at best 4 KiB or more. A missing extension, a missing type and
    `application/octet-stream` state nothing. Office files still need `check_container`, and texts
    `check_text`, once the whole file is there.
    """
    if not head:
        return Refused("file_empty")
    by_bytes = _kinds_by_bytes(head)
    if not by_bytes:
        return Refused("file_type_not_allowed")
    if _MARKUP.search(head[:_MARKUP_WITHIN]):
        return Refused("file_disguised")
    kinds = _named(_declared(by_bytes, declared_type), file_name)
    if not kinds:
        return Refused("file_type_mismatch")
    if len(kinds) > 1 and kinds[0] in _OFFICE:
        return Refused("file_type_unclear")
    return kinds[0].sniffed()


def judge(file: BinaryIO, *, declared_type: str | None, file_name: str) -> Sniffed | Refused:
    """What a whole file is, by its beginning and by everything that its type has us look into."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    result = sniff(head, declared_type=declared_type, file_name=file_name)
    refused = check_whole(file, result) if isinstance(result, Sniffed) else None
    return refused or result


def _kinds_by_bytes(head: bytes) -> tuple[_Kind, ...]:
    if head.startswith(b"PK\x03\x04"):
        return _OFFICE
    signature: str | None = filetype.guess_mime(head)
    if signature in _BY_SIGNATURE:
        return _BY_SIGNATURE[signature]
    # Two letters make a signature: "BMI" at the start of a table looks like a bitmap.
    return _TEXTS if _text_problem([head], cut=True) is None else ()


def _declared(kinds: Iterable[_Kind], declared_type: str | None) -> tuple[_Kind, ...]:
    declared = (declared_type or "").partition(";")[0].strip().lower()
    if declared in _NO_STATEMENT:
        return tuple(kinds)
    return tuple(
        kind for kind in kinds if declared == kind.content_type or declared in kind.also_declared_as
    )


def _named(kinds: Iterable[_Kind], file_name: str) -> tuple[_Kind, ...]:
    stem, dot, extension = safe_file_name(file_name).rpartition(".")
    if not dot or not stem:
        return tuple(kinds)
    return tuple(kind for kind in kinds if extension.lower() in kind.extensions)


def check_whole(file: BinaryIO, sniffed: Sniffed) -> Refused | None:
    """What can only be seen in the whole file; None is good."""
    if any(kind.content_type == sniffed.content_type for kind in _OFFICE):
        return check_container(file, sniffed.content_type)
    if any(kind.content_type == sniffed.content_type for kind in _TEXTS):
        return check_text(file)
    return None


def check_text(file: BinaryIO) -> Refused | None:
    """The whole file must be UTF-8 without control characters."""
    file.seek(0)
    return _text_problem(iter(lambda: file.read(65536), b""), cut=False)


def _text_problem(chunks: Iterable[bytes], *, cut: bool) -> Refused | None:
    """`cut` says that the last chunk may end in the middle of a character."""
    decoder = getincrementaldecoder("utf-8")("strict")
    try:
        for chunk in chunks:
            if _TEXT_CONTROLS.search(decoder.decode(chunk)):
                return Refused("file_not_text")
        decoder.decode(b"", final=not cut)
    except UnicodeDecodeError:
        return Refused("file_not_text")
    return None


_END_RECORD = b"PK\x05\x06"
_END_RECORD_BYTES = 22
_MOST_ENTRIES = 4000
_MOST_DIRECTORY_BYTES = 1024 * 1024
_MOST_EXPANDED_BYTES = 300 * 1024 * 1024
_MOST_RATIO = 100
_RATIO_MATTERS_FROM_BYTES = 10 * 1024 * 1024
_MOST_LISTING_BYTES = 1024 * 1024
_ENCRYPTED = 0x1
_TYPES_ENTRY = "[Content_Types].xml"
_MACRO_NAMES = re.compile(r"(^|/)(vbaproject\.bin$|vbadata\.xml$|macrosheets/)|^(basic|scripts)/")
_MACRO_TYPES = re.compile(rb"macroenabled|macrosheet|vbaproject", re.IGNORECASE)
_UNREADABLE = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeError,
    ValueError,
    zlib.error,
)


def check_container(file: BinaryIO, content_type: str) -> Refused | None:
    """Whether a seekable zip is the office document it claims to be, and safe to hand on.

    Sizes are those that the central directory states; nothing but two small entries is inflated.
    """
    if not _directory_is_small(file):
        return Refused("file_container_broken")
    try:
        with zipfile.ZipFile(file) as archive:
            return _entries_problem(archive.infolist()) or _office_problem(archive, content_type)
    except _UNREADABLE:
        return Refused("file_container_broken")


def _directory_is_small(file: BinaryIO) -> bool:
    """Looked at first, since opening an archive loads its whole directory into memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_RECORD_BYTES - 0xFFFF))
    tail = file.read()
    at = tail.rfind(_END_RECORD)
    record = tail[at : at + _END_RECORD_BYTES]
    if at < 0 or len(record) < _END_RECORD_BYTES:
        return False
    entries = int.from_bytes(record[10:12], "little")
    directory_bytes = int.from_bytes(record[12:16], "little")
    return entries <= _MOST_ENTRIES and directory_bytes <= _MOST_DIRECTORY_BYTES


def _entries_problem(entries: list[zipfile.ZipInfo]) -> Refused | None:
    names = [entry.filename.lower() for entry in entries]
    contents = {entry.header_offset for entry in entries}
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        return Refused("file_encrypted")
    if (
        len(set(names)) != len(names)
        or len(contents) != len(names)
        or any(_strange_name(name) for name in names)
    ):
        return Refused("file_container_broken")
    if any(_MACRO_NAMES.search(name) for name in names):
        return Refused("file_has_macros")
    expanded = sum(entry.file_size for entry in entries)
    compressed = sum(entry.compress_size for entry in entries)
    swollen = expanded > _RATIO_MATTERS_FROM_BYTES and expanded > _MOST_RATIO * compressed
    if len(entries) > _MOST_ENTRIES or expanded > _MOST_EXPANDED_BYTES or swollen:
        return Refused("file_expands_too_much")
    return None


def _strange_name(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _office_problem(archive: zipfile.ZipFile, content_type: str) -> Refused | None:
    if content_type.startswith(_ODF):
        listing = _read_listing(archive, "mimetype").strip()
        return None if listing == content_type.encode() else Refused("file_type_mismatch")
    listing = _read_listing(archive, _TYPES_ENTRY)
    if _MACRO_TYPES.search(listing):
        return Refused("file_has_macros")
    if f"{content_type}.main+xml".encode() not in listing:
        return Refused("file_type_mismatch")
    return None


def _read_listing(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as entry:
        return entry.read(_MOST_LISTING_BYTES)


_LONGEST_NAME = 120
_LONGEST_EXTENSION = 10
_NAMELESS = "file"
_UNWANTED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNWANTED_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_RESERVED_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_file_name(name: str) -> str:
    """The last part of any path, without controls and direction marks, 1 to 120 characters.

    Doing it twice changes nothing. For showing and downloading only, never for a path of ours.
    """
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in _UNWANTED_CATEGORIES)
    plain = _UNWANTED_ON_WINDOWS.sub("_", unicodedata.normalize("NFC", visible))
    tidy = " ".join(plain.split()).strip(". ")
    if _RESERVED_ON_WINDOWS.match(tidy):
        tidy = f"_{tidy}"
    return _shortened(tidy) or _NAMELESS


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return name[:_LONGEST_NAME].rstrip(". ")
    return stem[: _LONGEST_NAME - len(extension) - 1].rstrip(". ") + dot + extension


def content_disposition(name: str) -> str:
    """The header value that has a browser save the file under its (safe) name: RFC 6266, 8187."""
    safe = safe_file_name(name)
    plain = re.sub(r'[^ -~]|["\\%]', "_", safe)
    value = f'attachment; filename="{plain}"'
    return value if plain == safe else f"{value}; filename*=UTF-8''{quote(safe, safe='')}"
