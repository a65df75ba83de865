"""When an import brings nothing beyond the last one of its source."""

from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from typing import Any, Final

from app.domain.exchange.roster.rules import KINDS, STAFF
from app.formats.rosters.problems import Report

READING: Final = version("cairn-safeguarding")
"""Another version of Cairn may read the same file differently."""


def standing_of(content: str, until: date | None) -> dict[str, Any]:
    """Identifies a file: its content, and until when its meaning stays."""
    return {"reading": READING, "content": content, "until": until and until.isoformat()}


def is_comparable(last: Mapping[str, Any], organisation: str | None, handling: str) -> bool:
    """Whether the last import was for the same school of the file, and read as it is read now."""
    return bool(
        last["organisation_source_id"] == organisation
        and last["handling"] == handling
        and last["standing"]
        and last["standing"]["reading"] == READING
    )


def is_same_file(last: Mapping[str, Any], digest: str | None, today: date) -> bool:
    """Whether the same file has the same meaning: none of its days has come since."""
    until = last["standing"]["until"]
    is_before = until is None or today < date.fromisoformat(until)
    return digest is not None and digest == last["digest"] and is_before


def is_same_content(last: Mapping[str, Any], content: str, skipped: Mapping[str, int]) -> bool:
    """Whether a file brings the rows of the last one, in any order.

    Not if the comparison had something to report: two rows claimed the same, of which the first
    counts, or staff were missing. Nor if a row could not be read.
    """
    items = [last["counts"][kind]["problems"] for kind in KINDS.values()]
    items += [last["counts"][KINDS[STAFF]]["left"], sum(skipped.values())]
    return bool(last["standing"]["content"] == content) and not any(items)


def unchanged(last: Mapping[str, Any], report: Report | None = None) -> dict[str, Any]:
    """The counts of an import that changes nothing; `report` if it was read.

    Missing staff are counted until someone ends their membership.
    """
    counts: dict[str, Any] = {**last, "held": []}
    if report is not None:
        counts |= {"errors": report.errors, "warnings": report.warnings}
    for kind in KINDS.values():
        was = last[kind]
        left = was["left"] if kind == KINDS[STAFF] else 0
        counts[kind] = _all_unchanged(was) | {"left": left, "problems": was["problems"]}
    years = [
        {"year_group": year_group["year_group"], **_all_unchanged(year_group)}
        for year_group in last["year_groups"]
    ]
    counts["year_groups"] = [{**year, "left": 0} for year in years if year["unchanged"]]
    return counts


def _all_unchanged(was: Mapping[str, int]) -> dict[str, int]:
    same = was["new"] + was["changed"] + was["unchanged"]
    return dict.fromkeys(("new", "changed"), 0) | {"unchanged": same}
