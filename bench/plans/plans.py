"""Reads what the server tells of a statement it ran: rows, buffers, time, and the worst node."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

BASE, EACH = 150, 40
"""Buffers that a statement may read: so many, and so many for each row it answers with. A card
with the names of four people reads a dozen or two."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One statement as it ran."""

    text: str
    milliseconds: float
    plan: dict[str, Any] = field(repr=False)

    @property
    def rows(self) -> int:
        """How many rows it answered with, or counted where it answers with one count."""
        return max(_rows(self.plan), *(_rows(node) for node in _counted(self.plan)), 0)

    @property
    def answered(self) -> int:
        """How many rows it answered with, or wrote."""
        return _rows(self.plan)

    @property
    def buffers(self) -> int:
        """Pages of 8 kB that were looked at, in memory or not."""
        return _buffers(self.plan)

    @property
    def allowed(self) -> int:
        """How many it may look at."""
        return BASE + EACH * self.answered

    @property
    def excess(self) -> int:
        """How many more it looked at than it may."""
        return self.buffers - self.allowed

    @property
    def worst(self) -> str:
        """The node which looks at most pages by itself, in words."""
        node = max(nodes(self.plan), key=_own)
        name = " ".join(str(node[part]) for part in ("Node Type", "Index Name") if node.get(part))
        if node.get("Relation Name"):
            name += f" on {node['Relation Name']}"
        removed = int(node.get("Rows Removed by Filter", 0) * node["Actual Loops"])
        said = f"{name}: {_own(node):,} buffers, {_rows(node):,} rows"
        return said + (f", {removed:,} thrown away" if removed else "")


def ran_from(notice: str) -> Ran | None:
    """What a notice of the server tells, or None where it is about something else."""
    duration, found, plan = notice.partition(" ms  plan:\n")
    if not found:
        return None
    told = json.loads(plan)
    return Ran(told["Query Text"], float(duration.removeprefix("duration: ")), told["Plan"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def _rows(node: dict[str, Any]) -> int:
    return round(float(node.get("Actual Rows", 0)) * int(node.get("Actual Loops", 1)))


def _buffers(node: dict[str, Any]) -> int:
    return int(node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0))


def _own(node: dict[str, Any]) -> int:
    return _buffers(node) - sum(_buffers(below) for below in node.get("Plans", ()))


def _counted(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What goes into the aggregates that a plan ends with, and into its common tables."""
    for below in plan.get("Plans", ()):
        relation = below.get("Parent Relationship")
        if str(below.get("Subplan Name", "")).startswith("CTE") or (
            plan["Node Type"] == "Aggregate" and relation == "Outer"
        ):
            yield below
