"""Lines of children, read as the NDJSON file they would form."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import orjson

from app.db.repositories.exchange.roster_staging import Batch, StagedPerson
from app.domain.exchange.roster.rules import CHILD, GONE
from app.domain.exchange.roster_runs.queries import Package, PackageReader
from app.formats.rosters.ndjson import FORM
from app.formats.rosters.opening import Handling

NAME: Final = "children.ndjson"
MOST_LINES: Final = 1_000
MOST_BYTES: Final = 4 * 1024 * 1024
FIRST: Final = 2
"""Line of the first child in the file, after the added header."""


@dataclass(frozen=True, slots=True)
class ReadLines:
    """Lines that were read.

    `places` has the line on which each child was sent, in order; `source_ids` the child's ID for a
    line of the file.
    """

    package: Package
    places: Sequence[int]
    source_ids: dict[int, str]


def children_of(body: bytes) -> list[tuple[int, bytes]]:
    """Each line that is not blank, with its number."""
    return [
        (number, text)
        for number, line in enumerate(body.split(b"\n"), start=1)
        if (text := line.removeprefix(b"\xef\xbb\xbf").strip())
    ]


def read_lines(
    lines: Sequence[tuple[int, bytes]], today: date, handling: Handling
) -> tuple[ReadLines, bytes]:
    """Read children as a file with nothing else; also returns that file.

    It is never complete.
    """
    header = orjson.dumps({"format": FORM, "school": {"id": "school"}})
    end = orjson.dumps({"end": {"rows": len(lines)}})
    whole = [header, *(_one_child(text) for _, text in lines), end, b""]
    file = b"\n".join(whole)
    with tempfile.TemporaryDirectory(prefix="cairn-batch-") as folder:
        path = Path(folder, NAME)
        path.write_bytes(file)
        reader = PackageReader(path, Path(folder), None, today, handling)
        while reader.step() is not None:
            """Few lines: they are read at once."""
        package, batches = reader.package, list(reader.package.batches())
    package.batches = lambda: iter(batches)
    ids = {item.line: item.source_id for item in _people(batches) if item.kind in (CHILD, GONE)}
    return ReadLines(package, [number for number, _ in lines], ids), file


def _people(batches: Sequence[Batch]) -> Iterator[StagedPerson]:
    for batch in batches:
        yield from batch.people


def _one_child(text: bytes) -> bytes:
    """The line; `null` if it is not a child, such as a line that would end the file."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return b"null"
    return text if isinstance(value, dict) and "end" not in value else b"null"
