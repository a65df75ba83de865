"""Pure rules of linked concerns, read from data: which rows belong together, and which are new."""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

HERE = Path(__file__).parent
By = Literal["child_group", "death", "place", "named_content", "trust"]

NOUN: Final = "linked_concern"
TASK: Final = "linked_concerns"
OPEN, TOGETHER, DISMISSED = "open", "looked_together", "dismissed"
LEAST_SHOWN: Final = 5
"""Counts below this are never shown to a trust, and counts above it in steps of it."""
MIDNIGHT: Final = time()
CLASSES: Final = ("K2", "K3", "K4", "K5")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how many rows, within what time, linked by what, and its text."""

    id: str
    version: str
    title: str
    text: str
    unknown: str
    """What the rows cannot show; always displayed."""
    source: str
    by: By
    days: int
    events: int
    children: int
    suggests: tuple[str, ...]
    child_groups: frozenset[str] = frozenset()
    year_group: bool = False
    earlier_years: int = 0
    names_nobody: bool = False
    """Shown without rows and children: it is about a place."""
    of_rule: str | None = None
    schools: int = 0

    @property
    def span(self) -> timedelta:
        """The longest time between the first row and the last."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Book:
    """Every rule, and their common settings."""

    rules: Mapping[str, Rule]
    kinds: frozenset[str]
    """Kinds of records that count as a row with their concern."""
    parts: frozenset[str]
    """The part a child has in a concern that counts."""
    relationships: Mapping[str, str]
    """Kinds of relationship that count as child groups, and as which."""
    looks_back: timedelta
    new_here: timedelta
    around: timedelta
    versions: Mapping[tuple[str, str], Rule] = field(default_factory=dict)

    def rule_of(self, rule_id: str, version: str) -> Rule:
        """A rule in the version that fired, or as it is now where that is not kept."""
        return self.versions.get((rule_id, version)) or self.rules[rule_id]

    @property
    def reads_back(self) -> timedelta:
        """How far back rows are read."""
        return self.looks_back + max(rule.span for rule in self.rules.values())


@cache
def book() -> Book:
    """Load the book; of several versions of a rule the last one in the file fires."""
    return read_book((HERE / "rules.toml").read_text())


