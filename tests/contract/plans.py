"""Explains statements as the application's role in a database of its own, full of invented rows.

Nothing of it depends on chance, on the time or on other tests: rows are counted out, statistics are
of all of them, and values are unknown as in the generic plan of a busy connection.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg

SCHOOL = UUID(int=1)
PERSON = UUID(int=2)
MANY = 300
"""From how many rows on a table counts: of fewer any plan is good."""
SETTINGS = {
    "app.school_id": str(SCHOOL),
    "app.account_id": str(PERSON),
    "plan_cache_mode": "force_generic_plan",
    "random_page_cost": "1.1",
    "effective_cache_size": "4GB",
    "work_mem": "4MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
FULL = Path(__file__).with_name("full_tables.sql")
Shape = dict[str, Any]


def fill(owner_url: str, rows: str) -> None:
    """Fill every table: the hot ones with `rows`, the others with rows of every school."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(cast(Any, f"begin; select setseed(0.5); {rows}; commit"))
        owner.execute(cast(Any, FULL.read_text()))
        owner.execute("vacuum (analyze)")


def flat(plan: dict[str, Any], table: str = "") -> Iterator[dict[str, Any]]:
    """Every node of a plan; the index part of a bitmap scan is given its table."""
    plan.setdefault("Relation Name", table)
    yield plan
    for below in plan.get("Plans", ()):
        yield from flat(below, plan["Relation Name"])


class Explainer:
    """Generic plans of statements, each made once."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        for setting, value in SETTINGS.items():
            self._connection.execute("select set_config(%s, %s, false)", (setting, value))
        self.large = {
            str(table)
            for (table,) in self._connection.execute(
                "select relname from pg_class where relkind = 'r' and reltuples >= %s", [MANY]
            )
        }
        self._known: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def plan(self, statement: str) -> dict[str, Any]:
        """The generic plan of a statement."""
        if statement not in self._known:
            places = max((int(found) for found in re.findall(r"\$(\d+)", statement)), default=0)
            nulls = f"({', '.join(['null'] * places)})" if places else ""
            self._connection.execute(cast(Any, f"prepare hot as {statement}"))
            (row,) = self._connection.execute(
                cast(Any, f"explain (format json) execute hot{nulls}")
            ).fetchall()
            self._connection.execute("deallocate hot")
            self._known[statement] = row[0][0]["Plan"]
        return self._known[statement]

    def shape(self, statements: list[str]) -> Shape:
        """What matters of the plans of some statements: indexes, whole reads, sorts and cost."""
        indexes: dict[str, set[str]] = defaultdict(set)
        whole: set[str] = set()
        sorts, cost = 0, 0.0
        for plan in map(self.plan, statements):
            nodes = list(flat(plan))
            cost += plan["Total Cost"]
            sorts += any(
                node["Node Type"].endswith("Sort")
                for cut in nodes
                if cut["Node Type"] == "Limit"
                for node in flat(cut)
            )
            for node in nodes:
                if (table := node["Relation Name"]) not in self.large:
                    continue
                if "Index Name" in node:
                    indexes[table].add(node["Index Name"])
                elif node["Node Type"] == "Seq Scan":
                    whole.add(table)
        return {
            "statements": len(statements),
            "indexes": {table: sorted(names) for table, names in sorted(indexes.items())},
            "whole reads": sorted(whole),
            "sorts below a limit": sorts,
            "cost": round(cost, 1),
        }
