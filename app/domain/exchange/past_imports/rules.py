"""Pure rules of an import: the fate of a row, its class and categories, and its IDs."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from app.core.clock import day_of
from app.core.vocabularies import codes
from app.domain.common.category_rules.rules import is_about_adult
from app.domain.errors import ValidationFailed
from app.domain.exchange.imports.rules import HELD, PLANNED, RECEIVED, REFUSED
from app.domain.record.statuses.rules import (
    Interval,
    check_detail,
    check_interval,
    class_of_status,
    may_stand_beside,
)
from app.formats.history import CODES, LOUDEST, Entry, Occurred, Row, read_moment
from app.formats.identifiers import IdentifierProblem, check_upn

TO_PLAN: Final = frozenset({RECEIVED, PLANNED, HELD})
NEW, UNCHANGED, SET_ASIDE = "new", "unchanged", "set_aside"
FATES: Final = (NEW, UNCHANGED, HELD, SET_ASIDE, REFUSED)
"""Fates of a row: every row of a file has exactly one."""
LEFT_OUT_FATES: Final = (HELD, SET_ASIDE, REFUSED)
"""Fates of rows that do not come in."""
BY_SEVERITY: Final = {"refuse": REFUSED, "set_aside": SET_ASIDE, "hold": HELD, "warn": NEW}
PORTION: Final = 500
FILES_AT_ONCE: Final = 25
"""Documents that are kept at a time."""
DOCUMENT, STATUS, CONTACT, STAFF = "document", "status", "contact", "staff"
UNMAPPED: Final = "mapping_needed"
EXPLAINED: Final = frozenset({UNMAPPED, "mapping_does_not_fit", "date_order_unknown"})
"""Why a file cannot be read until a person has explained its columns."""
SEALED: Final = "K5"
"""The class whose import two leads approve."""
READ, SECOND = "past_plan", "past_second"
LEFT_OUT, ABOUT_STAFF = "past_left_out", "past_about_staff"
TASKS: Final = (READ, SECOND, LEFT_OUT)
"""A lead's tasks about an import; rows about staff are for the headteacher."""
LINES_NAMED: Final = 50
PAST: Final = UUID("a5b8a1d0-0a5c-5f0e-9c54-6f0d2a4a7c11")
OTHER: Final = "other"
ADULTS: Final = re.compile(
    r"\b(staff|teacher|lado|adult)\b.*\b(concern|allegation|conduct|matter)"
    r"|\b(allegation|low[- ]level concern)s?\b|\blado\b",
    re.IGNORECASE,
)
"""Other systems' names for matters about a member of staff."""
BARS: Final = ("may_be_told", "contact_allowed")
"""Fields of a row that may bar a contact."""
NEEDED: Final = frozenset({"subject", "harmed"})


@dataclass(frozen=True, slots=True)
class Mapped:
    """Meaning of a source category here."""

    codes: Sequence[str]
    confidentiality: str | None = None
    set_aside: bool = False


@dataclass(frozen=True, slots=True)
class Classed:
    """Class and categories of an entry, and the problems found."""

    confidentiality: str
    categories: list[str]
    problems: list[str]


def mapping_of(listed: Iterable[Mapping[str, Any]]) -> dict[str, Mapped]:
    """The categories of an import by the words of the source."""
    return {
        item["source"].lower(): Mapped(
            item.get("codes") or [OTHER], item.get("confidentiality"), bool(item.get("set_aside"))
        )
        for item in listed
    }


def given_up(before: Mapping[str, Any], changes: Mapping[str, Any]) -> str | None:
    """Class K5, if a change removes it from an import or from a category."""
    least = changes.get("confidentiality", before["confidentiality"])
    lowered = least < before["confidentiality"] == SEALED
    if "categories" in changes:
        items = {
            category.source.lower()
            for category in changes["categories"]
            if category.confidentiality == SEALED
        }
        lowered |= any(
            category.get("confidentiality") == SEALED and category["source"].lower() not in items
            for category in before["categories"]
        )
    return SEALED if lowered else None