def read_book(text: str) -> Book:
    """A book from its data."""
    data = tomllib.loads(text)
    listed = [_rule(entry) for entry in data["rule"]]
    return Book(
        {rule.id: rule for rule in listed},
        frozenset(data["kinds"]),
        frozenset(data["parts"]),
        data["relationships"],
        timedelta(days=data["looks_back_days"]),
        timedelta(days=data["new_here_days"]),
        timedelta(days=data["around_days"]),
        {(rule.id, rule.version): rule for rule in listed},
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    lists = {
        "suggests": tuple(entry["suggests"]),
        "child_groups": frozenset(entry.get("child_groups", ())),
    }
    return Rule(**{**entry, **lists})


# Nothing here uses names, reads text, or judges how a child is: it only finds rows that a
# person may want to look at together.
@dataclass(frozen=True, slots=True)
class Event:
    """One row: a concern, its children, and its time."""

    id: UUID
    children: frozenset[UUID]
    at: datetime
    confidentiality: str = "K3"
    places: frozenset[UUID] = frozenset()
    tags: frozenset[UUID] = frozenset()
    counts: bool = True
    """Whether its kind links by child groups; otherwise only by named content."""


@dataclass(frozen=True, slots=True)
class Link:
    """Something that children or rows have in common.

    `ref` is the ID of the child group, death, place or tag, or the name of the year group. `since`
    and `until` limit it if it has its own end, like a death or a term.
    """

    by: str
    ref: str
    kind: str = ""
    children: frozenset[UUID] = frozenset()
    confirmed: bool = True
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Rows that a rule links, and the links."""

    rule: Rule
    events: frozenset[UUID]
    links: tuple[Link, ...]
    last: datetime


def year_links(events: Iterable[Event], years: Mapping[UUID, str]) -> list[Link]:
    """Make one link for each year group of the rows' children, by the roster."""
    groups: dict[str, set[UUID]] = {}
    for event in events:
        for child in event.children:
            if year := years.get(child):
                groups.setdefault(year, set()).add(child)
    return [Link("year_group", year, "year_group", frozenset(members)) for year, members in
            sorted(groups.items())]  # fmt: skip


def applies(rule: Rule, link: Link) -> bool:
    """Whether a rule uses a link: an unconfirmed child group does not count."""
    if not link.confirmed:
        return False
    if link.by == "child_group":
        return rule.by == "child_group" and link.kind in rule.child_groups
    if link.by == "year_group":
        return rule.year_group
    return rule.by == link.by


def windows(rule: Rule, link: Link, events: Iterable[Event]) -> list[tuple[Event, ...]]:
    """The largest sets of rows of a link within the rule's time that are enough of them."""
    rows = sorted(
        (event for event in events if _is_of(link, event)), key=lambda item: (item.at, item.id)
    )
    eventses: list[tuple[Event, ...]] = []
    for index, first in enumerate(rows):
        within = tuple(row for row in rows[index:] if row.at - first.at <= rule.span)
        if eventses and set(within) <= set(eventses[-1]):
            continue
        if _is_enough(rule, link, within):
            eventses.append(within)
    return eventses


def _is_of(link: Link, event: Event) -> bool:
    if link.since is not None and event.at < link.since:
        return False
    if link.until is not None and event.at > link.until:
        return False
    if link.by == "place":
        return event.counts and UUID(link.ref) in event.places
    if link.by == "named_content":
        return UUID(link.ref) in event.tags
    return event.counts and not event.children.isdisjoint(link.children)


def _is_enough(rule: Rule, link: Link, rows: Collection[Event]) -> bool:
    children: set[UUID] = set()
    for row in rows:
        children |= row.children & link.children if link.children else row.children
    return len(rows) >= rule.events and len(children) >= rule.children


def find(book: Book, events: Sequence[Event], links: Sequence[Link], now: datetime) -> list[Found]:
    """Find every largest set of rows that a rule links, each once with all its links.

    The order of rows and links does not matter. Rows older than the review period can be part of a
    set, but do not make one: its last row is newer.
    """
    founds: list[Found] = []
    for rule in book.rules.values():
        sets: dict[frozenset[UUID], tuple[set[Link], datetime]] = {}
        for link in links:
            if not applies(rule, link):
                continue
            for rows in windows(rule, link, events):
                key, last = frozenset(row.id for row in rows), rows[-1].at
                sets.setdefault(key, (set(), last))[0].add(link)
        founds += _largest(rule, sets, now - book.looks_back)
    return founds


def _largest(
    rule: Rule, sets: Mapping[frozenset[UUID], tuple[set[Link], datetime]], oldest: datetime
) -> list[Found]:
    recent = {key: value for key, value in sets.items() if value[1] >= oldest}
    items = []
    for key, (_, last) in sorted(recent.items(), key=lambda item: (item[1][1], sorted(item[0]))):
        if any(key < other for other in recent):
            continue
        inside = {link for other, (links, _) in recent.items() if other <= key for link in links}
        items.append(Found(rule, key, tuple(sorted(inside, key=lambda x: (x.by, x.ref))), last))
    return items


def new_ones(
    founds: Iterable[Found], fired: Mapping[str, Collection[frozenset[UUID]]]
) -> list[Found]:
    """Keep sets that did not fire before, whole or as part of a larger one.

    A set counts as new with a new row, or a new group between rows that never fired together.
    """
    return [
        item
        for item in founds
        if not any(item.events <= before for before in fired.get(item.rule.id, ()))
    ]


def class_of(events: Iterable[Event]) -> str:
    """The narrowest class of the rows: who looks at them together reads every one."""
    return max((event.confidentiality for event in events), key=CLASSES.index, default="K3")


def shown_to_trust(count: int) -> str:
    """A count as a trust sees it: never below five, and in steps.

    So the difference of two answers reveals nothing.
    """
    if count < LEAST_SHOWN:
        return f"<{LEAST_SHOWN}"
    lowest = count - count % LEAST_SHOWN
    return f"{lowest}-{lowest + LEAST_SHOWN - 1}"


@dataclass(frozen=True, slots=True)
class Written:
    """The writer of a row, and since when they have worked here."""

    author_id: UUID
    at: datetime
    here_since: datetime | None


def recorders(book: Book, rows: Sequence[Written]) -> tuple[int, bool]:
    """How many rows were written by someone new here, and whether one person wrote all."""
    new = sum(
        1 for row in rows
        if row.here_since is not None and row.at - row.here_since <= book.new_here
    )  # fmt: skip
    return new, len(rows) > 1 and len({row.author_id for row in rows}) == 1


def next_verbs(*, is_open: bool) -> list[str]:
    """List what someone who sees it may do next."""
    return ["record_joint_review", "dismiss_linked_concern"] if is_open else []
