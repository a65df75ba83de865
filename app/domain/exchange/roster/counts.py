"""The figures of an import, as they are kept and shown; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.domain.exchange.roster import rules
from app.formats.oneroster import Problem

KINDS: Final[Mapping[str, str]] = {
    rules.CHILD: "children",
    rules.STAFF: "staff",
    rules.CONTACT: "contacts",
    "enrolment": "enrolments",
}
FATES: Final = ("new", "changed", "unchanged", "left", "problems")


def counted(
    rows: Iterable[Any],
    problems: Iterable[Problem],
    *,
    elsewhere: int,
    left_out: int,
) -> dict[str, Any]:
    """Counts by kind and fate. `elsewhere` counts people of other schools and parents of nobody
    here; `left_out` the rows of the files that could not be read."""
    counts: dict[str, Any] = {kind: dict.fromkeys(FATES, 0) for kind in KINDS.values()}
    for row in rows:
        if row["fate"] == "elsewhere":
            elsewhere += row["number"]
        elif row["kind"] in KINDS and row["fate"] in FATES:
            counts[KINDS[row["kind"]]][row["fate"]] += row["number"]
    severities = Counter(problem.severity for problem in problems)
    return {
        **counts,
        "elsewhere": elsewhere,
        "left_out": left_out,
        "errors": severities["error"],
        "warnings": severities["warning"],
    }


def unchanged(last: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of an import whose file equals the last applied one."""
    counts = dict(last)
    for kind in KINDS.values():
        was = last[kind]
        same = was["new"] + was["changed"] + was["unchanged"]
        counts[kind] = dict.fromkeys(FATES, 0) | {"unchanged": same, "problems": was["problems"]}
    return counts
