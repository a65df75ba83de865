"""A table of pupils in any columns, read by a mapping that a person has confirmed."""

from collections.abc import Iterator, Mapping
from itertools import islice

from app.formats.csv_rows import Record, Written, how_written, read_table
from app.formats.oneroster.columns import plain_name
from app.formats.rosters.bundles import UNREADABLE, Bundle, Member, reason
from app.formats.rosters.dates import Order, OrderProof
from app.formats.rosters.detection import MAPPED
from app.formats.rosters.fields import (
    CONTACT_FIELDS,
    CONTACTS,
    DATES,
    Meanings,
    PupilText,
    contact_field,
)
from app.formats.rosters.mapping import MappingError, RosterMapping, header_hash
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.pupils import Pupil, School

SCHOOLS = 1_000
CELL_CHARS = 16 * 1024


class MappedReader:
    """Reads one table. Raises `MappingError` where its header is not that of the mapping."""

    format = MAPPED
    version = "1"

    def __init__(
        self, bundle: Bundle, member: Member, mapping: RosterMapping, log: ProblemLog
    ) -> None:
        self._bundle, self._member, self._mapping = bundle, member, mapping
        self.file = member.printable
        self.complete, self.cut_off = mapping.complete, False
        self.schools: dict[str, School] = {}
        self._written = self._how_written(log)
        self._header = self._read_header()
        if mapping.header is not None and header_hash(self._header) != mapping.header:
            raise MappingError("mapping.header_changed")
        self._places = self._find_columns()
        self._orders = self._date_orders()

    def pupils(self, log: ProblemLog) -> Iterator[Pupil | None]:
        """Every pupil in order; None for a row that was left out."""
        mapping = self._mapping
        self.schools = {}
        if "school_id" not in self._places:
            self.schools[mapping.school] = School(mapping.school, mapping.school_name)
        meanings = Meanings(
            mapping.school, mapping.values, self._orders, mapping.date_order is not None
        )
        try:
            for record in self._records(log):
                pupil = self._pupil(record, meanings, log)
                if pupil is not None and len(self.schools) < SCHOOLS:
                    self._take_school(pupil.school, record)
                yield pupil
        except UNREADABLE as error:
            self.cut_off = True
            log.error(self.file, reason(error))

    def _take_school(self, school: str, record: Record) -> None:
        if school not in self.schools:
            name = self._text("school_name", record.cells)[:300] or self._mapping.school_name
            self.schools[school] = School(school, name)

    def _pupil(self, record: Record, meanings: Meanings, log: ProblemLog) -> Pupil | None:
        cells, error, faults = record.cells, record.error, list(record.faults)
        width = len(self._header)
        if error is None and any(cell.strip() for cell in cells[width:]):
            error = "row.too_many_cells"
        if error is None and max(map(len, cells)) > CELL_CHARS:
            error = "row.cell_too_long"
        if error is not None:
            log.error(self.file, error, line=record.line)
            return None
        if len(cells) != width:
            faults.append("row.too_few_cells" if len(cells) < width else "row.trailing_cells")
        texts = {name: self._text(name, cells) for name in self._places}
        contacts = [
            {name: texts.get(contact_field(number, name), "") for name in CONTACT_FIELDS}
            for number in range(1, CONTACTS + 1)
        ]
        text = PupilText(self.file, record.line, meanings, log, self.name_of, faults)
        return text.pupil(texts, contacts)

    def name_of(self, field: str) -> str:
        """The column of a field, or its columns."""
        return " + ".join(self._mapping.columns.get(field, (field,)))

    def _text(self, name: str, cells: list[str]) -> str:
        places = self._places.get(name, ())
        items = (cells[index].strip() for index in places if index < len(cells))
        return " ".join(" ".join(filter(None, items)).split())

    def _how_written(self, log: ProblemLog) -> Written:
        with self._bundle.open(self._member) as stream:
            seen = how_written(stream, self._mapping.header_row)
        if seen.encoding == "utf-8-sig":
            log.warn(self.file, "csv.byte_order_mark")
        elif seen.encoding != "utf-8":
            log.warn(self.file, "csv.utf16")
        mapping = self._mapping
        encoding = mapping.encoding if seen.encoding == "utf-8" and mapping.encoding else None
        return Written(encoding or seen.encoding, mapping.delimiter or seen.delimiter)

    def _all_records(self) -> Iterator[Record]:
        """From the header on; `header_row` counts lines that are not blank."""
        with self._bundle.open(self._member) as stream:
            records = (item for item in read_table(stream, self._written) if not item.blank)
            yield from islice(records, self._mapping.header_row - 1, None)

    def _records(self, log: ProblemLog) -> Iterator[Record]:
        records = self._all_records()
        next(records, None)
        yield from records

    def _read_header(self) -> list[str]:
        header = next(self._all_records(), None)
        if header is None or header.error:
            raise MappingError("mapping.column_missing")
        return [cell.strip() for cell in header.cells]

    def _find_columns(self) -> dict[str, tuple[int, ...]]:
        at: dict[str, int] = {}
        for index, name in enumerate(self._header):
            at.setdefault(plain_name(name), index)
        places: dict[str, tuple[int, ...]] = {}
        for field, names in self._mapping.columns.items():
            for name in names:
                if plain_name(name) not in at:
                    raise MappingError("mapping.column_missing", name[:60])
            places[field] = tuple(at[plain_name(name)] for name in names)
        return places

    def _date_orders(self) -> Mapping[str, Order | None]:
        date_order = self._mapping.date_order
        dates = [name for name in DATES if name in self._places]
        if date_order is not None or not dates:
            return dict.fromkeys(dates, date_order)
        proofs = {name: OrderProof() for name in dates}
        for record in islice(self._all_records(), 1, None):
            for name, proof in proofs.items():
                proof.look_at(self._text(name, record.cells))
        return {name: proof.order for name, proof in proofs.items()}
