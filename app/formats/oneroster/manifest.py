"""What the sender says the package holds: its version, and for each file bulk, delta or absent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Literal

from app.formats.csv_rows import Readable, Record, Written, read_table
from app.formats.oneroster.columns import FILES, Version
from app.formats.rosters.problems import ProblemLog

Mode = Literal["bulk", "delta", "absent"]
FILE = "manifest.csv"
MODES: Mapping[str, Mode] = {"bulk": "bulk", "delta": "delta", "absent": "absent"}
PROPERTIES_READ = 1_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """`version` is None where it was not named or not known; `values` are as sent."""

    version: Version | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    present: bool = False

    def says_absent(self, name: str) -> bool:
        return self.values.get(f"file.{name}", "").casefold() == "absent"


def read_manifest(stream: Readable, written: Written, log: ProblemLog) -> Manifest:
    values = _properties(read_table(stream, written), log)
    return Manifest(_version(values.get("oneroster.version", ""), log), values, present=True)


def _properties(records_in: Iterator[Record], log: ProblemLog) -> dict[str, str]:
    result: dict[str, str] = {}
    records: Iterator[Record] = (record for record in records_in if not record.blank)
    header = next(records, None)
    if header is None or header.cells != ["propertyName", "value"]:
        log.warn(FILE, "manifest.invalid_header", line=header.line if header else 0)
    if header and "".join(header.cells[:1]).strip().casefold() != "propertyname":
        records = chain([header], records)
    for record in islice(records, PROPERTIES_READ):
        if record.error:
            log.error(FILE, record.error, line=record.line)
        else:
            _take(record.cells, record.line, result, log)
    return result


def _take(cells: list[str], line: int, properties: dict[str, str], log: ProblemLog) -> None:
    name, value = cells[0].strip(), "".join(cells[1:2]).strip()
    if name in properties:
        log.warn(FILE, "manifest.duplicate_property", line=line)
        return
    properties[name] = value
    kind, _, rest = name.partition(".")
    if kind not in ("manifest", "oneroster", "source") and not _is_file(kind, rest):
        log.warn(FILE, "manifest.unknown_property", line=line)


def _is_file(kind: str, name: str) -> bool:
    return kind == "file" and (name in FILES["1.1"] or name in FILES["1.2"])


def _version(value: str, log: ProblemLog) -> Version | None:
    if value in ("1.1", "1.2"):
        return "1.1" if value == "1.1" else "1.2"
    log.warn(FILE, "manifest.invalid_version")
    if value.startswith(("1.0", "1.1", "v1.1")):
        return "1.1"
    return "1.2" if value.startswith(("1.2", "v1.2")) else None


def mode_of(name: str, manifest: Manifest, *, there: bool, log: ProblemLog) -> Mode:
    """How to take a file. In doubt a file that is there counts as changes only, since a complete
    list ends the place of everybody it leaves out."""
    if not manifest.present:
        return "bulk" if there else "absent"
    file, sent = f"{name}.csv", manifest.values.get(f"file.{name}", "")
    if not there:
        if sent.casefold() not in ("", "absent"):
            log.error(file, "manifest.file_missing")
        return "absent"
    if not sent:
        log.warn(file, "manifest.missing_value")
        return "bulk"
    return _mode_of_present(file, sent, log)


def _mode_of_present(file: str, sent: str, log: ProblemLog) -> Mode:
    mode = MODES.get(sent.casefold())
    if mode is None:
        log.error(file, "manifest.invalid_mode")
        return "delta"
    if mode != sent:
        log.warn(file, "manifest.mode_spelling")
    if mode == "absent":
        log.warn(file, "manifest.file_unexpected")
        return "delta"
    return mode
