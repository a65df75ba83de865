"""Proposes a mapping for a table nobody has mapped yet. A person confirms it; nothing is read by a
guess."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import Final

from app.formats.csv_rows import Written, how_written, read_table
from app.formats.identifiers import CheckedIdentifier, check_upn
from app.formats.oneroster.columns import plain_name
from app.formats.rosters.bundles import Bundle, Member
from app.formats.rosters.dates import DateError, Order, OrderProof, read_date
from app.formats.rosters.fields import CONTACT_FIELDS, CONTACTS, DATES, PUPIL_FIELDS, contact_field
from app.formats.rosters.mapping import FORM, KIND, header_hash
from app.formats.rosters.words import is_year_group, role_of_relationship, sex_of

SAMPLE_ROWS: Final = 500
COLUMNS: Final = 200
COLUMN_CHARS: Final = 100
SURE: Final = 0.85
LIKELY: Final = 0.6
BY_NAME: Final = 0.5
BY_VALUES: Final = 0.4
BY_PLACE: Final = 0.1
SIMILAR: Final = 0.75
SHOWN: Final = 4
HEADS: Final = (
    "contact{}", "parent{}", "priority{}contact", "guardian{}", "contact{}contact",
    "primaryguardian{}",
)  # fmt: skip
ALONE: Final = ("primaryguardian", "primarycontact")
"""How a table names its only contact, without a number."""
ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NAME: Final = re.compile(r"[^\d@]{1,60}")
PHONE: Final = re.compile(r"\+?[\d\s()-]{6,20}")
SHORT: Final = re.compile(r"\S.{0,19}")


@dataclass(frozen=True, slots=True)
class Fields:
    """What a table may hold: each field by the names that systems give its column, what its values
    have to pass, and which of them are dates. The first `ordered` usually come in this order."""

    names: Mapping[str, frozenset[str]]
    tests: Mapping[str, Callable[[str], bool]]
    dates: Collection[str]
    ordered: int


@dataclass(frozen=True, slots=True)
class Guess:
    """A field and the column proposed for it. `samples` are masked: `Aaaa`, `99/99/9999`."""

    field: str
    column: str
    score: float
    reason: str
    blank: float
    samples: tuple[str, ...]

    @property
    def sure(self) -> bool:
        """Whether it may be filled in; otherwise it is a question."""
        return self.score >= SURE


@dataclass(frozen=True, slots=True)
class Proposal:
    """`unmapped` are the columns that nothing was found for; `date_order` is None where dates
    could be read in two ways, so that a person has to say."""

    guesses: tuple[Guess, ...]
    unmapped: tuple[str, ...]
    header: str
    written: Written
    date_order: Order | None
    dates_doubtful: bool

    def as_toml(self) -> str:
        """The mapping as a file to be checked, corrected and saved."""
        lines = [f'format = "{FORM}"', f'kind = "{KIND}"', "complete = false", "", "[file]"]
        lines.append(f"delimiter = {json.dumps(self.written.delimiter)}")
        lines.append(f'header = "{self.header}"')
        if self.date_order:
            lines.append(f'date_order = "{self.date_order}"')
        elif self.dates_doubtful:
            lines.append('# date_order = "dmy"  # day and month could be swapped: say which')
        lines += ["", "[school]", 'id = "school"', "", "[columns]"]
        for guess in self.guesses:
            mark = "" if guess.sure else "# check: "
            name = json.dumps(guess.column, ensure_ascii=False)
            lines.append(f"{mark}{guess.field} = {name}  # {guess.score:.2f}: {guess.reason}")
        lines += [f"# not mapped: {json.dumps(name)}" for name in self.unmapped]
        return "\n".join(lines) + "\n"


def guess_table(bundle: Bundle, member: Member) -> Proposal:
    """Reads the beginning of a table. Raises one of UNREADABLE."""
    with bundle.open(member) as stream:
        written = how_written(stream)
    with bundle.open(member) as stream:
        records = (
            item for item in read_table(stream, written) if not item.blank and not item.error
        )
        header = next(records, None)
        rows = [record.cells for record in islice(records, SAMPLE_ROWS)]
    names = [cell.strip()[:COLUMN_CHARS] for cell in header.cells[:COLUMNS]] if header else []
    return guess_mapping(names, rows, written)


def guess_mapping(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    written: Written | None = None,
    fields: Fields | None = None,
) -> Proposal:
    """The best column for each field, one to one, by name, by values and by place."""
    fields = fields or PUPILS
    columns = [[row[n].strip() for row in rows if n < len(row)] for n in range(len(header))]
    candidates = sorted(
        (
            guess
            for index, field in enumerate(fields.names)
            for n, name in enumerate(header)
            if (
                guess := _guess(
                    field,
                    name,
                    columns[n],
                    _nearness(fields, index, n / max(len(header), 1)),
                    fields,
                )
            )
        ),
        key=lambda guess: -guess.score,
    )
    chosen: dict[str, Guess] = {}
    for guess in candidates:
        taken = any(guess.column == item.column for item in chosen.values())
        if guess.field not in chosen and not taken:
            chosen[guess.field] = guess
    items = [chosen[name] for name in fields.names if name in chosen]
    proof = OrderProof()
    for item in items:
        if item.field in fields.dates:
            for cell in columns[list(header).index(item.column)]:
                proof.look_at(cell)
    mapped = {item.column for item in items}
    return Proposal(
        tuple(items), tuple(name for name in header if name and name not in mapped),
        header_hash(header), written or Written(), proof.order, proof.doubtful,
    )  # fmt: skip


def _wanted() -> Sequence[str]:
    contacts = [contact_field(n, name) for n in range(1, CONTACTS + 1) for name in CONTACT_FIELDS]
    return [*PUPIL_FIELDS, *contacts]


def _nearness(fields: Fields, index: int, at: float) -> float:
    share = index / fields.ordered if index < fields.ordered else 1.0
    return 1 - abs(share - at)


def _guess(
    field: str, name: str, cells: Sequence[str], near: float, fields: Fields
) -> Guess | None:
    alike = _similarity(plain_name(name), fields.names[field])
    filled = [cell for cell in cells if cell]
    fits = _share(filled, fields.tests.get(field))
    if alike < SIMILAR or not name:
        return None
    score = BY_NAME * alike + BY_VALUES * fits + BY_PLACE * near
    if score < LIKELY:
        return None
    known = "known" if alike == 1 else "similar"
    reason = f"the name is {known}, {fits:.0%} of the values fit"
    blank = 1 - len(filled) / len(cells) if cells else 1.0
    masked = tuple(dict.fromkeys(mask(cell) for cell in filled))[:SHOWN]
    return Guess(field, name, round(score, 2), reason, round(blank, 2), masked)


def _names_of(field: str) -> frozenset[str]:
    if field in PUPIL_FIELDS:
        return frozenset((plain_name(field), *PUPIL_FIELDS[field]))
    number, _, name = field.removeprefix("contact").partition("_")
    tails = (plain_name(name), *CONTACT_FIELDS[name])
    heads = [head.format(number) for head in HEADS]
    heads += ALONE if number == "1" else ()
    return frozenset(f"{head}{tail}" for head in heads for tail in tails)


def _similarity(plain: str, names: frozenset[str]) -> float:
    """1 for a known name; a similar one has to agree in its digits."""
    if plain in names:
        return 1.0
    digits = re.sub(r"\D", "", plain)
    return max(
        (SequenceMatcher(None, plain, name).ratio() * 0.95 for name in names
         if re.sub(r"\D", "", name) == digits),
        default=0.0,
    )  # fmt: skip


def _share(filled: Sequence[str], test: Callable[[str], bool] | None) -> float:
    """How many of the values can be what the field holds; of no values nothing can be said."""
    if not filled:
        return 0.75
    if test is None:
        return 1.0
    return sum(map(test, filled)) / len(filled)


def is_date(cell: str) -> bool:
    try:
        read_date(cell, "dmy")
    except DateError:
        return False
    return True


TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "upn": lambda cell: isinstance(check_upn(cell), CheckedIdentifier),
    "given_name": lambda cell: bool(NAME.fullmatch(cell)),
    "family_name": lambda cell: bool(NAME.fullmatch(cell)),
    "name": lambda cell: bool(NAME.fullmatch(cell)),
    "middle_name": lambda cell: bool(NAME.fullmatch(cell)),
    "known_given_name": lambda cell: bool(NAME.fullmatch(cell)),
    "known_family_name": lambda cell: bool(NAME.fullmatch(cell)),
    "sex": lambda cell: sex_of(cell) is not None,
    "year_group": lambda cell: len(cell) <= 12 and is_year_group(cell),
    "registration_group": lambda cell: bool(SHORT.fullmatch(cell)),
    "email": lambda cell: bool(ADDRESS.fullmatch(cell)),
    "phone": lambda cell: bool(PHONE.fullmatch(cell)),
    "relationship": lambda cell: role_of_relationship(cell) is not None,
} | dict.fromkeys(DATES, is_date)


PUPILS: Final = Fields(
    {field: _names_of(field) for field in _wanted()},
    {
        field: TESTS[name]
        for field in _wanted()
        if (name := field.partition("_")[2] if field[:7] == "contact" else field) in TESTS
    },
    DATES, len(PUPIL_FIELDS),
)  # fmt: skip


def mask(cell: str) -> str:
    """The shape of a value without the value."""
    shape = re.sub(r"[^\W\d_]", lambda m: "A" if m[0].isupper() else "a", cell)
    return re.sub(r"\d", "9", shape)[:24]
