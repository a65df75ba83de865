"""The one door for rosters: a file in, its rows in the words of OneRoster out."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from app.formats.oneroster.reader import read_oneroster
from app.formats.oneroster.sds import read_sds
from app.formats.rosters.bundles import UNREADABLE, Bundle, Limits, open_bundle, printable, reason
from app.formats.rosters.ctf import CtfReader
from app.formats.rosters.detection import CTF, MAPPED, NDJSON, ONEROSTER, SDS, look_at
from app.formats.rosters.guessing import Proposal, guess_table
from app.formats.rosters.mapped_csv import MappedReader
from app.formats.rosters.mapping import LARGEST, MappingError, parse_mapping
from app.formats.rosters.ndjson import NdjsonReader
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.pupils import PupilReader, PupilRoster
from app.formats.rosters.source import NoRoster, RosterSource

Handling = Literal["strict", "lenient"]

MAPPINGS: Final = ("mapping.toml", "mapping.json")
PACKAGES: Final[dict[str, Callable[[Bundle, ProblemLog], RosterSource]]] = {
    ONEROSTER: read_oneroster,
    SDS: read_sds,
}
TABLES: Final = (
    ONEROSTER,
    "file.census",
    "file.school_register",
    "file.part_of_oneroster",
    "file.unknown",
)
"""What a table may look like that a mapping makes a roster."""


def open_roster(
    path: Path,
    *,
    mapping: bytes | None = None,
    handling: Handling = "lenient",
    limits: Limits | None = None,
) -> RosterSource:
    """Read a file, a zip or a folder. Whatever is wrong becomes a problem, never an exception.

    `mapping` is a saved mapping in TOML or JSON, and makes any table a roster; a zip may bring it
    along as mapping.toml or mapping.json. Lenient handling keeps every row of which sense can be
    made. Strict handling leaves out each row that departs from its standard.
    """
    log = ProblemLog(strict=handling == "strict")
    bundle = open_bundle(path, limits or Limits(), log)
    if bundle is None:
        return NoRoster(log)
    try:
        return _read(bundle, mapping, log)
    except MappingError as wrong:
        log.error(printable(path.name), wrong.code, column=wrong.name)
    except UNREADABLE as error:
        log.error(printable(path.name), reason(error))
    return NoRoster(log)


def _read(bundle: Bundle, mapping: bytes | None, log: ProblemLog) -> RosterSource:
    if mapping is None and (enclosed := _enclosed(bundle)) is not None:
        bundle, mapping = enclosed
    kind, member = look_at(bundle)
    if mapping is not None and len(bundle.members) == 1 and kind in TABLES:
        kind, member = MAPPED, bundle.members[0]
    if kind in PACKAGES:
        return PACKAGES[kind](bundle, log)
    reader: PupilReader | None = None
    if member is not None and kind == CTF:
        reader = CtfReader(bundle, member)
    elif member is not None and kind == NDJSON:
        reader = NdjsonReader(bundle, member)
    elif member is not None and kind == MAPPED and mapping is not None:
        reader = MappedReader(bundle, member, parse_mapping(mapping), log)
    if reader is not None:
        return PupilRoster(reader, log)
    log.error(printable(bundle.path.name), "file.needs_mapping" if kind == MAPPED else kind)
    return NoRoster(log)


def _enclosed(bundle: Bundle) -> tuple[Bundle, bytes] | None:
    """The package without the mapping that it brings along, and that mapping."""
    member = next((item for item in bundle.members if item.path.name in MAPPINGS), None)
    if member is None:
        return None
    with bundle.open(member) as stream:
        mapping = stream.read(LARGEST + 1)
    rest = tuple(item for item in bundle.members if item is not member and not item.junk)
    return Bundle(bundle.path, rest), mapping


def content_digest(path: Path, *, limits: Limits | None = None) -> str | None:
    """What a file, zip or folder is known again by; None where it cannot be read."""
    try:
        bundle = open_bundle(path, limits or Limits(), ProblemLog())
        return bundle.digest() if bundle else None
    except UNREADABLE:
        return None


def propose_mapping(path: Path, *, limits: Limits | None = None) -> Proposal | None:
    """A mapping for a table nobody has mapped yet; None where the file is no table."""
    bundle = open_bundle(path, limits or Limits(), ProblemLog())
    package = look_at(bundle) if bundle else None
    if bundle is None or package is None or package.member is None:
        return None
    if package.kind not in (MAPPED, *TABLES[:-1]):
        return None
    try:
        return guess_table(bundle, package.member)
    except UNREADABLE:
        return None
