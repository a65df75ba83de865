"""One row of a file of past entries: its cells in, an entry and what is wrong with it out."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson

from app.core.vocabularies import codes
from app.formats.history.columns import ENTRY, EXTRA, Kind
from app.formats.history.moments import UNKNOWN, Occurred, read_moment
from app.formats.history.problems import LOUDEST, Problem, Severity
from app.formats.identifiers import IdentifierProblem, check_upn

Cells = Mapping[str, str | list[str]]
SYSTEMS: Final = ("upn", "former_upn", "mis", "adno", "source", "text")
SUBJECT: Final = "subject"
ROLES: Final = codes("concern_child_roles")
CLASSES: Final = ("K2", "K3", "K4", "K5")
ADULTS: Final = "K6"
YES: Final = frozenset({"true", "yes", "y", "1"})
NO: Final = frozenset({"false", "no", "n", "0", ""})
CUT_AT: Final = 32_767
"""Characters of a cell at which spreadsheets cut."""
LONGEST_ID, LONGEST_REF = 255, 400
ATTACHED: Final = re.compile(r"(concern|action|note|meeting|status):.{1,255}")
SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says, before anybody knows which children it is about."""

    children: tuple[tuple[str, str], ...]
    """Role and reference of each, as it was written."""
    of: str | None
    """What it belongs to, whose children are its own: `concern:48213`."""
    occurred: Occurred
    recorded_at: datetime | None
    author: str | None
    author_role: str | None
    confidentiality: str | None
    categories: tuple[str, ...]
    text: str
    details: dict[str, str]
    cells: dict[str, str]
    """Every cell by its name in the neutral form; the details lack what the text says."""
    open: bool
    significant: bool
    links: tuple[str, ...]
    withdrawn: dict[str, str]
    redacted: bool
    file: str | None
    """Of a document: where its file lies beside the index."""


