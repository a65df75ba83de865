"""Named, versioned rules about reading that is unusual, each in words a person can check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.verbs import LOOKS, AuditEvent

VERSION = "2026-12"
OF_NO_FILE: Final = frozenset({AuditEvent.ACCESS_EXPLAINED, AuditEvent.PLAN_READ_BY_ADULT})
"""Events that open nothing: who may see a file, and a pupil's choice of readers."""
OPENED: Final = tuple(sorted(LOOKS - OF_NO_FILE))
"""Verbs that open a child's file or a part of it, if the entry names the child."""
NOT_OWN: Final = frozenset({"recent_concern", "cohort", "support_list"})
"""Reasons that anyone in the role has, without own work for the child."""
REVIEW = "reading_notice.review"
OUTCOMES = ("expected", "explained", "unexplained")


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """A rule, its text, and the settings that a school can choose."""

    id: str
    version: str
    words: str
    defaults: Mapping[str, int]


MANY_FILES = ReadingRule(
    "many_files",
    VERSION,
    "One person opened the files of at least {files} children within {minutes} minutes.",
    {"files": 30, "minutes": 60},
)
NO_WORKING_REASON = ReadingRule(
    "no_working_reason",
    VERSION,
    "Somebody opened a child's file without open work about the child, an alert, a grant or a "
    "report of their own; nobody raised a concern about the child in the last {days} days, and "
    "the child is not on the support list.",
    {"days": 90},
)
OWN_COLLEAGUES_CHILD = ReadingRule(
    "own_colleagues_child",
    VERSION,
    "Somebody without open work about the child opened the file of a colleague's child.",
    {},
)
RULES: Mapping[str, ReadingRule] = {
    rule.id: rule for rule in (MANY_FILES, NO_WORKING_REASON, OWN_COLLEAGUES_CHILD)
}


@dataclass(frozen=True, slots=True)
class Opening:
    """One audit log entry: someone opened part of a child's file."""

    id: UUID
    at: datetime
    reader_id: UUID
    child_id: UUID


@dataclass(frozen=True, slots=True)
class Noticed:
    """A rule that fired, with the entries that made it."""

    rule: ReadingRule
    reader_id: UUID
    child_id: UUID | None
    openings: tuple[Opening, ...]
    dedupe: str
    since: datetime
    """An open notice of the same rule and reader that reaches to here is the same one."""
    measured: Mapping[str, int]


def limits_of(rule: ReadingRule, settings: Mapping[str, Any]) -> dict[str, int]:
    """The rule's numbers, the school's own where it has set them sensibly."""
    own = settings.get(rule.id)
    result = dict(rule.defaults)
    if isinstance(own, Mapping):
        for name in result:
            value = own.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                result[name] = value
    return result


def words_of(rule_id: str, measured: Mapping[str, Any]) -> str:
    """The rule in words, with the numbers that held."""
    rule = RULES[rule_id]
    return rule.words.format(**{**rule.defaults, **measured})


def many_files(
    openings: Iterable[Opening], limits: Mapping[str, int], new: frozenset[UUID]
) -> list[Noticed]:
    """Find readers who opened too many children's files in a window; one notice for each.

    `new` are entries not judged before: a window without one has been judged.
    """
    span = timedelta(minutes=limits["minutes"])
    by_reader: dict[UUID, list[Opening]] = {}
    for opening in sorted(openings, key=lambda opening: (opening.at, opening.id)):
        by_reader.setdefault(opening.reader_id, []).append(opening)
    items = []
    for reader, listed in by_reader.items():
        window = _fullest(listed, span, limits["files"])
        if window and any(item.id in new for item in window):
            children = len({item.child_id for item in window})
            items.append(
                Noticed(
                    MANY_FILES, reader, None, window, f"{reader}:{window[0].id}",
                    window[0].at - span, {**limits, "opened": children},
                )
            )  # fmt: skip
    return items


def _fullest(listed: Sequence[Opening], span: timedelta, files: int) -> tuple[Opening, ...]:
    """Find the window with the most children, if any has enough."""
    best: tuple[Opening, ...] = ()
    maximum, start = files - 1, 0
    for end, last in enumerate(listed):
        while last.at - listed[start].at > span:
            start += 1
        window = listed[start : end + 1]
        children = len({item.child_id for item in window})
        if children > maximum:
            best, maximum = tuple(window), children
    return best


def without_reason(
    openings: Iterable[Opening],
    reasons: Mapping[tuple[UUID, UUID], Iterable[str]],
    colleagues: frozenset[UUID],
    limits: Mapping[str, int],
) -> list[Noticed]:
    """Find files opened without any reason on record; one notice a day for each reader.

    `reasons` lists the reasons for (reader, child); `colleagues` are children of staff.
    """
    grouped: dict[tuple[str, UUID, date], list[Opening]] = {}
    for opening in sorted(openings, key=lambda opening: (opening.at, opening.id)):
        why = set(reasons.get((opening.reader_id, opening.child_id), ()))
        if not why:
            rule = NO_WORKING_REASON
        elif opening.child_id in colleagues and why <= NOT_OWN:
            rule = OWN_COLLEAGUES_CHILD
        else:
            continue
        grouped.setdefault((rule.id, opening.reader_id, opening.at.date()), []).append(opening)
    return [
        _of_a_day(RULES[rule], reader, listed, limits)
        for (rule, reader, _day), listed in grouped.items()
    ]


def _of_a_day(
    rule: ReadingRule, reader: UUID, listed: Sequence[Opening], limits: Mapping[str, int]
) -> Noticed:
    """Make one notice about a reader's day; it names the child if there is only one."""
    children = {item.child_id for item in listed}
    only = next(iter(children)) if len(children) == 1 else None
    midnight = listed[0].at.replace(hour=0, minute=0, second=0, microsecond=0)
    measured = dict(limits) if rule is NO_WORKING_REASON else {}
    return Noticed(
        rule, reader, only, tuple(listed), f"{reader}:{listed[0].id}", midnight, measured
    )