def of_program(mapping: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns and values of a mapping that a program may set.

    A person's statement about what bars a contact stays. Without one, a program can only name
    columns: it cannot say that a column is absent, nor that a word bars nobody.
    """
    columns = {name: column for name, column in mapping["columns"].items() if column}
    values = {name: value for name, value in mapping["values"].items() if name not in BARS}
    if before is None:
        return {"columns": columns, "values": values}
    return {
        "columns": {name: column for name, column in columns.items() if name not in BARS}
        | {name: column for name, column in before["columns"].items() if name in BARS},
        "values": values
        | {name: before["values"][name] for name in BARS if name in before["values"]},
    }


def counts_of_program(kind: str, before: Mapping[str, Any] | None) -> bool:
    """Whether a program's mapping is used before a person has confirmed it.

    Not for contacts before someone has said what bars one: a wrong column would let in a barred
    parent.
    """
    return kind != CONTACT or before is not None


def given_up_columns(
    before: Mapping[str, Any], mapping: Mapping[str, Any], highest: str | None
) -> str | None:
    """Class K5 if a mapping no longer reads the confirmed columns that showed it."""

    def lost(name: str) -> bool:
        return bool(before["columns"].get(name)) and (
            before["columns"][name] != mapping["columns"].get(name)
        )

    words, words_now = [_words_for_sealed(item) for item in (before, mapping)]
    gives_up = (
        lost("confidentiality") or words - words_now or (lost("categories") and highest == SEALED)
    )
    return SEALED if gives_up else None


def _words_for_sealed(mapping: Mapping[str, Any]) -> set[str]:
    words = (mapping.get("values") or {}).get("confidentiality", {})
    return {word.casefold() for word, meant in words.items() if meant == SEALED}


def is_confirmed(mapping: Mapping[str, Any] | None, header: str) -> bool:
    """Whether someone confirmed a mapping of an import for its file's columns."""
    return mapping is not None and bool(mapping["confirmed"]) and mapping["header"] == header


def still_proposed(mapping: Mapping[str, Any] | None, header: str) -> dict[str, Any] | None:
    """The unconfirmed proposal for a file's columns, by a guess or a program."""
    if mapping is None or mapping["confirmed"] or mapping["header"] != header:
        return None
    return dict(mapping)


def classed(entry: Entry, least: str, known: Mapping[str, Mapped], above: str = "") -> Classed:
    """The highest class of import, categories, row and `above`, its parent.

    Nothing lowers it.
    """
    items = [meant(word, known) for word in entry.categories]
    categories = list(
        dict.fromkeys(code for item in items for code in (item.codes if item else [OTHER]))
    )
    classes = [
        least,
        above,
        entry.confidentiality,
        *(item.confidentiality for item in items if item),
    ]
    highest = max(class_name for class_name in classes if class_name)
    problems: list[str] = []
    if any(item and item.set_aside for item in items) or is_about_adult(categories):
        problems.append("adult_matter")
    if None in items:
        problems.append("category_unmapped")
    if highest > least:
        problems.append("class_raised")
    return Classed(highest, categories, problems)


def meant(word: str, known: Mapping[str, Mapped]) -> Mapped | None:
    """Meaning of a category: as mapped, or a code of ours; None for an unknown word."""
    if (mapped := known.get(word.lower())) is not None:
        return mapped
    if word in codes("concern_categories"):
        return Mapped([word])
    return Mapped([OTHER], set_aside=True) if ADULTS.search(word) else None


@dataclass(slots=True)
class Children:
    """Identifies children: by a person's earlier decision, then by numbers."""

    matched: Mapping[str, UUID]
    by_number: Mapping[tuple[str, str], Collection[UUID]]
    closed: Collection[UUID] = ()
    statuses: dict[tuple[str, str], list[tuple[Interval, str | None]]] = field(default_factory=dict)
    """Intervals with the ID of their row here, by child (as text) and kind."""
    """Children whose file has gone to another school."""
    unknown: set[str] = field(default_factory=set)

    def find(self, reference: str) -> tuple[UUID | None, str]:
        """Find the child, or None and why. Names never decide; they only suggest."""
        if (child_id := self.matched.get(reference)) is not None:
            return child_id, ""
        system, _, value = reference.partition(":")
        for name in LOOKED_UP.get(system, ()):
            if name in UPNS and isinstance(check_upn(value), IdentifierProblem):
                continue
            items = set(self.by_number.get((name, value), ()))
            if len(items) == 1:
                return items.pop(), ""
            if items:
                return None, "child_ambiguous"
        return None, "child_not_found"


UPNS: Final = ("upn", "former_upn")
LOOKED_UP: Final[Mapping[str, tuple[str, ...]]] = {
    "upn": UPNS,
    "former_upn": UPNS[::-1],
    "mis": ("mis_id",),
    "adno": ("admission_number",),
}
"""Numbers by which a reference may be known; the first match decides."""
SYSTEMS: Final = ("upn", "former_upn", "mis_id", "admission_number")


@dataclass(frozen=True, slots=True)
class Decided:
    """Fate of a row, with its children."""

    fate: str
    problems: list[tuple[str | None, str]]
    """Column and code of each."""
    children: list[dict[str, str]]
    unmatched: list[str]
    classed: Classed | None
    status: "Lasting | None" = None
    """The row as a status of its children."""
    account: UUID | None = None
    """Member of staff who owns the account."""


Belongs = tuple[str, Sequence[tuple[str, str]]]
"""Parent of a row: its highest class, and role and ID of each of its children."""


def decide(
    row: Row,
    children: Children,
    belongs: Mapping[str, Belongs],
    least: str,
    known: Mapping[str, Mapped],
    kind: str,
    accounts: Mapping[str, UUID] | None = None,
) -> Decided:
    """Decide the fate of a row on its own; other rows and imports are checked later."""
    problems = [(problem.column, problem.code) for problem in row.problems]
    entry = row.entry
    if entry is None:
        return Decided(_fate(problems), problems, [], [], None)
    above, theirs = belongs.get(entry.of or "", ("", ()))
    result = classed(entry, least, known, above)
    problems += [("categories", code) for code in result.problems]
    if entry.of is not None and not entry.children:
        matched = [{"role": role, "id": id_} for role, id_ in theirs]
        unmatched: list[str] = []
        if not matched:
            problems.append(("concern", "concern_not_found"))
    else:
        matched, unmatched, faults = _match(entry, children)
        problems += [("children", code) for code in faults]
    if any(UUID(item["id"]) in children.closed for item in matched):
        problems.append(("children", "file_closed"))
    account = accounts.get(row_text(row, "email").lower()) if accounts is not None else None
    if accounts is not None and account is None:
        problems.append(("email", "author_unmatched"))
    status = _status(row, matched, children) if kind == STATUS else None
    if isinstance(status, str):
        problems.append(("kind", status))
    elif status is not None:
        usual = max(result.confidentiality, class_of_status(status.kind, None))
        result = replace(result, confidentiality=usual)
    lasts = status if isinstance(status, Lasting) else None
    return Decided(_fate(problems), problems, matched, unmatched, result, lasts, account)


def _status(row: Row, matched: Sequence[Mapping[str, str]], children: Children) -> "Lasting | str":
    """The status of its children that a row is, or why it is none; it is noted for later rows."""
    result = lasting(row)
    if isinstance(result, str):
        return result
    for item in matched:
        there = children.statuses.setdefault((item["id"], result.kind), [])
        others = [interval for interval, source_id in there if source_id != row.source_id]
        if not may_stand_beside(result.kind, result.interval, others):
            return "status_overlaps"
        there.append((result.interval, row.source_id))
    return result


@dataclass(frozen=True, slots=True)
class Lasting:
    """A status of a child, as in a row of the previous system."""

    kind: str
    interval: Interval
    detail: str | None
    review_due: date | None


def lasting(row: Row) -> Lasting | str:
    """The status that a row is, or the code of why it is none."""
    entry = row.entry
    assert entry is not None  # noqa: S101 - it was read
    kind = str(row_text(row, "kind"))
    ends = read_moment(row_text(row, "valid_to"))
    start = _day(entry.occurred)
    end = _day(ends) if ends else None
    why_not = "status_unclear" if entry.open else "status_kept_as_entry"
    if entry.withdrawn:
        return "status_kept_as_entry"
    if start is None or kind not in codes("child_status_kinds") or (end is None) != entry.open:
        return why_not
    detail = row_text(row, "detail") or None
    try:
        check_interval(start, end)
        check_detail(kind, detail)
    except ValidationFailed:
        return why_not
    review = read_moment(row_text(row, "review_due"))
    return Lasting(kind, Interval(start, end), detail, _day(review) if review else None)


def row_text(row: Row, name: str) -> str:
    """A row's value under a name of the neutral form."""
    return "" if row.entry is None else row.entry.cells.get(name, "")


def _day(moment: Occurred) -> date | None:
    exact = moment.at is not None and moment.unit in ("day", "minute") and not moment.about
    return day_of(moment.at) if exact and moment.at else None


def _match(entry: Entry, children: Children) -> tuple[list[dict[str, str]], list[str], list[str]]:
    """The children of an entry, unmatched references, and codes."""
    matched: dict[UUID, str] = {}
    unmatched, faults = [], []
    needed = [role for role, _ in entry.children if role in NEEDED]
    for role, reference in entry.children:
        child, why = children.find(reference)
        if child is not None:
            matched.setdefault(child, role)
            continue
        unmatched.append(reference)
        linked = needed and role not in NEEDED
        faults.append("linked_child_not_found" if linked else why)
    listed = [{"role": role, "id": str(id_)} for id_, role in matched.items()]
    return listed, unmatched, list(dict.fromkeys(faults))


def _fate(problems: Iterable[tuple[str | None, str]]) -> str:
    severities = {CODES[code].severity for _, code in problems}
    loudest = next((item for item in LOUDEST if item in severities), "warn")
    return BY_SEVERITY[loudest]


def entry_id(school_id: UUID, source: str, kind: str, source_id: str, child: UUID | str) -> UUID:
    """ID of an entry in a child's file: the same whenever the same row is imported."""
    return uuid5(PAST, "\n".join((str(school_id), source, kind, source_id, str(child))))


def counted(rows: Iterable[Mapping[str, Any]], problems: Mapping[str, int]) -> dict[str, Any]:
    """Figures of a plan: rows by fate, classes of what is imported, and each code."""
    listed = list(rows)
    fates = {fate: sum(row["number"] for row in listed if row["fate"] == fate) for fate in FATES}
    new = [row for row in listed if row["fate"] == NEW]
    classes: dict[str, int] = {}
    for row in new:
        classes[row["confidentiality"]] = classes.get(row["confidentiality"], 0) + row["number"]
    return {
        **fates,
        "rows": sum(fates.values()),
        "open": sum(row["number"] for row in listed if row["is_open"] and row["fate"] == NEW),
        "by_class": [
            {"confidentiality": class_name, "rows": classes[class_name]}
            for class_name in sorted(classes)
        ],
        "problems": [
            {"code": code, "number": problems[code]} for code in CODES if problems.get(code)
        ],
    }
