"""What a file is, told from its content: one of the formats that are read, or what it looks like.

Names of files are believed in a package only, where they are all that tells its parts apart.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import filetype  # type: ignore[import-untyped]

from app.formats.csv_rows import CHUNK_BYTES, delimiter_of, encoding_of
from app.formats.oneroster.columns import STANDARD_NAMES, TABLES, plain_name
from app.formats.rosters.bundles import UNREADABLE, Bundle, Member

ONEROSTER, SDS, CTF, MAPPED, NDJSON = "oneroster", "sds", "ctf", "mapped_csv", "ndjson"

SDS_ONLY: Final = frozenset({"relationships", "userflags", "usersecondaryids"})
SDS_1: Final = frozenset({"student", "school"})
SIGNATURES: Final[Mapping[bytes, str]] = {
    b"%PDF": "file.pdf",
    b"{\\rtf": "file.document",
    b"Rar!": "file.archive",
    b"7z\xbc\xaf": "file.archive",
    b"\x1f\x8b": "file.archive",
    b"\xd0\xcf\x11\xe0": "file.spreadsheet",
    b"PK": "file.archive",
}
ROOT: Final = re.compile(r"<\s*(?:!DOCTYPE\s+)?(?:[\w.-]+:)?([A-Za-z_][\w.-]*)", re.IGNORECASE)
PROLOGUE: Final = re.compile(r"<\?.*?\?>|<!--.*?-->", re.S)
CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
CENSUS: Final = frozenset(
    {
        "enrolstatus", "ncyearactual", "fsmeligible", "senprovision", "ethnicity", "termlytype",
        "sessionspossible", "languagecode", "serviceschild", "parttime", "boarder",
    }
)  # fmt: skip
SCHOOL_REGISTER: Final = frozenset({"urn", "establishmentname"})


class Look(NamedTuple):
    """`kind` is a format or a code of a refusal; `member` the file it was seen in, where
    that is one."""

    kind: str
    member: Member | None = None


def look_at(bundle: Bundle) -> Look:
    """What the bundle is. Never raises for bad data."""
    members = [member for member in bundle.members if not member.junk]
    if not members:
        return Look("file.empty_folder" if bundle.path.is_dir() else "file.empty_zip")
    try:
        if not bundle.single:
            result = _by_names(bundle, members)
            if result is not None:
                return Look(result)
        if len(members) == 1:
            kind = _by_content(bundle, members[0])
            if kind != "file.unknown" or bundle.single:
                return Look(kind, members[0])
    except UNREADABLE:
        return Look("package.unreadable_file")
    return Look("file.zip_of_something_else")


def _by_names(bundle: Bundle, members: list[Member]) -> str | None:
    names = {member.path.as_posix().casefold() for member in members}
    if "[content_types].xml" in names or "mimetype" in names:
        sheet = any(name.startswith("xl/") for name in names) or "content.xml" in names
        return "file.spreadsheet" if sheet else "file.document"
    stems = {member.stem: member for member in members if member.stem}
    if "manifest" not in stems and _is_sds(bundle, stems):
        return SDS
    if stems.keys() & STANDARD_NAMES.keys():
        return ONEROSTER
    return "file.school_data_sync_1" if stems.keys() >= SDS_1 else None


def _is_sds(bundle: Bundle, stems: Mapping[str, Member]) -> bool:
    """School Data Sync has OneRoster's names of files, and roles without ids of their own."""
    if "users" not in stems:
        return False
    if stems.keys() & SDS_ONLY:
        return True
    roles = _header(bundle, stems["roles"]) if "roles" in stems else set()
    users = _header(bundle, stems["users"])
    return "activedirectorymatchid" in users or (
        "usersourcedid" in roles and "sourcedid" not in roles
    )


def _header(bundle: Bundle, member: Member) -> set[str]:
    with bundle.open(member) as stream:
        head = stream.read(CHUNK_BYTES)
    return _cells(head.decode(encoding_of(head), "replace"))


def _cells(text: str) -> set[str]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return {plain_name(cell.strip(' "')) for cell in first.split(delimiter_of(first))} - {""}


def _by_content(bundle: Bundle, member: Member) -> str:
    with bundle.open(member) as stream:
        head = stream.read(CHUNK_BYTES)
    signed = next((code for mark, code in SIGNATURES.items() if head.startswith(mark)), None)
    if signed == "file.spreadsheet" and member.path.suffix.casefold() == ".doc":
        return "file.document"
    return signed or _of_text(head)


def _of_text(head: bytes) -> str:
    text = head.decode(encoding_of(head), "replace")
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return _of_xml(start)
    if (filetype.guess_mime(head) or "").startswith("image/"):
        return "file.picture"
    if not start or CONTROLS.search(text):
        return "file.unknown" if start else "file.empty"
    if start.startswith(("{", "[")):
        return NDJSON if '"cairn-roster/' in start.splitlines()[0] else "file.json"
    return _of_table(start)


def _of_xml(start: str) -> str:
    beginning = start[:4096]
    match = ROOT.match(PROLOGUE.sub("", beginning).lstrip())
    root = match[1].casefold() if match else ""
    if root == "html" or "<!doctype html" in beginning.casefold():
        return "file.web_page"
    if root == "ctfile" or "<CTFversion" in beginning:
        return CTF
    if root == "atfile" or "<ATFversion" in beginning:
        return "file.atf"
    if root == "message" and "census" in beginning.casefold():
        return "file.census"
    return "file.xml_of_something_else"


def _of_table(start: str) -> str:
    names = _cells(start)
    if any(_is_header_of(names, table.columns) for table in TABLES):
        return "file.part_of_oneroster"
    if names >= SCHOOL_REGISTER:
        return "file.school_register"
    if "upn" in names and len(names & CENSUS) >= 2:
        return "file.census"
    return MAPPED if len(names) > 1 else "file.unknown"


def _is_header_of(names: set[str], columns: tuple[object, ...]) -> bool:
    standard = {plain_name(column.name) for column in columns}  # type: ignore[attr-defined]
    return "sourcedid" in names and len(names & standard) >= max(4, len(standard) // 2)