@dataclass(frozen=True, slots=True)
class FileFound:
    """A file beside the index: its name there, its type by its bytes, size and digest."""

    path: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read. `entry` is None where it cannot come in, whatever anybody says."""

    line: int
    source_id: str
    sha256: str
    cells: Cells
    entry: Entry | None
    problems: tuple[Problem, ...]
    file: "FileFound | None" = None
    """Of a document: what its file is, once somebody has looked."""

    @property
    def severity(self) -> Severity:
        """The loudest of its problems; `warn` where it has none."""
        items = {problem.severity for problem in self.problems}
        return next((item for item in LOUDEST if item in items), "warn")


def refused(line: int, code: str) -> Row:
    """A row that could not be taken apart."""
    return Row(line, "", "", {}, None, (Problem(line, None, code),))


class RowReader:
    """Reads the rows of one file; derived ids count the rows that say the same."""

    def __init__(self, kind: Kind, now: datetime) -> None:
        self._kind, self._now = kind, now
        self._same: Counter[str] = Counter()

    def read(self, line: int, cells: Cells, source: Cells | None = None) -> Row:
        """One row; nothing in it raises. `source` is the row as it came, where a mapping read it:

        that is what is kept and hashed.
        """
        source = cells if source is None else source
        content = orjson.dumps(dict(source), option=orjson.OPT_SORT_KEYS)
        row = _Reading(line, self._kind, cells, self._now)
        sha256 = hashlib.sha256(content).hexdigest()
        source_id = row.text("source_id")
        if not source_id or len(source_id) > LONGEST_ID:
            row.say("source_id_missing", "source_id")
            source_id = self._derived(row)
        entry: Entry | None = row.entry()
        if any(problem.severity in ("refuse", "set_aside") for problem in row.problems):
            entry = None
        return Row(line, source_id, sha256, source, entry, tuple(row.problems))

    def _derived(self, row: "_Reading") -> str:
        """The same id for the same words about the same children, whenever they are sent."""
        lines = [
            row.items("children") or [row.text("concern") or row.text("attached_to")],
            next((row.text(item) for item in self._kind.occurred if row.text(item)), ""),
            row.text("author"), SPACES.sub(" ", row.main_text()),
        ]  # fmt: skip
        result = "h:" + hashlib.sha256(orjson.dumps(lines)).hexdigest()
        self._same[result] += 1
        return result if self._same[result] == 1 else f"{result}:{self._same[result]}"


@dataclass(slots=True)
class _Reading:
    """One row while it is read."""

    line: int
    kind: Kind
    cells: Cells
    now: datetime
    problems: list[Problem] = field(default_factory=list)

    def say(self, code: str, column: str | None) -> None:
        """Note a problem, once for each column."""
        problem = Problem(self.line, column, code)
        if problem not in self.problems:
            self.problems.append(problem)

    def text(self, name: str) -> str:
        """A cell without the space around it; a list as people read it."""
        value = self.cells.get(name, "")
        return "; ".join(value) if isinstance(value, list) else value.strip()

    def items(self, name: str) -> list[str]:
        """The items of a list, none of them blank."""
        value = self.cells.get(name, [])
        items = value if isinstance(value, list) else [value]
        return [item.strip() for item in items if item.strip()]

    def main_text(self) -> str:
        """What the entry says."""
        return next((self.text(name) for name in self.kind.text if self.text(name)), "")

    def entry(self) -> Entry:
        """The entry, and on the way everything that is wrong with the row."""
        self._check_cells()
        recorded_at = self._recorded_at()
        occurred = self._occurred()
        if occurred.at and recorded_at and recorded_at < occurred.at and occurred.unit == "minute":
            self.say("recorded_before_event", "recorded_at")
        return Entry(
            children=tuple(self._children()),
            of=self._of(),
            occurred=occurred,
            recorded_at=recorded_at,
            author=self.text("author") or None,
            author_role=self.text("author_role") or None,
            confidentiality=self._class(),
            categories=tuple(self.items("categories")),
            text=self.main_text(),
            details=self._details(),
            cells={name: self.text(name) for name in self.cells},
            open=self._yes("open"),
            significant=self._yes("significant"),
            links=tuple(self.items("links")),
            withdrawn=self._withdrawn(),
            redacted=self._yes("redacted"),
            file=self.text("file") or None if "file" in self.kind.needed else None,
        )

    def _of(self) -> str | None:
        """What an action or a document belongs to."""
        if concern := self.text("concern"):
            return f"concern:{concern}"
        of = self.text("attached_to")
        if of and not ATTACHED.fullmatch(of):
            self.say("reference_unclear", "attached_to")
            return None
        return of or None

    def _check_cells(self) -> None:
        for name in self.kind.needed:
            if not self.text(name):
                self.say("cell_missing", name)
        belongs = self.text("attached_to") or self.text("children")
        if "attached_to" in self.kind.others and not belongs:
            self.say("cell_missing", "children")
        for name, value in self.cells.items():
            if isinstance(value, str) and len(value) == CUT_AT:
                self.say("cell_truncated", name)
        if self._yes("about_adult"):
            self.say("adult_matter", "about_adult")

    def _moment(self, name: str) -> Occurred:
        moment = read_moment(self.text(name))
        if moment is None:
            self.say("date_invalid", name)
            return UNKNOWN
        if moment.at is not None and moment.at > self.now:
            self.say("date_in_future", name)
        if moment.twice:
            self.say("time_ambiguous", name)
        return moment

    def _recorded_at(self) -> datetime | None:
        return self._moment("recorded_at").at

    def _occurred(self) -> Occurred:
        name = next((item for item in self.kind.occurred if self.text(item)), None)
        return UNKNOWN if name is None else self._moment(name)

    def _yes(self, name: str) -> bool:
        word = self.text(name).lower()
        if word not in YES | NO:
            self.say("value_unknown", name)
        return word in YES

    def _class(self) -> str | None:
        word = self.text("confidentiality").upper()
        if word == ADULTS:
            self.say("adult_matter", "confidentiality")
        elif word and word not in CLASSES:
            self.say("value_unknown", "confidentiality")
        return word if word in CLASSES else None

    def _details(self) -> dict[str, str]:
        names = [
            name for name in self.cells
            if name.startswith(EXTRA) or name in self.kind.columns - ENTRY
        ]  # fmt: skip
        main = next((name for name in self.kind.text if self.text(name)), "")
        return {name: text for name in names if name != main and (text := self.text(name))}

    def _withdrawn(self) -> dict[str, str]:
        names = {"withdrawn_at": "at", "withdrawn_by": "by", "withdrawn_reason": "reason"}
        if self.text("withdrawn_at"):
            self._moment("withdrawn_at")
        return {short: text for name, short in names.items() if (text := self.text(name))}

    def _children(self) -> list[tuple[str, str]]:
        result: dict[str, str] = {}
        for item in self.items("children"):
            role, _, ref = item.rpartition("=") if "=" in item else (SUBJECT, "", item)
            name = self._reference(ref.strip())
            if name is None or role.strip() not in ROLES:
                self.say("reference_unclear", "children")
                continue
            result.setdefault(name, role.strip())
        return [(role, ref) for ref, role in result.items()]

    def _reference(self, ref: str) -> str | None:
        """A reference in one form, or None: case and space do not make another child."""
        system, colon, value = ref.partition(":")
        system, value = system.strip().lower(), SPACES.sub(" ", value).strip()
        if not colon or system not in SYSTEMS or not value or len(value) > LONGEST_REF:
            return None
        return f"{system}:{TIDIED.get(system, str)(self._checked(system, value))}"

    def _checked(self, system: str, value: str) -> str:
        if system in ("upn", "former_upn"):
            result = check_upn(value)
            if isinstance(result, IdentifierProblem):
                self.say("upn_invalid", "children")
        return value


def _upn(value: str) -> str:
    return value.replace(" ", "").upper()


TIDIED: Final[Mapping[str, Callable[[str], str]]] = {
    "upn": _upn,
    "former_upn": _upn,
}
