"""Which tables of one SQL statement are not held to a school, by reading the statement itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import sqlglot
from sqlglot import exp

from app.db.models import Base

SCHOOL_TABLES = frozenset(
    table.name for table in Base.metadata.tables.values() if "school_id" in table.columns
)
QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert)
IN_PLACE_OF_TABLES = (exp.Subquery, exp.Lateral, exp.Unnest, exp.Values)


@dataclass(frozen=True, eq=False)
class Source:
    """One mention of a table. `table` is empty for a query, a function or a list of values."""

    table: str


Point: TypeAlias = tuple[Source, str]
"""A column of a source."""
Fact: TypeAlias = tuple[Point, Point | None]
"""This column equals that one or, where there is none, a value that the statement is given."""


@dataclass(eq=False)
class Level:
    """One query of a statement, with what its FROM names."""

    query: exp.Expr
    above: "Level | None"
    sources: dict[str, Source] = field(default_factory=dict)

    def find(self, column: exp.Column) -> Point | None:
        """The column that a name means, here or further out; none where it may be of several."""
        if column.table:
            named = [self.sources[column.table]] if column.table in self.sources else []
        else:
            named = [one for one in self.sources.values() if _may_have(one, column.name)]
        if not named:
            return self.above.find(column) if self.above else None
        return (named[0], column.name) if len(named) == 1 else None


def tables_of(statement: str) -> frozenset[str]:
    """The school tables that a statement names."""
    return frozenset(one.table for level in _levels(statement) for one in _of_schools(level))


def unfiltered(statement: str) -> frozenset[str]:
    """The school tables of which a statement may read or write rows of every school.

    A table is held to a school by `school_id = $1` or `in`, by a column of a table that is held
    itself, or by the column's value in an INSERT. OR holds what both sides hold, and the ON of an
    outer join holds the joined table alone.
    """
    levels = _levels(statement)
    facts = {fact for level in levels for fact in _facts(level)}
    held: set[Point] = set()
    while new := {one for one, other in facts if other is None or _is_held(other, held)} - held:
        held |= new
    return frozenset(
        one.table
        for level in levels
        for one in _of_schools(level)
        if (one, "school_id") not in held
    )


def _is_held(point: Point, held: set[Point]) -> bool:
    """Whether a column has given values only. What a subquery holds is judged inside it."""
    source, _ = point
    whole = source.table not in SCHOOL_TABLES and (source, "id") in held
    return point in held or not source.table or whole


def _of_schools(level: Level) -> list[Source]:
    return [one for one in level.sources.values() if one.table in SCHOOL_TABLES]


def _may_have(source: Source, column: str) -> bool:
    if not source.table:
        return False
    return column in Base.metadata.tables[source.table].columns


@cache
def _levels(statement: str) -> list[Level]:
    """Every query in a statement, each with its sources."""
    found: dict[int, Level] = {}
    for tree in sqlglot.parse(statement.replace("<<=", "<="), read="postgres"):
        if tree is None or statement.lstrip().startswith("create temporary table"):
            continue  # a table of this transaction alone has rows of no school
        assert not isinstance(tree, exp.Command), f"not understood: {statement}"
        ctes = {one.alias for one in tree.find_all(exp.CTE)}
        for query in tree.find_all(*QUERIES, bfs=True):
            above = query.find_ancestor(*QUERIES)
            found[id(query)] = Level(query, found[id(above)] if above else None)
        for node in tree.find_all(exp.Table, *IN_PLACE_OF_TABLES):
            inside = node.find_ancestor(*QUERIES)
            if inside is not None and node.alias_or_name:
                known = isinstance(node, exp.Table) and node.name in Base.metadata.tables
                table = node.name if known and node.name not in ctes else ""
                found[id(inside)].sources[node.alias_or_name] = Source(table)
    return list(found.values())


def _facts(level: Level) -> Iterator[Fact]:
    """What every row of a query fulfils."""
    query = level.query
    if isinstance(query, exp.Insert):
        target = query.this
        columns = [one.name for one in target.expressions] if isinstance(target, exp.Schema) else []
        table = target.this if isinstance(target, exp.Schema) else target
        yield from (((level.sources[table.alias_or_name], name), None) for name in columns)
    where = query.args.get("where")
    if where is not None:
        yield from _of_condition(level, where.this)
    for join in query.args.get("joins") or ():
        yield from _of_join(level, join)


def _of_join(level: Level, join: exp.Join) -> Iterator[Fact]:
    joined = level.sources.get(join.this.alias_or_name)
    facts = set(_of_condition(level, join.args["on"])) if join.args.get("on") else set()
    for name in join.args.get("using") or ():
        others = [one for one in level.sources.values() if one is not joined]
        for other in others:
            if joined and (not other.table or _may_have(other, name.name)):
                facts |= {((joined, name.name), (other, name.name))}
                facts |= {((other, name.name), (joined, name.name))}
    yield from (fact for fact in facts if not join.side or fact[0][0] is joined)


def _of_condition(level: Level, node: exp.Expr) -> set[Fact]:
    node = node.unnest()
    if isinstance(node, exp.And):
        return _of_condition(level, node.left) | _of_condition(level, node.right)
    if isinstance(node, exp.Or):
        return _of_condition(level, node.left) & _of_condition(level, node.right)
    if isinstance(node, exp.In):
        return {(one, None) for one in _points(level, node.this)}
    if isinstance(node, exp.EQ | exp.NullSafeEQ):
        pairs = zip(_parts(node.left), _parts(node.right), strict=False)
        return {fact for pair in pairs for fact in _of_equals(level, *pair)}
    return set()


def _of_equals(level: Level, left: exp.Expr, right: exp.Expr) -> Iterator[Fact]:
    for one, other in ((left, right), (right, left)):
        for point in _points(level, one):
            if isinstance(other, exp.Column):
                same = level.find(other)
                if same is not None:
                    yield point, same
            elif isinstance(other, exp.Subquery) or not other.find(exp.Column):
                yield point, None


def _points(level: Level, node: exp.Expr) -> list[Point]:
    found = [level.find(one) for one in _parts(node) if isinstance(one, exp.Column)]
    return [one for one in found if one is not None]


def _parts(node: exp.Expr) -> list[exp.Expr]:
    """The members of a row, or the one expression; without casts and brackets."""
    node = node.unnest()
    while isinstance(node, exp.Cast):
        node = node.this.unnest()
    return (
        [one for each in node.expressions for one in _parts(each)]
        if isinstance(node, exp.Tuple)
        else [node]
    )
